// "Why can't I see this?": the rules that decide about a record, a field or a right, in the order
// in which they are asked, and the one that decided.

#include <algorithm>
#include <utility>

#include "api/known_permissions.h"
#include "api/people.h"
#include "api/rights.h"
#include "api/routes.h"
#include "api/transaction.h"
#include "data/sight.h"
#include "http/query.h"
#include "identity/rights.h"
#include "identity/roles.h"
#include "identity/user_rows.h"

namespace tenon::api {
namespace {

struct Question {
  UserId user;
  std::string entity, action, field;  // action: list, manage, or a permission's full name
  std::optional<RecordId> id;
};

/// The rules asked so far. The first that says no decides; if none does, the last that said yes.
class Verdict {
 public:
  explicit Verdict(bool chinese) : chinese_(chinese) {}

  /// Gives `passed`, so that asking ends where it is decided.
  bool ask(std::string_view rule, bool passed, std::string_view en, std::string_view zh,
           json::object details = {}) {
    json::object step{{"rule", rule}, {"passed", passed}, {"text", chinese_ ? zh : en}};
    for (auto& [key, value] : details) step[key] = std::move(value);
    decided_ = step;
    steps_.push_back(std::move(step));
    allowed_ = passed;
    return passed;
  }
  [[nodiscard]] json::object take() {
    return {
        {"allowed", allowed_}, {"decided_by", std::move(decided_)}, {"steps", std::move(steps_)}};
  }

 private:
  bool chinese_;
  bool allowed_ = false;
  json::object decided_;
  json::array steps_;
};

Result<Question> decode(const RequestContext& context, const http::Request& request) {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  Question question{.user = context.principal->user, .action = "list", .id = {}};
  std::vector<FieldError> errors;
  const auto wrong = [&](const std::string& name, std::string_view code, std::string_view text) {
    errors.push_back({"/query/" + name, std::string(code), std::string(text)});
  };
  for (auto& pair : pairs) {
    if (pair.name == "entity") {
      question.entity = std::move(pair.value);
    } else if (pair.name == "action") {
      question.action = std::move(pair.value);
    } else if (pair.name == "field") {
      question.field = std::move(pair.value);
    } else if (pair.name == "id") {
      question.id = RecordId::parse(pair.value);
      if (!question.id) wrong("id", "format", "is not an id");
    } else if (pair.name == "user") {
      const auto user = UserId::parse(pair.value);
      if (user) question.user = *user;
      if (!user) wrong("user", "format", "is not an id");
    } else {
      wrong(pair.name, "unknown", "is no parameter here");
    }
  }
  const bool record = question.action == "list" || question.action == "manage";
  if (record && question.entity.find('.') == std::string::npos)
    wrong("entity", "required", "names an entity as crm.customer");
  if (errors.empty()) return question;
  return fail(Error(ErrorCode::invalid, "The question is wrong.")
                  .because("query.parameter")
                  .with_fields(std::move(errors)));
}

/// Which of a user's roles give `permission`, and how far.
Result<json::array> roles_giving(storage::Session& session, UserId user,
                                 std::string_view permission) {
  json::array giving;
  TENON_ASSIGN(held, identity::roles_of(session, user));
  for (const auto id : held) {
    TENON_ASSIGN(role, identity::get_role(session, id));
    const auto grant = std::ranges::find(role.grants, permission, &identity::Grant::permission);
    if (role.built_in())
      giving.push_back(json::object{{"role", role.name}, {"scope", "all"}});
    else if (grant != role.grants.end())
      giving.push_back(json::object{{"role", role.name}, {"scope", data::to_string(grant->scope)}});
  }
  return giving;
}

/// What is known of the user before any record is looked at.
struct Subject {
  identity::UserRow row;
  std::shared_ptr<const identity::Principal> principal;
  json::array roles;  // that give the permission
};

Result<Subject> read_subject(storage::Session& session, const std::string& tenant, UserId user,
                             std::string_view permission) {
  TENON_ASSIGN(row, identity::get_user(session, user));
  TENON_ASSIGN(rights, identity::read_rights(session, tenant, user));
  TENON_ASSIGN(roles, roles_giving(session, user, permission));
  return Subject{.row = std::move(row),
                 .principal = std::make_shared<const identity::Principal>(std::move(rights)),
                 .roles = std::move(roles)};
}

bool ask_rights(Verdict& verdict, const Subject& subject, const std::string& permission) {
  const bool active = subject.row.state == identity::UserState::active;
  if (!verdict.ask("user.state", active,
                   active ? "The user is active." : "The user is not active and may do nothing.",
                   active ? "用户处于启用状态。" : "用户未启用，不能进行任何操作。",
                   {{"state", to_string(subject.row.state)}}))
    return false;
  if (subject.principal->administrator)
    return verdict.ask("role.administrator", true, "An administrator holds every right.",
                       "管理员拥有全部权限。");
  const bool has = subject.principal->has(permission);
  return verdict.ask(
      "permission", has,
      has ? "A role of the user gives this right." : "No role of the user gives this right.",
      has ? "用户的角色授予了该权限。" : "用户的任何角色都未授予该权限。",
      {{"permission", permission}, {"roles", subject.roles}});
}

/// The owner and department of a record, as the system sees it.
struct Place {
  bool there = false;
  Uuid owner, department;
};

Result<Place> place_of(data::Tenant& tenant, const data::EntityInfo& entity, RecordId id) {
  auto record = tenant.get(entity, id, data::Viewer{});
  if (!record) {
    if (record.error().reason() == "data.not_found") return Place{};
    return std::unexpected(std::move(record.error()));
  }
  TENON_ASSIGN(object, json::parse_object(record->json));
  const auto uuid = [&](std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value == nullptr || !value->is_string()) return Uuid{};
    return Uuid::parse(std::string_view(value->get_string())).value_or(Uuid{});
  };
  return Place{.there = true, .owner = uuid("owner"), .department = uuid("department")};
}

bool lies_in(data::Scope scope, const Place& place, const data::Viewer& viewer) {
  // The same rule that a change is checked by, with the scope in question in its place.
  data::Viewer asked = viewer;
  asked.rights = nullptr;
  switch (scope) {
    case data::Scope::all:
      return true;
    case data::Scope::none:
      return false;
    case data::Scope::self:
      return asked.user && asked.user->value == place.owner;
    case data::Scope::department:
      return asked.department && asked.department->value == place.department;
    case data::Scope::department_tree:
      return std::ranges::find(asked.departments, DepartmentId{place.department}) !=
             asked.departments.end();
  }
  return false;
}

/// For who asks about himself: that a record is there is told by seeing it, and by nothing else.
bool ask_seen(Verdict& verdict, const data::Access& access, const Place& place,
              const data::Viewer& viewer, bool change) {
  const bool seen = place.there && lies_in(access.scope, place, viewer);
  if (!verdict.ask("scope.list", seen,
                   seen ? "The record lies in your scope."
                        : "There is no such record, or it lies outside your scope.",
                   seen ? "记录在您的数据范围内。" : "记录不存在，或不在您的数据范围内。",
                   {{"scope", data::to_string(access.scope)}}))
    return false;
  if (!change) return true;
  const bool may = lies_in(access.change, place, viewer);
  return verdict.ask(
      "scope.manage", may,
      may ? "You may change this record." : "You may see this record, not change it.",
      may ? "您可以修改该记录。" : "您可以查看但不能修改该记录。",
      {{"scope", data::to_string(access.change)}});
}

bool ask_record(Verdict& verdict, const data::Access& access, const Place& place,
                const data::Viewer& viewer, bool change) {
  if (!verdict.ask("record.exists", place.there,
                   place.there ? "The record is there." : "There is no such living record.",
                   place.there ? "记录存在。" : "记录不存在或已在回收站。"))
    return false;
  const auto ask_scope = [&](std::string_view rule, data::Scope scope) {
    const bool inside = lies_in(scope, place, viewer);
    return verdict.ask(
        rule, inside,
        inside ? "The record lies in the scope." : "The record lies outside the scope.",
        inside ? "记录在数据范围内。" : "记录不在数据范围内。",
        {{"scope", data::to_string(scope)},
         {"owner", place.owner.to_string()},
         {"department", place.department.to_string()}});
  };
  if (!ask_scope("scope.list", access.scope)) return false;
  return !change || ask_scope("scope.manage", access.change);
}

bool ask_field(Verdict& verdict, const data::Access& access, const data::EntityInfo& entity,
               const std::string& field, bool change) {
  const auto has = [&](const std::vector<std::string>& names) {
    return std::ranges::find(names, field) != names.end();
  };
  const bool known = entity.find(field).has_value();
  if (!verdict.ask("field.exists", known, known ? "The field is there." : "There is no such field.",
                   known ? "字段存在。" : "没有这个字段。", {{"field", field}}))
    return false;
  const bool hidden = has(access.hidden);
  if (!verdict.ask(
          "field.hidden", !hidden,
          hidden ? "Every role that opens the records hides this field." : "The field may be read.",
          hidden ? "授予访问的角色都隐藏了该字段。" : "可以读取该字段。"))
    return false;
  if (!change) return true;
  const bool locked = has(access.locked);
  return verdict.ask("field.locked", !locked,
                     locked ? "Every role that lets change the records locks this field."
                            : "The field may be changed.",
                     locked ? "授予修改的角色都锁定了该字段。" : "可以修改该字段。");
}

Task<http::Response> explain(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(question, decode(context, request));
  if (question.user != context.principal->user &&
      !context.principal->has("tenon.permissions.explain"))
    co_return fail(Error(ErrorCode::denied, "this needs the right tenon.permissions.explain")
                       .because("permission"));
  const bool record = question.action == "list" || question.action == "manage";
  const auto permission = record ? question.entity + "." + question.action : question.action;
  TENON_CO_ASSIGN(site, site_of(*app, context));
  TENON_CO_ASSIGN(subject, co_await look_for(*app, context, [&](storage::Session& session) {
                    return read_subject(session, context.principal->tenant, question.user,
                                        permission);
                  }));
  Verdict verdict(context.locale.starts_with("zh"));
  const auto known = known_permissions(*site.origin.installations);
  const bool exists = known.contains(permission);
  bool go_on = verdict.ask(
      "module", exists, exists ? "The module is enabled." : "No enabled module knows this right.",
      exists ? "模块已启用。" : "没有已启用的模块声明该权限。", {{"permission", permission}});
  go_on = go_on && ask_rights(verdict, subject, permission);
  if (go_on && record) {
    auto& tenant = *site.workspace->tenant();
    const auto catalog = tenant.catalog();
    const auto dot = question.entity.find('.');
    const auto* entity =
        catalog->find(question.entity.substr(0, dot), question.entity.substr(dot + 1));
    const auto viewer = viewer_of(subject.principal, site.origin.installations);
    const auto& access = viewer.rights->on(question.entity);
    const bool change = question.action == "manage";
    if (question.id && entity != nullptr) {
      TENON_CO_ASSIGN(place, TENON_CO_ACT(tenant, place_of(tenant, *entity, *question.id)));
      go_on = context.principal->has("tenon.permissions.explain")
                  ? ask_record(verdict, access, place, viewer, change)
                  : ask_seen(verdict, access, place, viewer, change);
    }
    if (go_on && !question.field.empty() && entity != nullptr)
      ask_field(verdict, access, *entity, question.field, change);
  }
  auto answer = verdict.take();
  answer["user"] = subject.row.id.to_string();
  answer["permission"] = permission;
  co_return json_response(200, answer);
}

}  // namespace

Table explain_routes() {
  Table table("permissions", {"权限说明", "Permissions explained"});
  table.add(
      http::Method::get, "/api/v1/permissions/explain", Access::signed_in, explain,
      {.id = "explain_permission",
       .summary = {"为什么能或不能", "Why somebody may, or may not"},
       .about = {"按顺序列出各项规则，以及最终起决定作用的规则。",
                 "The rules in the order in which they are asked, and the one that decided."},
       .query = {{"entity", "text"},
                 {"action", "text"},
                 {"field", "text"},
                 {"id", "uuid"},
                 {"user", "uuid"}},
       .replies = {{200,
                    "{allowed: bool, decided_by: Rule, steps: [Rule], user: uuid, permission: "
                    "text}"}},
       .failures = {404},
       .types = {{"Rule", "{rule: text, passed: bool, text: text, ...}"}}});
  return table;
}

}  // namespace tenon::api
