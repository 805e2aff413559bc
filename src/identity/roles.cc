#include "identity/roles.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/utf8.h"
#include "identity/rights.h"
#include "identity/sql.h"
#include "identity/user_checks.h"

namespace tenon::identity {
namespace {

RoleRow administrator() {
  return {.id = kAdministratorRole,
          .name = "administrator",
          .description = "Holds every right of the company.",
          .grants = {},
          .columns = {}};
}

std::unexpected<Error> unknown() {
  return fail(Error(ErrorCode::not_found, "There is no such role.").because("role.unknown"));
}

std::unexpected<Error> built_in() {
  return fail(Error(ErrorCode::denied, "The administrator's role cannot be changed.")
                  .because("role.built_in"));
}

std::unexpected<Error> escalation(std::string_view what) {
  return fail(Error(ErrorCode::denied,
                    fmt::format("You cannot give {}, which you do not have yourself.", what))
                  .because("role.escalation"));
}

Result<> fill(storage::Session& session, std::map<RoleId, RoleRow>& roles) {
  const std::array<sql::Value, 0> none;
  TENON_TRY(sql::each(
      session, "SELECT role, permission, scope FROM identity_grant ORDER BY role, permission", none,
      [&](const sql::Row& row) {
        if (const auto role = roles.find(sql::id_at<RoleId>(row, 0)); role != roles.end())
          role->second.grants.push_back(
              {std::string(row.text(1)), static_cast<data::Scope>(row.integer(2))});
      }));
  TENON_TRY(sql::each(
      session, "SELECT role, entity, name, locked FROM identity_column ORDER BY role, entity, name",
      none, [&](const sql::Row& row) {
        if (const auto role = roles.find(sql::id_at<RoleId>(row, 0)); role != roles.end())
          role->second.columns.push_back(
              {std::string(row.text(1)), std::string(row.text(2)), row.integer(3) != 0});
      }));
  return sql::each(session, "SELECT role, count(*) FROM identity_assignment GROUP BY role", none,
                   [&](const sql::Row& row) {
                     if (const auto role = roles.find(sql::id_at<RoleId>(row, 0));
                         role != roles.end())
                       role->second.users = static_cast<std::uint64_t>(row.integer(1));
                   });
}

Result<> check_content(const RoleContent& role) {
  FieldCheck check;
  check.text("name", role.name, 1, 64);
  check.text("description", role.description, 0, 400);
  if (utf8::is_valid(role.name) && utf8::fold(role.name) == administrator().name)
    check.add("name", "unique", "is the name of the built-in role");
  if (role.grants.size() > kGrantsOfRole)
    check.add("permissions", "range", fmt::format("are at most {}", kGrantsOfRole));
  if (role.columns.size() > kColumnsOfRole)
    check.add("columns", "range", fmt::format("are at most {}", kColumnsOfRole));
  return check.done();
}

Result<> check_covered(Change& change, const RoleContent& role) {
  const auto* actor = change.principal();
  if (actor == nullptr || actor->administrator) return {};
  for (const auto& grant : role.grants)
    if (!covers(*actor, grant.permission, grant.scope)) return escalation(grant.permission);
  return {};
}

Result<> check_name(Change& change, RoleId id, const std::string& name) {
  const auto key = utf8::fold(name);
  TENON_ASSIGN(taken, sql::number(change.session(),
                                  "SELECT count(*) FROM identity_role WHERE name_key = ?1 AND "
                                  "id <> ?2",
                                  std::array<sql::Value, 2>{std::string_view(key), sql::id(id)}));
  if (taken == 0) return {};
  return fail(Error(ErrorCode::conflict, "There is a role of that name already.")
                  .because("role.exists")
                  .with_field({"/name", "unique", "This name is used already."}));
}

Result<> store_content(Change& change, RoleId id, const RoleContent& role) {
  const std::array<sql::Value, 1> which{sql::id(id)};
  TENON_TRY(change.execute("DELETE FROM identity_grant WHERE role = ?1", which));
  TENON_TRY(change.execute("DELETE FROM identity_column WHERE role = ?1", which));
  for (const auto& grant : role.grants)
    TENON_TRY(
        change.execute("INSERT INTO identity_grant(role, permission, scope) VALUES(?1, ?2, ?3) "
                       "ON CONFLICT (role, permission) DO UPDATE SET scope = excluded.scope",
                       std::array<sql::Value, 3>{sql::id(id), std::string_view(grant.permission),
                                                 static_cast<std::int64_t>(grant.scope)}));
  for (const auto& column : role.columns)
    TENON_TRY(change.execute(
        "INSERT INTO identity_column(role, entity, name, locked) VALUES(?1, ?2, ?3, ?4) "
        "ON CONFLICT (role, entity, name) DO UPDATE SET locked = excluded.locked",
        std::array<sql::Value, 4>{sql::id(id), std::string_view(column.entity),
                                  std::string_view(column.name), std::int64_t{column.locked}}));
  return {};
}

RoleRow row_with(RoleId id, const RoleContent& role, std::uint64_t version) {
  return {.id = id,
          .name = role.name,
          .description = role.description,
          .grants = role.grants,
          .columns = role.columns,
          .version = version};
}

}  // namespace

bool RoleRow::built_in() const noexcept { return id == kAdministratorRole; }

Result<std::vector<RoleRow>> list_roles(storage::Session& session) {
  std::map<RoleId, RoleRow> roles{{kAdministratorRole, administrator()}};
  TENON_TRY(sql::each(session, "SELECT id, name, description, version FROM identity_role",
                      std::array<sql::Value, 0>{}, [&](const sql::Row& row) {
                        const auto id = sql::id_at<RoleId>(row, 0);
                        roles.emplace(
                            id, RoleRow{.id = id,
                                        .name = std::string(row.text(1)),
                                        .description = std::string(row.text(2)),
                                        .grants = {},
                                        .columns = {},
                                        .version = static_cast<std::uint64_t>(row.integer(3))});
                      }));
  TENON_TRY(fill(session, roles));
  std::vector<RoleRow> list;
  for (auto& [id, role] : roles) list.push_back(std::move(role));
  std::ranges::sort(list, [](const RoleRow& left, const RoleRow& right) {
    return std::pair(!left.built_in(), std::string_view(left.name)) <
           std::pair(!right.built_in(), std::string_view(right.name));
  });
  return list;
}

Result<RoleRow> get_role(storage::Session& session, RoleId id) {
  TENON_ASSIGN(all, list_roles(session));
  const auto found = std::ranges::find(all, id, &RoleRow::id);
  if (found == all.end()) return unknown();
  return std::move(*found);
}

Result<std::optional<RoleId>> find_role(storage::Session& session, std::string_view name) {
  std::optional<RoleId> found;
  const auto key = utf8::is_valid(name) ? utf8::fold(name) : std::string();
  if (key == administrator().name) found = kAdministratorRole;
  TENON_TRY(sql::each(session, "SELECT id FROM identity_role WHERE name_key = ?1",
                      std::array<sql::Value, 1>{std::string_view(key)},
                      [&](const sql::Row& row) { found = sql::id_at<RoleId>(row, 0); }));
  return found;
}

Result<RoleId> create_role(Change& change, const RoleContent& role) {
  TENON_TRY(check_content(role));
  TENON_TRY(check_covered(change, role));
  const auto id = change.make_id<RoleId>();
  TENON_TRY(check_name(change, id, role.name));
  TENON_ASSIGN(count, sql::number(change.session(), "SELECT count(*) FROM identity_role",
                                  std::array<sql::Value, 0>{}));
  if (static_cast<std::size_t>(count) >= kRoles)
    return fail(Error(ErrorCode::exhausted, fmt::format("A company has at most {} roles.", kRoles))
                    .because("role.limit"));
  const auto key = utf8::fold(role.name);
  TENON_TRY(change.execute(
      "INSERT INTO identity_role(id, name, name_key, description, version, created_at) "
      "VALUES(?1, ?2, ?3, ?4, 1, ?5)",
      std::array<sql::Value, 5>{sql::id(id), std::string_view(role.name), std::string_view(key),
                                std::string_view(role.description), sql::time(change.now())}));
  TENON_TRY(store_content(change, id, role));
  TENON_TRY(change.audit("role", id.value, "created", {}, to_json(row_with(id, role, 1))));
  return id;
}

Result<> change_role(Change& change, RoleId id, const RoleContent& role,
                     std::optional<std::uint64_t> version) {
  if (id == kAdministratorRole) return built_in();
  TENON_TRY(check_content(role));
  TENON_ASSIGN(before, get_role(change.session(), id));
  if (version && *version != before.version)
    return fail(Error(ErrorCode::conflict, "The role was changed by somebody else meanwhile.")
                    .because("data.version"));
  // Both ends: taking a right away that one has not is a change of other people's rights too.
  TENON_TRY(check_covered(change, role));
  TENON_TRY(check_covered(
      change, {.name = {}, .description = {}, .grants = before.grants, .columns = before.columns}));
  TENON_TRY(check_name(change, id, role.name));
  const auto key = utf8::fold(role.name);
  TENON_TRY(change.execute(
      "UPDATE identity_role SET name = ?2, name_key = ?3, description = ?4, version = version + 1 "
      "WHERE id = ?1",
      std::array<sql::Value, 4>{sql::id(id), std::string_view(role.name), std::string_view(key),
                                std::string_view(role.description)}));
  TENON_TRY(store_content(change, id, role));
  change.touch();
  return change.audit("role", id.value, "updated", to_json(before),
                      to_json(row_with(id, role, before.version + 1)));
}

Result<> delete_role(Change& change, RoleId id) {
  if (id == kAdministratorRole) return built_in();
  TENON_ASSIGN(before, get_role(change.session(), id));
  TENON_TRY(check_covered(
      change, {.name = {}, .description = {}, .grants = before.grants, .columns = before.columns}));
  const std::array<sql::Value, 1> which{sql::id(id)};
  for (const std::string_view table : {"identity_grant", "identity_column", "identity_assignment"})
    TENON_TRY(change.execute(fmt::format("DELETE FROM {} WHERE role = ?1", table), which));
  TENON_TRY(change.execute("DELETE FROM identity_role WHERE id = ?1", which));
  change.touch();
  return change.audit("role", id.value, "deleted", to_json(before), {});
}

Result<> check_roles(Change& change, const std::vector<RoleId>& roles) {
  const auto* actor = change.principal();
  for (const auto id : roles) {
    if (id == kAdministratorRole) {
      if (actor != nullptr && !actor->administrator) return escalation("the administrator's role");
      continue;
    }
    TENON_ASSIGN(role, get_role(change.session(), id));
    TENON_TRY(check_covered(
        change, {.name = {}, .description = {}, .grants = role.grants, .columns = role.columns}));
  }
  return {};
}

json::object to_json(const RoleRow& role) {
  json::array permissions;
  for (const auto& grant : role.grants)
    permissions.push_back(
        json::object{{"permission", grant.permission}, {"scope", data::to_string(grant.scope)}});
  json::array columns;
  for (const auto& column : role.columns)
    columns.push_back(json::object{{"entity", column.entity},
                                   {"column", column.name},
                                   {"right", column.locked ? "locked" : "hidden"}});
  return {{"id", role.id.to_string()},
          {"name", role.name},
          {"description", role.description},
          {"built_in", role.built_in()},
          {"permissions", std::move(permissions)},
          {"columns", std::move(columns)},
          {"users", role.users},
          {"version", role.version}};
}

}  // namespace tenon::identity
