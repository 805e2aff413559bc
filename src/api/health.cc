// Whether the process lives and whether it can serve: for supervisors and load balancers, open to
// all, says nothing more.

#include "api/routes.h"

namespace tenon::api {
namespace {

asio::awaitable<http::Response> alive(http::Request) {
  auto response = http::Response::json(200, R"({"status":"ok"})");
  response.set("Cache-Control", "no-store");
  co_return response;
}

Task<http::Response> unknown(RequestContext, http::Request) {
  co_return fail(Error(ErrorCode::not_found, "there is no such address").because("http.not_found"));
}

}  // namespace

std::vector<http::Route> unknown_routes(const Gate& gate) {
  return {{.method = http::Method::get,
           .pattern = "/api/{rest*}",
           .handler = gate.handler(Access::open, unknown)}};
}

std::vector<http::Route> health_routes() {
  // Routes are published only after every tenant is open, so being asked means being ready.
  return {{.method = http::Method::get, .pattern = "/healthz", .handler = alive},
          {.method = http::Method::get, .pattern = "/readyz", .handler = alive}};
}

}  // namespace tenon::api
