#include "api/routes.h"

#include <iterator>
#include <utility>

namespace tenon::api {

std::vector<Table> all_routes() {
  std::vector<Table> all;
  for (auto* part :
       {health_routes, session_routes, user_routes, role_routes, token_routes, explain_routes,
        tenant_routes, oidc_routes, plugin_routes, event_routes, module_routes, openapi_routes})
    all.push_back(part());
  auto records = record_routes();
  all.insert(all.end(), std::make_move_iterator(records.begin()),
             std::make_move_iterator(records.end()));
  return all;
}

}  // namespace tenon::api
