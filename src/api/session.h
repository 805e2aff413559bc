#pragma once
// The parts of the session endpoints, which lie in several files.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "api/app.h"
#include "api/endpoint.h"
#include "api/table.h"
#include "base/json.h"

namespace tenon::api {

/// `{"user", "tenant", "permissions", "session"}` of who is signed in.
[[nodiscard]] json::object me_json(const App& app, const identity::Principal& principal);
/// How the cookie of this request's session travels, and is named.
[[nodiscard]] CookiePolicy cookie_of(const App& app, const http::Request& request) noexcept;
[[nodiscard]] Result<> put_cookie(http::Response& response, const CookiePolicy& policy,
                                  const std::string& token,
                                  std::optional<std::chrono::seconds> max_age);

/// The own sessions, password, second factor, language; another's eyes.
[[nodiscard]] Table own_session_routes();
/// Invitations and forgotten passwords.
[[nodiscard]] Table ticket_routes();

}  // namespace tenon::api
