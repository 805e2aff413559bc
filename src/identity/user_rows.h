#pragma once
// The people of a tenant as its database knows them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "identity/principal.h"
#include "storage/session.h"

namespace tenon::identity {

enum class UserState : std::uint8_t {
  invited,      // has not chosen a password yet
  active,       // may sign in
  deactivated,  // may not; stays for what it has done
};
[[nodiscard]] std::string_view to_string(UserState state) noexcept;
[[nodiscard]] std::optional<UserState> user_state_from(std::string_view word) noexcept;

struct UserRow {
  UserId id;
  std::string name;       // what is typed at sign-in
  std::string full_name;  // may be empty
  std::string email;      // may be empty
  std::string locale;
  std::optional<DepartmentId> department;
  UserState state = UserState::invited;
  bool has_password = false;
  bool has_totp = false;
  std::optional<UserId> successor;  // who got the records of a deactivated one
  std::uint64_t version = 0;
  Timestamp created, updated;
};

struct UserQuery {
  std::string text = {};  // in the name, the full name or the e-mail
  std::optional<UserState> state = {};
  std::optional<DepartmentId> department = {};
  std::size_t limit = 50;  // 1…200
  std::string after = {};  // `next` of the page before
};

struct UserPage {
  std::vector<UserRow> users;  // by name
  std::string next;            // empty: no more
};

[[nodiscard]] Result<UserPage> list_users(storage::Session& session, const UserQuery& query);
/// Errors: not_found (`user.unknown`).
[[nodiscard]] Result<UserRow> get_user(storage::Session& session, UserId id);
[[nodiscard]] Result<std::optional<UserRow>> find_user(storage::Session& session,
                                                       std::string_view name);
[[nodiscard]] Result<std::vector<RoleId>> roles_of(storage::Session& session, UserId user);

[[nodiscard]] json::object to_json(const UserRow& user);

}  // namespace tenon::identity
