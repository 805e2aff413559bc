#pragma once
// All routes of the API, one table per resource.

#include <vector>

#include "api/app.h"
#include "api/endpoint.h"
#include "api/table.h"
#include "http/route.h"
#include "modules/module_registry.h"

namespace tenon::api {

/// Every table; a new resource is added here.
[[nodiscard]] std::vector<Table> all_routes();

[[nodiscard]] Table session_routes();
[[nodiscard]] Table user_routes();
/// Roles, departments and the permissions there are.
[[nodiscard]] Table role_routes();
[[nodiscard]] Table token_routes();
[[nodiscard]] Table explain_routes();
/// Signing in at other services, and which those are.
[[nodiscard]] Table oidc_routes();
/// Companies, and the link of the first start.
[[nodiscard]] Table tenant_routes();
/// The tables of the groups below, and what OPTIONS says of them.
[[nodiscard]] std::vector<Table> record_routes();
[[nodiscard]] Table record_read_routes();
[[nodiscard]] Table record_write_routes();
[[nodiscard]] Table batch_routes();
[[nodiscard]] Table file_routes();
[[nodiscard]] Table trash_routes();
/// Steps of documents, and requests that others agree to one.
[[nodiscard]] Table step_routes();
[[nodiscard]] Table approval_routes();
[[nodiscard]] Table rpc_routes();
[[nodiscard]] Table schema_routes();
[[nodiscard]] Table personal_routes();
[[nodiscard]] Table audit_routes();
/// The upload of plugins, and the two below.
[[nodiscard]] Table plugin_routes();
/// What follows an upload: list, enable, disable, uninstall, purge, the calls.
[[nodiscard]] Table plugin_life_routes();
[[nodiscard]] Table extension_routes();
[[nodiscard]] Table health_routes();
/// Which modules there are and how they are.
[[nodiscard]] Table module_routes();
/// Server-sent events, dead letters.
[[nodiscard]] Table event_routes();
/// The document of all these.
[[nodiscard]] Table openapi_routes();

/// Gives plain routes of modules their tenant, rights and problem documents. Lifetime: app and gate
/// outlive it.
[[nodiscard]] modules::Binder module_binder(const App& app, const Gate& gate);
/// Whatever is left below /api/ and /x/ is an unknown address, never the web application's start
/// page. Lifetime: the gate outlives the routes.
[[nodiscard]] std::vector<http::Route> unknown_routes(const Gate& gate);

}  // namespace tenon::api
