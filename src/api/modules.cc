// Routes of modules as the edge serves them: the module gave a plain route, the tenant and the
// rights come from the session when somebody asks. And how the modules are.

#include <utility>

#include "api/routes.h"
#include "api/transaction.h"
#include "base/json.h"

namespace tenon::api {
namespace {

/// The tenant's own answer of a wrong method.
http::Response wrong_method(const Error& error, const RequestContext& context) {
  auto response = Gate::problem(error, context.locale, context.trace);
  if (const auto details = json::parse_object(error.details()))
    if (const auto* allow = details->if_contains("allow"); allow != nullptr && allow->is_string())
      response.set("Allow", allow->get_string());
  return response;
}

Task<http::Response> call_module(const App* app, std::shared_ptr<const modules::FindRoute> find,
                                 RequestContext context, http::Request request) {
  auto found = (*find)(context.principal ? context.principal->tenant : std::string(), request);
  if (!found && found.error().reason() == "http.method")
    co_return wrong_method(found.error(), context);
  if (!found) co_return std::unexpected(std::move(found.error()));
  const auto [module, route] = *std::move(found);  // `module` keeps the route
  modules::RouteCall call{.tenant = {},
                          .principal = context.principal,
                          .viewer = {},
                          .trace_id = context.trace_id,
                          .trace = context.trace,
                          .locale = context.locale,
                          .deadline = context.deadline};
  if (context.principal) {
    if (!route->permission.empty() && !context.principal->has(route->permission))
      co_return fail(Error(ErrorCode::denied, "this needs the right " + route->permission)
                         .because("permission"));
    TENON_CO_ASSIGN(site, site_of(*app, context));
    call.tenant = site.workspace->tenant();
    call.principal = site.origin.principal;
    call.viewer = std::move(site.viewer);
  }
  co_return co_await route->handler(std::move(call), std::move(request));
}

Task<http::Response> list(const App* app, RequestContext context, http::Request) {
  json::array rows;
  for (const auto& module : co_await app->modules.health_check(context.principal->tenant)) {
    json::object row{{"id", module.id},
                     {"version", module.version.text()},
                     {"type", to_string(module.type)},
                     {"status", to_string(module.health.status)},
                     {"took_us", module.took.count()}};
    if (!module.health.message.empty()) row["message"] = module.health.message;
    row["details"] = module.health.details;
    rows.push_back(std::move(row));
  }
  co_return http::Response::json(200, json::serialize(rows));
}

}  // namespace

modules::Binder module_binder(const App& app, const Gate& gate) {
  return [app = &app, gate = &gate](modules::FindRoute find) {
    return gate->handler(Access::open,
                         [app, find = std::make_shared<const modules::FindRoute>(std::move(find))](
                             RequestContext context, http::Request request) {
                           return call_module(app, find, std::move(context), std::move(request));
                         });
  };
}

Table module_routes() {
  Table table("system", {"模块", "Modules"});
  table.add(http::Method::get, "/api/v1/modules", Access::administrator, list,
            {.id = "list_modules",
             .summary = {"各模块的状态", "How the modules are"},
             .replies = {{200, "[Module]"}},
             .types = {{"Module",
                        "{id: text, version: text, type: 'native'|'wasm', status: "
                        "'healthy'|'degraded'|'failing', took_us: int(0..), message?: "
                        "text, details: {*: any}}"}}});
  return table;
}

}  // namespace tenon::api
