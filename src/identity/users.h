#pragma once
// What may be done with the people of a tenant. Nobody is deleted: who has left is deactivated and
// stays as the author of what he did. Who manages users changes only those whose rights he has
// himself, so that no right is gained by managing.

#include <optional>
#include <string>
#include <vector>

#include "identity/change.h"
#include "identity/user_rows.h"

namespace tenon::identity {

struct NewUser {
  std::string name;  // 1…64 bytes without control characters; unlike every other but for case
  std::string full_name = {};    // at most 100 bytes
  std::string email = {};        // at most 254 bytes
  std::string locale = "zh-CN";  // zh-CN or en
  std::optional<DepartmentId> department = {};
  std::vector<RoleId> roles = {};
  std::string password = {};  // the hash; empty: the user is invited and chooses one
};

/// What is given is changed; an empty text empties.
struct UserPatch {
  std::optional<std::string> name = {}, full_name = {}, email = {}, locale = {};
  std::optional<std::optional<DepartmentId>> department = {};
};

/// Errors of all: not_found (`user.unknown`, `role.unknown`, `department.unknown`), denied
/// (`user.escalation`: the user has rights that the actor has not).

/// What can be said of a new user before anything is made. Errors: invalid (field errors).
[[nodiscard]] Result<> check_new_user(const NewUser& user);
/// Errors: invalid (field errors), conflict (`user.exists`), exhausted (`plan.users`).
[[nodiscard]] Result<UserId> create_user(Change& change, const NewUser& user);
/// Errors: as create_user, conflict (`user.version`) when `version` is another.
[[nodiscard]] Result<> change_user(Change& change, UserId id, const UserPatch& patch,
                                   std::optional<std::uint64_t> version = {});
/// Replaces all roles of a user. Errors: conflict (`user.last_administrator`).
[[nodiscard]] Result<> set_roles(Change& change, UserId id, std::vector<RoleId> roles);
/// Ends the user's sessions, tokens and tickets. Records are handed over afterwards, to
/// `successor`. Errors: conflict (`user.last_administrator`, `user.self`, `user.successor`).
[[nodiscard]] Result<> deactivate_user(Change& change, UserId id, std::optional<UserId> successor);
/// As it was: active when it has a password, invited when not. Errors: exhausted (`plan.users`).
[[nodiscard]] Result<> reactivate_user(Change& change, UserId id);
/// Stores a new hash, makes the user active and ends its sessions but one, its tickets included.
/// Who changes his own password needs no right.
[[nodiscard]] Result<> set_password(Change& change, UserId id, const std::string& hash,
                                    std::optional<SessionId> keep);
/// Errors: denied (`user.escalation`) unless the actor has every right of the user.
[[nodiscard]] Result<> check_may_manage(Change& change, UserId id);

}  // namespace tenon::identity
