// All routes about records and what hangs on them.

#include <algorithm>
#include <iterator>
#include <map>

#include "api/bind.h"
#include "api/routes.h"

namespace tenon::api {
namespace {

Task<http::Response> allowed(std::string methods) {
  co_return http::Response(204).set("Allow", methods);
}

/// OPTIONS says for each address what else it takes.
std::vector<http::Route> options_of(const std::vector<http::Route>& routes, const Binder& bind) {
  std::map<std::string, std::string> methods;
  for (const auto& route : routes) {
    auto& text = methods[route.pattern];
    text += http::to_string(route.method);
    text += route.method == http::Method::get ? ", HEAD, " : ", ";
  }
  std::vector<http::Route> made;
  for (const auto& [pattern, text] : methods)
    made.push_back(
        bind.route(http::Method::options, pattern, Access::signed_in,
                   [allow = text + "OPTIONS"](const App*, const RequestContext&,
                                              const http::Request&) { return allowed(allow); }));
  return made;
}

}  // namespace

std::vector<http::Route> record_routes(const App& app, const Gate& gate) {
  std::vector<http::Route> all;
  for (auto* part :
       {record_read_routes, record_write_routes, batch_routes, trash_routes, file_routes,
        rpc_routes, step_routes, approval_routes, schema_routes, personal_routes, audit_routes})
    std::ranges::move(part(app, gate), std::back_inserter(all));
  std::ranges::move(options_of(all, Binder(app, gate)), std::back_inserter(all));
  return all;
}

}  // namespace tenon::api
