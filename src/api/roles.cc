// Roles and departments, and which permissions there are to give.

#include "identity/roles.h"

#include <algorithm>
#include <utility>

#include "api/describe.h"
#include "api/known_permissions.h"
#include "api/people.h"
#include "api/routes.h"
#include "api/transaction.h"
#include "identity/departments.h"

namespace tenon::api {
namespace {

using identity::Change;
using identity::RoleId;

constexpr std::string_view kRead = "tenon.roles.read";
constexpr std::string_view kManage = "tenon.roles.manage";
constexpr std::string_view kDepartments = "tenon.departments.manage";

json::array words_of(const std::vector<data::Scope>& scopes) {
  json::array words;
  for (const auto scope : scopes) words.emplace_back(data::to_string(scope));
  return words;
}

/// What roles can be made of in this company now.
struct Material {
  KnownPermissions permissions;
  std::shared_ptr<const data::Catalog> catalog;
};

Result<Material> material_of(const App& app, const RequestContext& context) {
  TENON_ASSIGN(site, site_of(app, context));
  return Material{.permissions = known_permissions(*site.origin.installations),
                  .catalog = site.workspace->tenant()->catalog()};
}

std::string text_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// `[{"permission": "crm.customer.list", "scope": "department"}]`. What the role has already may
/// stay though its module is gone.
std::vector<identity::Grant> grants_of(Fields& fields, const Material& material,
                                       const std::vector<identity::Grant>& before) {
  std::vector<identity::Grant> grants;
  const auto* list = fields.list("permissions");
  if (list == nullptr) return grants;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto place = "permissions/" + std::to_string(i);
    const auto* object = (*list)[i].if_object();
    if (object == nullptr) {
      fields.wrong(place, "type", "is an object with permission and scope");
      continue;
    }
    identity::Grant grant{.permission = text_in(*object, "permission")};
    const auto word = text_in(*object, "scope");
    const auto scope = data::scope_from(word.empty() ? "all" : word);
    const auto known = material.permissions.find(grant.permission);
    if (!scope || *scope == data::Scope::none) {
      fields.wrong(place + "/scope", "option", "is self, department, department_tree or all");
      continue;
    }
    grant.scope = *scope;
    if (std::ranges::find(before, grant) != before.end()) {
      grants.push_back(std::move(grant));
    } else if (known == material.permissions.end()) {
      fields.wrong(place + "/permission", "unknown", "There is no such permission.");
    } else if (std::ranges::find(known->second.scopes, grant.scope) == known->second.scopes.end()) {
      fields.wrong(place + "/scope", "option", "This permission does not reach so far.");
    } else {
      grants.push_back(std::move(grant));
    }
  }
  return grants;
}

/// `[{"entity": "crm.customer", "column": "credit_limit", "right": "hidden"}]`
std::vector<identity::ColumnRight> columns_of(Fields& fields, const Material& material,
                                              const std::vector<identity::ColumnRight>& before) {
  std::vector<identity::ColumnRight> columns;
  const auto* list = fields.list("columns");
  if (list == nullptr) return columns;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto place = "columns/" + std::to_string(i);
    const auto* object = (*list)[i].if_object();
    if (object == nullptr) {
      fields.wrong(place, "type", "is an object with entity, column and right");
      continue;
    }
    const auto right = text_in(*object, "right");
    identity::ColumnRight column{.entity = text_in(*object, "entity"),
                                 .name = text_in(*object, "column"),
                                 .locked = right == "locked"};
    if (right != "locked" && right != "hidden") {
      fields.wrong(place + "/right", "option", "is hidden or locked");
      continue;
    }
    const auto dot = column.entity.find('.');
    const auto* entity =
        dot == std::string::npos
            ? nullptr
            : material.catalog->find(column.entity.substr(0, dot), column.entity.substr(dot + 1));
    const bool kept = std::ranges::find(before, column) != before.end();
    if (entity == nullptr && !kept)
      fields.wrong(place + "/entity", "unknown", "There is no such entity.");
    else if (!kept && (column.name == "id" || !entity->find(column.name)))
      fields.wrong(place + "/column", "unknown", "There is no such column to close.");
    else
      columns.push_back(std::move(column));
  }
  return columns;
}

/// What a client sends of a role; what it leaves out stays as in `before`.
Result<identity::RoleContent> decode(const json::object& body, const Material& material,
                                     const identity::RoleRow& before) {
  Fields fields(body);
  identity::RoleContent role{
      .name = fields.change("name").value_or(before.name),
      .description = fields.change("description").value_or(before.description),
      .grants = grants_of(fields, material, before.grants),
      .columns = columns_of(fields, material, before.columns)};
  if (!body.contains("permissions")) role.grants = before.grants;
  if (!body.contains("columns")) role.columns = before.columns;
  TENON_TRY(fields.done());
  return role;
}

Task<http::Response> list(const App* app, RequestContext context, http::Request) {
  TENON_CO_ASSIGN(roles, co_await look_for(*app, context, [](storage::Session& session) {
                    return identity::list_roles(session);
                  }));
  json::array all;
  for (const auto& role : roles) all.push_back(to_json(role));
  co_return json_response(200, all);
}

Task<http::Response> get(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<RoleId>(request, "role"));
  TENON_CO_ASSIGN(role, co_await look_for(*app, context, [&](storage::Session& session) {
                    return identity::get_role(session, id);
                  }));
  co_return versioned(200, to_json(role), role.version);
}

Task<http::Response> create(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(material, material_of(*app, context));
  TENON_CO_ASSIGN(body, json_object(request));
  TENON_CO_ASSIGN(content, decode(body, material, {}));
  TENON_CO_ASSIGN(
      role, co_await change_for(*app, context, [&](Change& change) -> Result<identity::RoleRow> {
        TENON_ASSIGN(id, identity::create_role(change, content));
        return identity::get_role(change.session(), id);
      }));
  auto response = versioned(201, to_json(role), role.version);
  response.set("Location", "/api/v1/roles/" + role.id.to_string());
  co_return response;
}

Task<http::Response> patch(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<RoleId>(request, "role"));
  TENON_CO_ASSIGN(version, if_match(request));
  TENON_CO_ASSIGN(material, material_of(*app, context));
  TENON_CO_ASSIGN(body, json_object(request));
  TENON_CO_ASSIGN(
      role, co_await change_for(*app, context, [&](Change& change) -> Result<identity::RoleRow> {
        TENON_ASSIGN(before, identity::get_role(change.session(), id));
        TENON_ASSIGN(content, decode(body, material, before));
        TENON_TRY(identity::change_role(change, id, content, version));
        return identity::get_role(change.session(), id);
      }));
  co_return versioned(200, to_json(role), role.version);
}

Task<http::Response> erase(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<RoleId>(request, "role"));
  TENON_CO_TRY(co_await change_for(
      *app, context, [&](Change& change) { return identity::delete_role(change, id); }));
  co_return http::Response(204);
}

Task<http::Response> permissions(const App* app, RequestContext context, http::Request) {
  TENON_CO_ASSIGN(material, material_of(*app, context));
  json::array all;
  for (const auto& [code, known] : material.permissions) {
    json::object name;
    for (const auto& [locale, text] : known.name) name[locale] = text;
    all.push_back(json::object{
        {"permission", code}, {"name", std::move(name)}, {"scopes", words_of(known.scopes)}});
  }
  co_return json_response(200, all);
}

identity::DepartmentContent department_of(Fields& fields, const identity::DepartmentRow& before) {
  return {.name = fields.change("name").value_or(before.name),
          .parent = fields.id_change<DepartmentId>("parent").value_or(before.parent)};
}

Task<http::Response> list_departments(const App* app, RequestContext context, http::Request) {
  TENON_CO_ASSIGN(rows, co_await look_for(*app, context, [](storage::Session& session) {
                    return identity::list_departments(session);
                  }));
  json::array all;
  for (const auto& row : rows) all.push_back(to_json(row));
  co_return json_response(200, all);
}

Task<http::Response> get_department(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<DepartmentId>(request, "department"));
  TENON_CO_ASSIGN(row, co_await look_for(*app, context, [&](storage::Session& session) {
                    return identity::get_department(session, id);
                  }));
  co_return versioned(200, to_json(row), row.version);
}

Task<http::Response> create_department(const App* app, RequestContext context,
                                       http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const auto content = department_of(fields, {});
  TENON_CO_TRY(fields.done());
  TENON_CO_ASSIGN(row, co_await change_for(
                           *app, context, [&](Change& change) -> Result<identity::DepartmentRow> {
                             TENON_ASSIGN(id, identity::create_department(change, content));
                             return identity::get_department(change.session(), id);
                           }));
  auto response = versioned(201, to_json(row), row.version);
  response.set("Location", "/api/v1/departments/" + row.id.to_string());
  co_return response;
}

Task<http::Response> patch_department(const App* app, RequestContext context,
                                      http::Request request) {
  TENON_CO_ASSIGN(id, id_in<DepartmentId>(request, "department"));
  TENON_CO_ASSIGN(version, if_match(request));
  TENON_CO_ASSIGN(body, json_object(request));
  TENON_CO_ASSIGN(row, co_await change_for(
                           *app, context, [&](Change& change) -> Result<identity::DepartmentRow> {
                             TENON_ASSIGN(before, identity::get_department(change.session(), id));
                             Fields fields(body);
                             const auto content = department_of(fields, before);
                             TENON_TRY(fields.done());
                             TENON_TRY(identity::change_department(change, id, content, version));
                             return identity::get_department(change.session(), id);
                           }));
  co_return versioned(200, to_json(row), row.version);
}

Task<http::Response> erase_department(const App* app, RequestContext context,
                                      http::Request request) {
  TENON_CO_ASSIGN(id, id_in<DepartmentId>(request, "department"));
  TENON_CO_TRY(co_await change_for(
      *app, context, [&](Change& change) { return identity::delete_department(change, id); }));
  co_return http::Response(204);
}

}  // namespace

Table role_routes() {
  using http::Method;
  Table table("roles", {"角色与部门", "Roles and departments"});
  const std::string roles = "/api/v1/roles";
  const std::string departments = "/api/v1/departments";
  const std::string role = roles + "/{role}";
  const std::string department = departments + "/{department}";
  const std::string scope = "'self'|'department'|'department_tree'|'all'";
  const std::string content =
      "description?: text|null, permissions?: [{permission: text, scope?: " + scope +
      "}](..1000)|null, columns?: [{entity: text, column: text, right: "
      "'hidden'|'locked'}](..1000)|null}";
  const modules::OperationLink this_role{"get_role", {{"role", "$response.body#/id"}}};
  const modules::OperationLink this_department{"get_department",
                                               {{"department", "$response.body#/id"}}};
  table.add(Method::get, roles, Need(kRead), list,
            {.id = "list_roles",
             .summary = {"列出角色", "List roles"},
             .replies = {{200, "[Role]"}},
             .links = {{"get_role", {{"role", "$response.body#/0/id"}}}},
             .types = {{"Role",
                        "{id: uuid, name: text, description: text, built_in: bool, "
                        "permissions: [{permission: text, scope: " +
                            scope +
                            "}], columns: [{entity: text, column: text, right: "
                            "'hidden'|'locked'}], users: int(0..), version: int(0..)}"}}});
  table.add(Method::post, roles, Need(kManage), create,
            {.id = "create_role",
             .summary = {"新建角色", "Create a role"},
             .body = "{name: text(1..64), " + content,
             .replies = {{201, "Role", {"ETag", "Location"}}},
             .failures = {409},
             .links = {this_role,
                       {"change_role", {{"role", "$response.body#/id"}}},
                       {"delete_role", {{"role", "$response.body#/id"}}}}});
  table.add(Method::get, role, Need(kRead), get,
            {.id = "get_role",
             .summary = {"查看角色", "One role"},
             .replies = {{200, "Role", {"ETag"}}}});
  table.add(Method::patch, role, Need(kManage), patch,
            {.id = "change_role",
             .summary = {"修改角色", "Change a role"},
             .headers = {{"If-Match", kIfMatch}},
             .body = "{name?: text(1..64), " + content,
             .replies = {{200, "Role", {"ETag"}}},
             .failures = {409, 412},
             .links = {this_role}});
  table.add(Method::del, role, Need(kManage), erase,
            {.id = "delete_role",
             .summary = {"删除角色", "Delete a role"},
             .replies = {{204}},
             .failures = {409}});
  table.add(Method::get, "/api/v1/permissions", Need(kRead), permissions,
            {.id = "list_permissions",
             .summary = {"可授予的权限", "The permissions that there are to give"},
             .replies = {{200, "[{permission: text, name: {*: text}, scopes: [" + scope + "]}]"}}});
  // The tree of the company is no secret to those who work in it.
  table.add(Method::get, departments, Access::signed_in, list_departments,
            {.id = "list_departments",
             .summary = {"列出部门", "List departments"},
             .replies = {{200, "[Department]"}},
             .links = {{"get_department", {{"department", "$response.body#/0/id"}}}},
             .types = {{"Department",
                        "{id: uuid, parent: uuid|null, name: text, members: int(0..), "
                        "version: int(1..)}"}}});
  table.add(Method::get, department, Access::signed_in, get_department,
            {.id = "get_department",
             .summary = {"查看部门", "One department"},
             .replies = {{200, "Department", {"ETag"}}}});
  table.add(Method::post, departments, Need(kDepartments), create_department,
            {.id = "create_department",
             .summary = {"新建部门", "Create a department"},
             .body = "{name: text(1..100), parent?: uuid|null}",
             .replies = {{201, "Department", {"ETag", "Location"}}},
             .failures = {404, 409},
             .links = {this_department,
                       {"change_department", {{"department", "$response.body#/id"}}},
                       {"delete_department", {{"department", "$response.body#/id"}}}}});
  table.add(Method::patch, department, Need(kDepartments), patch_department,
            {.id = "change_department",
             .summary = {"修改部门", "Change a department"},
             .headers = {{"If-Match", kIfMatch}},
             .body = "{name?: text(1..100), parent?: uuid|null}",
             .replies = {{200, "Department", {"ETag"}}},
             .failures = {409, 412},
             .links = {this_department}});
  table.add(Method::del, department, Need(kDepartments), erase_department,
            {.id = "delete_department",
             .summary = {"删除部门", "Delete a department"},
             .replies = {{204}},
             .failures = {409}});
  return table;
}

}  // namespace tenon::api
