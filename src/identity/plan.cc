#include "identity/plan.h"

#include <fmt/format.h>

#include <array>

#include "identity/sql.h"
#include "identity/user_checks.h"

namespace tenon::identity {
namespace {

struct Known {
  std::string_view word;
  std::int64_t standard;
};

// In the order of PlanLimit.
constexpr std::array<Known, 4> kLimits = {{
    {"users", 1'000},
    {"departments", 1'000},
    {"tokens_of_user", 50},
    {"storage_bytes", std::int64_t{10} << 30},
}};
constexpr std::int64_t kLargest = std::int64_t{1} << 50;

}  // namespace

std::string_view to_string(PlanLimit limit) noexcept {
  return kLimits[static_cast<std::size_t>(limit)].word;
}

std::int64_t standard(PlanLimit limit) noexcept {
  return kLimits[static_cast<std::size_t>(limit)].standard;
}

std::int64_t Plan::of(PlanLimit limit) const noexcept {
  const auto found = limits.find(limit);
  return found == limits.end() ? standard(limit) : found->second;
}

Result<Plan> read_plan(storage::Session& session) {
  Plan plan;
  std::string text;
  TENON_TRY(sql::each(session, "SELECT value FROM identity_state WHERE key = 'plan'",
                      std::array<sql::Value, 0>{},
                      [&](const sql::Row& row) { text = row.text(0); }));
  if (text.empty()) return plan;
  TENON_ASSIGN(object, json::parse_object(text));
  return plan_from(object);
}

Result<Plan> plan_from(const json::object& object) {
  Plan plan;
  FieldCheck check;
  for (const auto& [key, value] : object) {
    if (key == "name" && value.is_string()) {
      plan.name = value.get_string();
      check.text("name", plan.name, 1, 40);
    } else if (key != "limits" || !value.is_object()) {
      check.add(key, "unknown", "A plan has a name and limits.");
    }
  }
  const auto* limits = object.if_contains("limits");
  if (limits == nullptr || !limits->is_object()) {
    TENON_TRY(check.done());
    return plan;
  }
  for (const auto& [key, value] : limits->get_object()) {
    const auto* known = std::ranges::find(kLimits, std::string_view(key), &Known::word);
    const auto place = fmt::format("limits/{}", std::string_view(key).substr(0, 64));
    if (known == kLimits.end())
      check.add(place, "unknown", "There is no such limit.");
    else if (value.is_null())
      continue;
    else if (!value.is_int64() || value.get_int64() < 1 || value.get_int64() > kLargest)
      check.add(place, "range", "A limit is a whole number from 1 on.");
    else
      plan.limits.emplace(static_cast<PlanLimit>(known - kLimits.begin()), value.get_int64());
  }
  TENON_TRY(check.done());
  return plan;
}

Result<> set_plan(Change& change, const Plan& plan) {
  TENON_ASSIGN(before, read_plan(change.session()));
  json::object limits;
  for (const auto& [limit, value] : plan.limits) limits[to_string(limit)] = value;
  const auto text =
      json::serialize(json::object{{"name", plan.name}, {"limits", std::move(limits)}});
  TENON_TRY(
      change.execute("INSERT INTO identity_state(key, value) VALUES('plan', ?1) "
                     "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                     std::array<sql::Value, 1>{std::string_view(text)}));
  return change.audit("plan", Uuid{}, "updated", to_json(before), to_json(plan));
}

json::object to_json(const Plan& plan) {
  json::object limits;
  for (std::size_t i = 0; i < kLimits.size(); ++i)
    limits[kLimits[i].word] = plan.of(static_cast<PlanLimit>(i));
  return {{"name", plan.name}, {"limits", std::move(limits)}};
}

Result<> check_room_for_user(Change& change) {
  TENON_ASSIGN(plan, read_plan(change.session()));
  TENON_ASSIGN(users,
               sql::number(change.session(), "SELECT count(*) FROM identity_user WHERE state <> 2",
                           std::array<sql::Value, 0>{}));
  if (users < plan.of(PlanLimit::users)) return {};
  return fail(Error(ErrorCode::exhausted,
                    fmt::format("The plan \"{}\" allows {} users; deactivate one, or ask for "
                                "another plan.",
                                plan.name, plan.of(PlanLimit::users)))
                  .because("plan.users"));
}

}  // namespace tenon::identity
