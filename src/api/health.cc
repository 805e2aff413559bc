// Whether the process lives and whether it can serve: for supervisors and load balancers, open to
// all, names no tenant.

#include "api/routes.h"
#include "base/json.h"

namespace tenon::api {
namespace {

http::Response health(int status, const json::object& body) {
  auto response = http::Response::json(status, json::serialize(body));
  response.set("Cache-Control", "no-store");
  return response;
}

asio::awaitable<http::Response> alive(http::Request) { co_return health(200, {{"status", "ok"}}); }

/// Ready while one tenant can be served: those in files must not go with a database server. A
/// tenant that takes no changes any more is served, and named in number; a module that is not well
/// is named, and takes nobody out of service.
asio::awaitable<http::Response> ready(const App* app, http::Request) {
  const auto now = app->registry.health();
  const bool any = now.served > 0 || now.away == 0;
  json::array unwell;
  for (const auto& module : co_await app->modules.health_check({}))
    if (module.health.status != modules::Health::Status::healthy)
      unwell.emplace_back(
          json::object{{"id", module.id}, {"status", to_string(module.health.status)}});
  const bool all = now.away == 0 && now.read_only == 0 && unwell.empty();
  const std::string_view status = !any ? "unavailable" : all ? "ok" : "degraded";
  json::object body{
      {"status", status}, {"served", now.served}, {"away", now.away}, {"read_only", now.read_only}};
  if (!unwell.empty()) body["modules"] = std::move(unwell);
  auto response = health(any ? 200 : 503, body);
  if (!any) response.set("Retry-After", "1");
  co_return response;
}

Task<http::Response> unknown(RequestContext, http::Request) {
  co_return fail(Error(ErrorCode::not_found, "there is no such address").because("http.not_found"));
}

}  // namespace

std::vector<http::Route> unknown_routes(const Gate& gate) {
  std::vector<http::Route> routes{{.method = http::Method::get,
                                   .pattern = "/api/{rest*}",
                                   .handler = gate.handler(Access::open, unknown)}};
  // A stranger is not told which modules there are.
  for (const auto method : {http::Method::get, http::Method::post, http::Method::put,
                            http::Method::patch, http::Method::del})
    routes.push_back({.method = method,
                      .pattern = "/x/{rest*}",
                      .handler = gate.handler(Access::signed_in, unknown)});
  return routes;
}

Table health_routes() {
  Table table("health", {"健康检查", "Health"});
  table.add_plain(http::Method::get, "/healthz",
                  [](const App*, http::Request request) { return alive(std::move(request)); },
                  {.id = "is_alive",
                   .summary = {"进程是否在运行", "Whether the process lives"},
                   .replies = {{200, "{status: 'ok'}"}}});
  table.add_plain(
      http::Method::get, "/readyz", ready,
      {.id = "is_ready",
       .summary = {"能否提供服务", "Whether the server can serve"},
       .replies = {{200, "Readiness"}, {503, "Readiness", {"Retry-After"}}},
       .types = {{"Readiness",
                  "{status: 'ok'|'degraded'|'unavailable', served: int(0..), away: int(0..), "
                  "read_only: int(0..), modules?: [{id: text, status: text}]}"}}});
  return table;
}

}  // namespace tenon::api
