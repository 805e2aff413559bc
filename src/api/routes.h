#pragma once
// All routes of the API, from one table per resource.

#include <vector>

#include "api/app.h"
#include "api/endpoint.h"
#include "http/route.h"

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
[[nodiscard]] std::vector<http::Route> record_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> plugin_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> extension_routes(const App& app, const Gate& gate);
[[nodiscard]] std::vector<http::Route> health_routes(const App& app);
/// Whatever is left below /api/ and /x/ is an unknown address, never the web application's start
/// page.
[[nodiscard]] std::vector<http::Route> unknown_routes(const Gate& gate);

}  // namespace tenon::api
