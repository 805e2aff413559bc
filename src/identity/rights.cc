#include "identity/rights.h"

#include <algorithm>
#include <set>

#include "identity/sql.h"

namespace tenon::identity {
namespace {

using Names = std::set<std::string, std::less<>>;
using Permissions = std::map<std::string, data::Scope, std::less<>>;

/// What one role says of one entity's columns.
struct Columns {
  Names hidden, locked;
};

/// What a user's roles say, role by role.
struct Held {
  std::map<Uuid, Permissions> grants;                                   // by role
  std::map<Uuid, std::map<std::string, Columns, std::less<>>> columns;  // by role and entity
};

constexpr std::string_view kList = ".list";
constexpr std::string_view kManage = ".manage";

data::Scope wider(data::Scope left, data::Scope right) noexcept { return std::max(left, right); }

/// Keeps of `kept` what is in `more` too; the first role's names are taken as they are.
void intersect(std::optional<Names>& kept, const Names& more) {
  if (!kept) {
    kept = more;
    return;
  }
  std::erase_if(*kept, [&](const std::string& name) { return !more.contains(name); });
}

std::vector<std::string> list_of(const std::optional<Names>& names) {
  return names ? std::vector<std::string>(names->begin(), names->end())
               : std::vector<std::string>();
}

const Columns& columns_of(const Held& held, const Uuid& role, std::string_view entity) {
  static const Columns none;
  const auto of_role = held.columns.find(role);
  if (of_role == held.columns.end()) return none;
  const auto found = of_role->second.find(entity);
  return found == of_role->second.end() ? none : found->second;
}

data::Access access_to(const Held& held, const std::string& entity) {
  data::Access access{.scope = data::Scope::none, .change = data::Scope::none};
  std::optional<Names> hidden;
  std::optional<Names> locked;
  for (const auto& [role, grants] : held.grants) {
    const auto& columns = columns_of(held, role, entity);
    if (const auto list = grants.find(entity + std::string(kList)); list != grants.end()) {
      access.scope = wider(access.scope, list->second);
      intersect(hidden, columns.hidden);
    }
    if (const auto manage = grants.find(entity + std::string(kManage)); manage != grants.end()) {
      access.change = wider(access.change, manage->second);
      Names closed = columns.hidden;
      closed.insert(columns.locked.begin(), columns.locked.end());
      intersect(locked, closed);
    }
  }
  access.hidden = list_of(hidden);
  access.locked = list_of(locked);
  return access;
}

Result<Held> read_held(storage::Session& session, UserId user) {
  Held held;
  const std::array<sql::Value, 1> who{sql::id(user)};
  TENON_TRY(sql::each(session,
                      "SELECT a.role, g.permission, g.scope FROM identity_assignment AS a "
                      "JOIN identity_grant AS g ON g.role = a.role WHERE a.user_id = ?1",
                      who, [&](const sql::Row& row) {
                        held.grants[sql::id_at<RoleId>(row, 0).value].insert_or_assign(
                            std::string(row.text(1)), static_cast<data::Scope>(row.integer(2)));
                      }));
  TENON_TRY(sql::each(
      session,
      "SELECT a.role, c.entity, c.name, c.locked FROM identity_assignment AS a "
      "JOIN identity_column AS c ON c.role = a.role WHERE a.user_id = ?1",
      who, [&](const sql::Row& row) {
        auto& columns = held.columns[sql::id_at<RoleId>(row, 0).value][std::string(row.text(1))];
        (row.integer(3) != 0 ? columns.locked : columns.hidden).emplace(row.text(2));
      }));
  return held;
}

void settle(Principal& principal, const Held& held) {
  std::set<std::string, std::less<>> entities;
  for (const auto& [role, grants] : held.grants)
    for (const auto& [permission, scope] : grants) {
      auto& known = principal.permissions[permission];
      known = wider(known, scope);
      for (const auto ending : {kList, kManage})
        if (permission.ends_with(ending))
          entities.insert(permission.substr(0, permission.size() - ending.size()));
    }
  for (const auto& entity : entities) principal.entities.emplace(entity, access_to(held, entity));
}

}  // namespace

Result<std::vector<DepartmentId>> read_subtree(storage::Session& session, DepartmentId root) {
  std::vector<DepartmentId> found;
  TENON_TRY(sql::each(
      session,
      "WITH RECURSIVE below(id) AS (SELECT id FROM identity_department WHERE id = ?1 "
      "UNION SELECT d.id FROM identity_department AS d JOIN below AS b ON d.parent = b.id) "
      "SELECT id FROM below LIMIT ?2",
      std::array<sql::Value, 2>{sql::id(root), std::int64_t{data::kMaxDepartments + 1}},
      [&](const sql::Row& row) { found.push_back(sql::id_at<DepartmentId>(row, 0)); }));
  std::ranges::sort(found);
  return found;
}

namespace {

struct Known {
  std::shared_ptr<Principal> principal;  // null: there is no such user
  bool active = false;
};

Result<Known> read_known(storage::Session& session, const std::string& tenant, UserId user) {
  Known known;
  auto& made = known.principal;
  TENON_TRY(sql::each(session,
                      "SELECT name, locale, department, state FROM identity_user WHERE id = ?1",
                      std::array<sql::Value, 1>{sql::id(user)}, [&](const sql::Row& row) {
                        made = std::make_shared<Principal>();
                        made->tenant = tenant;
                        made->user = user;
                        made->name = row.text(0);
                        made->locale = row.text(1);
                        made->department = sql::optional_id_at<DepartmentId>(row, 2);
                        known.active = row.integer(3) == 1;
                      }));
  if (made == nullptr) return known;
  TENON_ASSIGN(
      administrator,
      sql::number(session,
                  "SELECT count(*) FROM identity_assignment WHERE user_id = ?1 AND role = ?2",
                  std::array<sql::Value, 2>{sql::id(user), sql::id(kAdministratorRole)}));
  made->administrator = administrator != 0;
  if (made->department) {
    TENON_ASSIGN(tree, read_subtree(session, *made->department));
    made->departments = std::move(tree);
  }
  if (made->administrator) return known;
  TENON_ASSIGN(held, read_held(session, user));
  settle(*made, held);
  return known;
}

}  // namespace

Result<std::shared_ptr<Principal>> read_principal(storage::Session& session,
                                                  const std::string& tenant, UserId user) {
  TENON_ASSIGN(known, read_known(session, tenant, user));
  return known.active ? std::move(known.principal) : nullptr;
}

Result<Principal> read_rights(storage::Session& session, const std::string& tenant, UserId user) {
  TENON_ASSIGN(known, read_known(session, tenant, user));
  if (known.principal == nullptr)
    return fail(Error(ErrorCode::not_found, "There is no such user.").because("user.unknown"));
  return std::move(*known.principal);
}

void narrow(Principal& principal, const std::vector<std::string>& scopes) {
  Principal whole = principal;
  principal.administrator = false;
  principal.permissions.clear();
  principal.entities.clear();
  const auto open = [&](const std::string& entity) -> data::Access& {
    const auto known = whole.entities.find(entity);
    auto access = known == whole.entities.end() ? data::Access{} : known->second;
    access.scope = access.change = data::Scope::none;
    return principal.entities.try_emplace(entity, std::move(access)).first->second;
  };
  for (const auto& permission : scopes) {
    const auto scope = whole.scope_of(permission);
    if (scope == data::Scope::none) continue;
    principal.permissions.emplace(permission, scope);
    if (permission.ends_with(kList))
      open(permission.substr(0, permission.size() - kList.size())).scope = scope;
    if (permission.ends_with(kManage))
      open(permission.substr(0, permission.size() - kManage.size())).change = scope;
  }
}

bool covers(const Principal& holder, std::string_view permission, data::Scope scope) noexcept {
  if (holder.administrator) return true;
  if (holder.scope_of(permission) < scope) return false;
  const auto dot = permission.rfind('.');
  const auto entity = holder.entities.find(permission.substr(0, dot));
  return entity == holder.entities.end() ||
         (entity->second.hidden.empty() && entity->second.locked.empty());
}

bool reaches(const Principal& holder, const std::optional<DepartmentId>& department) noexcept {
  return holder.administrator || !department ||
         std::ranges::find(holder.departments, *department) != holder.departments.end();
}

bool covers(const Principal& holder, const Principal& other) noexcept {
  if (holder.administrator) return true;
  if (other.administrator) return false;
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  // What is closed to the holder must be closed to the other at least as well.
  const auto as_closed = [&](const data::Access& own, const data::Access& access) {
    return std::ranges::all_of(own.hidden,
                               [&](const auto& name) { return has(access.hidden, name); }) &&
           std::ranges::all_of(own.locked, [&](const auto& name) {
             return has(access.hidden, name) || has(access.locked, name);
           });
  };
  return std::ranges::all_of(
             other.permissions,
             [&](const auto& one) { return holder.scope_of(one.first) >= one.second; }) &&
         std::ranges::all_of(other.entities, [&](const auto& one) {
           const auto own = holder.entities.find(one.first);
           return own == holder.entities.end() || as_closed(own->second, one.second);
         });
}

}  // namespace tenon::identity
