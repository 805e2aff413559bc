#include "identity/users.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "identity/plan.h"
#include "identity/rights.h"
#include "identity/roles.h"
#include "identity/session_rows.h"
#include "identity/sql.h"
#include "identity/user_checks.h"

namespace tenon::identity {
namespace {

std::unexpected<Error> conflict(std::string_view reason, std::string text) {
  return fail(Error(ErrorCode::conflict, std::move(text)).because(std::string(reason)));
}

Result<> check_department(Change& change, const std::optional<DepartmentId>& department) {
  if (!department) return {};
  TENON_ASSIGN(
      known, sql::number(change.session(), "SELECT count(*) FROM identity_department WHERE id = ?1",
                         std::array<sql::Value, 1>{sql::id(*department)}));
  if (known != 0) return {};
  return fail(Error(ErrorCode::invalid, "There is no such department.")
                  .because("schema.fields")
                  .with_field({"/department", "reference", "There is no such department."}));
}

/// Whether these names are free for `id`.
Result<> check_free(Change& change, const UserRow& user) {
  const auto name = utf8::fold(user.name);
  const auto email = utf8::fold(user.email);
  std::vector<FieldError> errors;
  const std::array<sql::Value, 2> by_name{std::string_view(name), sql::id(user.id)};
  TENON_ASSIGN(names, sql::number(change.session(),
                                  "SELECT count(*) FROM identity_user WHERE name_key = ?1 AND "
                                  "id <> ?2",
                                  by_name));
  if (names != 0) errors.push_back({"/name", "unique", "This name is used already."});
  if (!email.empty()) {
    const std::array<sql::Value, 2> by_email{std::string_view(email), sql::id(user.id)};
    TENON_ASSIGN(emails, sql::number(change.session(),
                                     "SELECT count(*) FROM identity_user WHERE email_key = ?1 AND "
                                     "id <> ?2",
                                     by_email));
    if (emails != 0) errors.push_back({"/email", "unique", "This e-mail address is used already."});
  }
  if (errors.empty()) return {};
  return fail(Error(ErrorCode::conflict, "There is such a user already.")
                  .because("user.exists")
                  .with_fields(std::move(errors)));
}

template <class User>
Result<> check_texts(const User& user) {
  FieldCheck check;
  check.text("name", user.name, 1, 64);
  check.text("full_name", user.full_name, 0, 100);
  check.email(user.email);
  check.locale(user.locale);
  return check.done();
}

Result<> check_fields(Change& change, const UserRow& user) {
  TENON_TRY(check_texts(user));
  TENON_TRY(check_department(change, user.department));
  return check_free(change, user);
}

Result<> store_roles(Change& change, UserId user, const std::vector<RoleId>& roles) {
  TENON_TRY(change.execute("DELETE FROM identity_assignment WHERE user_id = ?1",
                           std::array<sql::Value, 1>{sql::id(user)}));
  for (const auto role : roles)
    TENON_TRY(change.execute("INSERT INTO identity_assignment(user_id, role) VALUES(?1, ?2)",
                             std::array<sql::Value, 2>{sql::id(user), sql::id(role)}));
  return {};
}

/// Where somebody works decides how far his rights reach.
Result<> check_reach(Change& change, const std::optional<DepartmentId>& from,
                     const std::optional<DepartmentId>& to) {
  const auto* actor = change.principal();
  if (actor == nullptr || from == to || (reaches(*actor, from) && reaches(*actor, to))) return {};
  return fail(Error(ErrorCode::denied,
                    "You can move people between your own department and those below it only.")
                  .because("department.escalation"));
}

json::array ids_of(const std::vector<RoleId>& roles) {
  json::array ids;
  for (const auto role : roles) ids.emplace_back(role.to_string());
  return ids;
}

/// Active administrators besides `id`.
Result<bool> has_other_administrator(Change& change, UserId id) {
  TENON_ASSIGN(others,
               sql::number(change.session(),
                           "SELECT count(*) FROM identity_assignment AS a JOIN identity_user AS u "
                           "ON u.id = a.user_id WHERE a.role = ?1 AND u.state = 1 AND u.id <> ?2",
                           std::array<sql::Value, 2>{sql::id(kAdministratorRole), sql::id(id)}));
  return others != 0;
}

Result<> check_not_last(Change& change, const UserRow& user) {
  if (user.state != UserState::active) return {};
  TENON_ASSIGN(roles, roles_of(change.session(), user.id));
  if (std::ranges::find(roles, kAdministratorRole) == roles.end()) return {};
  TENON_ASSIGN(others, has_other_administrator(change, user.id));
  if (others) return {};
  return conflict("user.last_administrator",
                  "This is the last active administrator; make another one first.");
}

Result<> drop_tickets(Change& change, UserId id) {
  TENON_TRY(change.execute("DELETE FROM identity_ticket WHERE user_id = ?1",
                           std::array<sql::Value, 1>{sql::id(id)}));
  return {};
}

}  // namespace

Result<> check_may_manage(Change& change, UserId id) {
  const auto* actor = change.principal();
  if (actor == nullptr || actor->administrator) return {};
  TENON_ASSIGN(rights, read_rights(change.session(), std::string(change.tenant()), id));
  if (covers(*actor, rights)) return {};
  return fail(
      Error(ErrorCode::denied, "This user has rights that you have not; ask an administrator.")
          .because("user.escalation"));
}

Result<> check_new_user(const NewUser& user) { return check_texts(user); }

Result<UserId> create_user(Change& change, const NewUser& user) {
  UserRow row{.id = change.make_id<UserId>(),
              .name = user.name,
              .full_name = user.full_name,
              .email = user.email,
              .locale = user.locale,
              .department = user.department,
              .state = user.password.empty() ? UserState::invited : UserState::active,
              .has_password = !user.password.empty(),
              .version = 1,
              .created = change.now(),
              .updated = change.now()};
  TENON_TRY(check_fields(change, row));
  TENON_TRY(check_reach(change, {}, row.department));
  TENON_TRY(check_room_for_user(change));
  const auto name = utf8::fold(user.name);
  const auto email = utf8::fold(user.email);
  const std::array<sql::Value, 11> values{sql::id(row.id),
                                          std::string_view(row.name),
                                          std::string_view(name),
                                          std::string_view(row.full_name),
                                          sql::text_or_null(row.email),
                                          sql::text_or_null(email),
                                          std::string_view(row.locale),
                                          sql::id(row.department),
                                          static_cast<std::int64_t>(row.state),
                                          sql::text_or_null(user.password),
                                          sql::time(change.now())};
  TENON_TRY(change.execute(
      "INSERT INTO identity_user(id, name, name_key, full_name, email, email_key, locale, "
      "department, state, password, totp_step, version, created_at, updated_at) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 1, ?11, ?11)",
      values));
  TENON_TRY(check_roles(change, user.roles));
  TENON_TRY(store_roles(change, row.id, user.roles));
  auto told = to_json(row);
  told["roles"] = ids_of(user.roles);
  TENON_TRY(change.audit("user", row.id.value, "created", {}, told));
  return row.id;
}

Result<> change_user(Change& change, UserId id, const UserPatch& patch,
                     std::optional<std::uint64_t> version) {
  TENON_ASSIGN(before, get_user(change.session(), id));
  TENON_TRY(check_may_manage(change, id));
  if (version && *version != before.version)
    return conflict("data.version", "The user was changed by somebody else meanwhile.");
  UserRow after = before;
  if (patch.name) after.name = *patch.name;
  if (patch.full_name) after.full_name = *patch.full_name;
  if (patch.email) after.email = *patch.email;
  if (patch.locale) after.locale = *patch.locale;
  if (patch.department) after.department = *patch.department;
  TENON_TRY(check_fields(change, after));
  TENON_TRY(check_reach(change, before.department, after.department));
  after.version = before.version + 1;
  after.updated = change.now();
  const auto name = utf8::fold(after.name);
  const auto email = utf8::fold(after.email);
  const std::array<sql::Value, 10> values{sql::id(id),
                                          std::string_view(after.name),
                                          std::string_view(name),
                                          std::string_view(after.full_name),
                                          sql::text_or_null(after.email),
                                          sql::text_or_null(email),
                                          std::string_view(after.locale),
                                          sql::id(after.department),
                                          static_cast<std::int64_t>(after.version),
                                          sql::time(after.updated)};
  TENON_TRY(change.execute(
      "UPDATE identity_user SET name = ?2, name_key = ?3, full_name = ?4, email = ?5, "
      "email_key = ?6, locale = ?7, department = ?8, version = ?9, updated_at = ?10 WHERE id = ?1",
      values));
  change.touch();
  return change.audit("user", id.value, "updated", to_json(before), to_json(after));
}

Result<> set_roles(Change& change, UserId id, std::vector<RoleId> roles) {
  TENON_ASSIGN(user, get_user(change.session(), id));
  std::ranges::sort(roles);
  const auto twice = std::ranges::unique(roles);
  roles.erase(twice.begin(), twice.end());
  TENON_TRY(check_may_manage(change, id));
  TENON_TRY(check_roles(change, roles));
  TENON_ASSIGN(before, roles_of(change.session(), id));
  if (std::ranges::find(roles, kAdministratorRole) == roles.end())
    TENON_TRY(check_not_last(change, user));
  TENON_TRY(store_roles(change, id, roles));
  change.touch();
  return change.audit("user", id.value, "roles_changed", {{"roles", ids_of(before)}},
                      {{"roles", ids_of(roles)}});
}

Result<> deactivate_user(Change& change, UserId id, std::optional<UserId> successor) {
  TENON_ASSIGN(user, get_user(change.session(), id));
  TENON_TRY(check_may_manage(change, id));
  if (change.principal() != nullptr && change.principal()->user == id)
    return conflict("user.self",
                    "You cannot deactivate yourself; let another administrator do it.");
  TENON_TRY(check_not_last(change, user));
  if (successor) {
    TENON_ASSIGN(heir, get_user(change.session(), *successor));
    if (heir.id == id || heir.state == UserState::deactivated)
      return conflict("user.successor", "Records go to another user who is not deactivated.");
  }
  const std::array<sql::Value, 3> values{sql::id(id), sql::id(successor), sql::time(change.now())};
  TENON_TRY(change.execute(
      "UPDATE identity_user SET state = 2, successor = ?2, version = version + 1, updated_at = ?3 "
      "WHERE id = ?1",
      values));
  TENON_TRY(end_sessions(change, id, {}));
  TENON_TRY(change.execute("DELETE FROM identity_token WHERE user_id = ?1",
                           std::array<sql::Value, 1>{sql::id(id)}));
  TENON_TRY(drop_tickets(change, id));
  json::object told{{"state", "deactivated"}};
  if (successor) told["successor"] = successor->to_string();
  return change.audit("user", id.value, "deactivated", {{"state", to_string(user.state)}}, told);
}

Result<> reactivate_user(Change& change, UserId id) {
  TENON_ASSIGN(user, get_user(change.session(), id));
  TENON_TRY(check_may_manage(change, id));
  if (user.state != UserState::deactivated) return {};
  TENON_TRY(check_room_for_user(change));
  const auto state = user.has_password ? UserState::active : UserState::invited;
  const std::array<sql::Value, 3> values{sql::id(id), static_cast<std::int64_t>(state),
                                         sql::time(change.now())};
  TENON_TRY(change.execute(
      "UPDATE identity_user SET state = ?2, successor = NULL, version = version + 1, "
      "updated_at = ?3 WHERE id = ?1",
      values));
  change.touch();
  return change.audit("user", id.value, "reactivated", {{"state", "deactivated"}},
                      {{"state", to_string(state)}});
}

Result<> set_password(Change& change, UserId id, const std::string& hash,
                      std::optional<SessionId> keep) {
  TENON_ASSIGN(user, get_user(change.session(), id));
  if (user.state == UserState::deactivated)
    return fail(Error(ErrorCode::not_found, "There is no such user.").because("user.unknown"));
  const std::array<sql::Value, 3> values{sql::id(id), std::string_view(hash),
                                         sql::time(change.now())};
  TENON_TRY(change.execute(
      "UPDATE identity_user SET password = ?2, state = 1, version = version + 1, updated_at = ?3 "
      "WHERE id = ?1",
      values));
  TENON_TRY(end_sessions(change, id, keep));
  TENON_TRY(drop_tickets(change, id));
  return change.audit("user", id.value, "password_changed", {}, {});
}

}  // namespace tenon::identity
