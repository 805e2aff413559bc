// Companies on this server: the operator's business, but for the first one, which is made by
// whoever holds the link of the first start.

#include <utility>

#include "api/describe.h"
#include "api/first_start.h"
#include "api/people.h"
#include "api/routes.h"
#include "identity/rights.h"
#include "identity/tickets.h"
#include "identity/usage.h"
#include "identity/users.h"

namespace tenon::api {
namespace {

using identity::Change;

/// The tenant that an operator names in the path. Errors: not_found (`tenant.unknown`).
Result<std::shared_ptr<identity::Realm>> realm_in(const App* app, const http::Request& request) {
  const auto name = request.parameter("tenant");
  auto realm = app->identity.realms.find(name);
  if (realm || realm.error().reason() != "tenant.gone") return realm;
  return fail(Error(ErrorCode::not_found, "There is no such company.").because("tenant.unknown"));
}

/// Makes a tenant on a thread that may wait for it. Requires: the permit to make one.
Task<std::shared_ptr<identity::Realm>> make_tenant(const App* app, std::string name,
                                                   std::string database) {
  TENON_CO_ASSIGN(workspace,
                  co_await app->pool.run([&] { return app->registry.create(name, database); }));
  co_return app->identity.realms.of(workspace->tenant());
}

json::object tenant_json(const std::string& name, const identity::Plan& plan,
                         const identity::Usage& usage) {
  return {{"name", name},
          {"state", "served"},
          {"plan", to_json(plan)},
          {"usage",
           {{"users", usage.users},
            {"departments", usage.departments},
            {"storage_bytes", usage.storage_bytes}}}};
}

Result<json::object> read_tenant(storage::Session& session, const std::string& name) {
  TENON_ASSIGN(plan, identity::read_plan(session));
  TENON_ASSIGN(usage, identity::read_usage(session));
  return tenant_json(name, plan, usage);
}

Task<http::Response> list(const App* app, RequestContext, http::Request) {
  TENON_CO_ASSIGN(names, app->tenants.list());
  json::array all;
  for (const auto& name : names) {
    auto realm = app->identity.realms.find(name);
    if (!realm) {
      all.push_back(json::object{{"name", name}, {"state", "away"}});
      continue;
    }
    auto object = co_await identity::look(
        *realm, [&](storage::Session& session) { return read_tenant(session, name); });
    if (object)
      all.push_back(*std::move(object));
    else
      all.push_back(json::object{{"name", name}, {"state", "away"}});
  }
  co_return json_response(200, all);
}

Task<http::Response> get(const App* app, RequestContext, http::Request request) {
  TENON_CO_ASSIGN(realm, realm_in(app, request));
  TENON_CO_ASSIGN(object, co_await identity::look(realm, [&](storage::Session& session) {
                    return read_tenant(session, realm->name());
                  }));
  co_return json_response(200, object);
}

/// The plan that was sent, or the standard one.
Result<identity::Plan> plan_from(const json::object* plan) {
  return plan == nullptr ? identity::Plan{} : identity::plan_from(*plan);
}

/// A new company with its first administrator, who gets an invitation.
Task<http::Response> create(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const auto name = fields.required("name");
  const auto database = fields.text("database");
  const identity::NewUser administrator{.name = fields.required("administrator"),
                                        .email = fields.text("email"),
                                        .roles = {identity::kAdministratorRole}};
  const auto* wanted = fields.object("plan");
  TENON_CO_TRY(fields.done());
  TENON_CO_ASSIGN(plan, plan_from(wanted));
  TENON_CO_TRY(identity::check_new_user(administrator));
  TENON_CO_ASSIGN(permit, co_await app->first_start.making().acquire(context.deadline));
  (void)permit;
  TENON_CO_ASSIGN(realm, co_await make_tenant(app, name, database));
  app->first_start.end();  // there is a company now
  TENON_CO_ASSIGN(ticket, co_await identity::change(
                              app->identity.tools, realm, context.actor(), context.deadline,
                              [&](Change& change) -> Result<identity::Ticket> {
                                TENON_TRY(identity::set_plan(change, plan));
                                TENON_ASSIGN(id, identity::create_user(change, administrator));
                                return identity::make_ticket(change, id);
                              }));
  json::object object{{"name", name}, {"plan", to_json(plan)}};
  object["invitation"] =
      json::object{{"user", administrator.name},
                   {"link", origin_of(*app, request) + "/welcome#" + ticket.token},
                   {"token", ticket.token},
                   {"expires_at", to_rfc3339(ticket.expires)}};
  auto response = json_response(201, object);
  response.set("Location", "/api/v1/tenants/" + name);
  co_return response;
}

Task<http::Response> patch(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(realm, realm_in(app, request));
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const auto* wanted = fields.object("plan");
  if (wanted == nullptr && !body.contains("plan"))
    fields.wrong("plan", "required", "must be filled in");
  TENON_CO_TRY(fields.done());
  TENON_CO_ASSIGN(plan, plan_from(wanted));
  TENON_CO_ASSIGN(object, co_await identity::change(
                              app->identity.tools, realm, context.actor(), context.deadline,
                              [&](Change& change) -> Result<json::object> {
                                TENON_TRY(identity::set_plan(change, plan));
                                return read_tenant(change.session(), realm->name());
                              }));
  realm->forget_size();
  co_return json_response(200, object);
}

/// Another link for a company's user, for the day that its last administrator has lost his way in.
Task<http::Response> link(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(realm, realm_in(app, request));
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const auto name = fields.required("user");
  TENON_CO_TRY(fields.done());
  TENON_CO_ASSIGN(
      ticket,
      co_await identity::change(
          app->identity.tools, realm, context.actor(), context.deadline,
          [&](Change& change) -> Result<identity::Ticket> {
            TENON_ASSIGN(user, identity::find_user(change.session(), name));
            if (!user)
              return fail(
                  Error(ErrorCode::not_found, "There is no such user.").because("user.unknown"));
            return identity::make_ticket(change, user->id);
          }));
  co_return json_response(
      201, json::object{{"purpose", to_string(ticket.purpose)},
                        {"link", origin_of(*app, request) + "/welcome#" + ticket.token},
                        {"token", ticket.token},
                        {"expires_at", to_rfc3339(ticket.expires)}});
}

Task<http::Response> is_setup_needed(const App* app, RequestContext, http::Request) {
  co_return json_response(200, json::object{{"needed", app->first_start.is_open()}});
}

Task<http::Response> set_up(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const auto token = fields.required("token");
  const auto company = fields.required("company");
  identity::NewUser user{.name = fields.required("user"), .roles = {identity::kAdministratorRole}};
  const Secret<std::string> password(fields.required("password"));
  if (const auto locale = fields.text("locale"); !locale.empty()) user.locale = locale;
  TENON_CO_TRY(fields.done());
  const std::string account = "setup " + context.address;
  TENON_CO_TRY(app->identity.throttle.begin(account, context.address));
  TENON_CO_ASSIGN(permit, co_await app->first_start.making().acquire(context.deadline));
  (void)permit;
  if (!app->first_start.matches(token))
    co_return fail(Error(ErrorCode::denied,
                         "This link was used already or is too old; start the server again for "
                         "a new one.")
                       .because("ticket.invalid"));
  app->identity.throttle.succeeded(account);
  const std::array<std::string_view, 2> own{user.name, company};
  TENON_CO_TRY(identity::check_new_user(user));
  TENON_CO_TRY(identity::check_password(password, own));
  TENON_CO_ASSIGN(hash, co_await app->identity.passwords.hash(password, context.deadline));
  user.password = std::move(hash);
  TENON_CO_ASSIGN(realm, co_await make_tenant(app, company, {}));
  auto actor = context.actor();
  actor.by = "setup";
  TENON_CO_TRY(co_await identity::change(
      app->identity.tools, realm, std::move(actor), context.deadline,
      [&](Change& change) { return identity::create_user(change, user); }));
  app->first_start.end();
  co_return json_response(201, json::object{{"company", company}, {"user", user.name}});
}

}  // namespace

Table tenant_routes() {
  using http::Method;
  Table table("tenants", {"公司", "Companies"});
  const std::string all = "/api/v1/tenants";
  const std::string one = all + "/{tenant}";
  const std::vector<modules::Parameter> tenant{{"tenant", "text"}};
  const std::string limit = "int(1..1125899906842624)";
  const std::string wanted = "{name?: text(1..40), limits?: {users?: " + limit +
                             "|null, departments?: " + limit + "|null, tokens_of_user?: " + limit +
                             "|null, storage_bytes?: " + limit + "|null}}";
  table.add(Method::get, all, Access::operator_token, list,
            {.id = "list_tenants",
             .summary = {"列出公司", "List companies"},
             .replies = {{200, "[Tenant|TenantAway]"}},
             .types = {{"Plan",
                        "{name: text, limits: {users: int, departments: int, "
                        "tokens_of_user: int, storage_bytes: int}}"},
                       {"Tenant",
                        "{name: text, state: 'served', plan: Plan, usage: {users: int, "
                        "departments: int, storage_bytes: int}}"},
                       {"TenantAway", "{name: text, state: 'away'}"},
                       {"Ticket", kTicketType}}});
  table.add(Method::post, all, Access::operator_token, create,
            {.id = "create_tenant",
             .summary = {"新建公司", "Create a company"},
             .body = "{name: text(1..40), administrator: text(1..), email?: text|null, database?: "
                     "text|null, plan?: " +
                     wanted + "|null}",
             .replies = {{201,
                          "{name: text, plan: Plan, invitation: {user: text, link: text, token: "
                          "text, expires_at: time}}",
                          {"Location"}}},
             .failures = {409},
             .links = {{"get_tenant", {{"tenant", "$response.body#/name"}}}}});
  table.add(Method::get, one, Access::operator_token, get,
            {.id = "get_tenant",
             .summary = {"查看公司", "One company"},
             .path = tenant,
             .replies = {{200, "Tenant"}}});
  table.add(Method::patch, one, Access::operator_token, patch,
            {.id = "change_tenant",
             .summary = {"修改公司的套餐", "Change the plan of a company"},
             .path = tenant,
             .body = "{plan: " + wanted + "|null}",
             .replies = {{200, "Tenant"}},
             .failures = {409}});
  table.add(
      Method::post, one + "/link", Access::operator_token, link,
      {.id = "make_link_in_tenant",
       .summary = {"为公司的用户生成一次性链接", "Make a one-time link for a user of a company"},
       .path = tenant,
       .body = "{user: text(1..)}",
       .replies = {{201, "Ticket"}},
       .failures = {409}});
  table.add(Method::get, "/api/v1/setup", Access::open, is_setup_needed,
            {.id = "is_setup_needed",
             .summary = {"是否需要首次设置", "Whether the first company is still to be made"},
             .replies = {{200, "{needed: bool}"}}});
  table.add(Method::post, "/api/v1/setup", Access::open, set_up,
            {.id = "set_up",
             .summary = {"建立第一家公司", "Make the first company"},
             .body = "{token: text(1..), company: text(1..), user: text(1..), password: text(1..), "
                     "locale?: 'zh-CN'|'en'|''|null}",
             .replies = {{201, "{company: text, user: text}"}},
             .failures = {409}});
  return table;
}

}  // namespace tenon::api
