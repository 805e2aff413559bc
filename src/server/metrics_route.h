#pragma once
// Figures tell strangers how busy a company is, so they are for the operator: for requests of this
// machine, or for who knows the token.

#include <vector>

#include "base/secret.h"
#include "http/route.h"
#include "server/metrics.h"

namespace tenon::server {

/// The token in a file: one line of at least 16 visible characters. Errors: invalid
/// (`metrics.token`).
[[nodiscard]] Result<Secret<std::string>> read_token(const std::string& file);

/// `GET /metrics`. Without a token only a peer on a loopback address is answered, and only when
/// nothing says that it speaks for somebody else. Lifetime: metrics outlive the route.
[[nodiscard]] std::vector<http::Route> metrics_routes(Metrics& metrics, Secret<std::string> token);

}  // namespace tenon::server
