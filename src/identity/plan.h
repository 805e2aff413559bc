#pragma once
// How much of the server a tenant may take. A plan is a name and a row for each limit that differs
// from the standard; the operator sets it, the tenant reads it. Only what is enforced is a limit
// here: a word that nobody looks at would be a lie.

#include <map>
#include <string>
#include <string_view>

#include "identity/change.h"

namespace tenon::identity {

enum class PlanLimit : std::uint8_t {
  users,  // that are not deactivated
  departments,
  tokens_of_user,  // API tokens
  storage_bytes,   // of the tenant's database; looked at before something is written
};
[[nodiscard]] std::string_view to_string(PlanLimit limit) noexcept;

struct Plan {
  std::string name = "standard";
  std::map<PlanLimit, std::int64_t> limits = {};  // those that differ
  [[nodiscard]] std::int64_t of(PlanLimit limit) const noexcept;
};

/// The limit of plan "standard".
[[nodiscard]] std::int64_t standard(PlanLimit limit) noexcept;

[[nodiscard]] Result<Plan> read_plan(storage::Session& session);
/// Reads what a client sends: `{"name", "limits": {"users": 50}}`; null takes a limit back to the
/// standard. Errors: invalid (field errors).
[[nodiscard]] Result<Plan> plan_from(const json::object& object);
[[nodiscard]] Result<> set_plan(Change& change, const Plan& plan);
/// All limits with their values.
[[nodiscard]] json::object to_json(const Plan& plan);

/// Errors: exhausted (`plan.users`).
[[nodiscard]] Result<> check_room_for_user(Change& change);

}  // namespace tenon::identity
