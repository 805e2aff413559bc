#pragma once
// All routes of the API, from one table per resource.

#include <vector>

#include "api/app.h"
#include "api/endpoint.h"
#include "http/route.h"
#include "modules/module_registry.h"

namespace tenon::api {

/// Lifetime: app and gate outlive the routes.
[[nodiscard]] std::vector<http::Route> session_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> user_routes(const App& app, const Gate& gate);
/// Roles, departments and the permissions there are.
[[nodiscard]] std::vector<http::Route> role_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> token_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> explain_routes(const App& app, const Gate& gate);
/// Signing in at other services, and which those are.
[[nodiscard]] std::vector<http::Route> oidc_routes(const App& app, const Gate& gate);
/// Companies, and the link of the first start.
[[nodiscard]] std::vector<http::Route> tenant_routes(const App& app, const Gate& gate);
/// Those of the groups below together.
[[nodiscard]] std::vector<http::Route> record_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> record_read_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> record_write_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> batch_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> file_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> trash_routes(const App& app, const Gate& gate);
/// Steps of documents, and requests that others agree to one.
[[nodiscard]] std::vector<http::Route> step_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> approval_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> rpc_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> schema_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> personal_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> audit_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> plugin_routes(const App& app, const Gate& gate);
/// What follows an upload: list, enable, disable, uninstall, purge, the calls.
[[nodiscard]] std::vector<http::Route> plugin_life_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> extension_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> health_routes(const App& app);
/// Which modules there are and how they are.
[[nodiscard]] std::vector<http::Route> module_routes(const App& app, const Gate& gate);
/// Server-sent events, dead letters.
[[nodiscard]] std::vector<http::Route> event_routes(const App& app, const Gate& gate);
/// Gives plain routes of modules their tenant, rights and problem documents.
[[nodiscard]] modules::Binder module_binder(const App& app, const Gate& gate);
/// Whatever is left below /api/ and /x/ is an unknown address, never the web application's start
/// page.
[[nodiscard]] std::vector<http::Route> unknown_routes(const Gate& gate);

}  // namespace tenon::api
