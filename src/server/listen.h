#pragma once
// Where to listen, as an operator writes it. Private to the room.

#include <string>

#include "base/error.h"
#include "http/options.h"

namespace tenon::server {

/// `ADDRESS:PORT`, an IPv6 address in brackets; port 0 lets the system choose. Errors: invalid
/// (`server.listen`).
[[nodiscard]] Result<> parse_listen(const std::string& text, http::Options& options);

[[nodiscard]] bool is_loopback(const std::string& address);

/// `http://127.0.0.1:8080`
[[nodiscard]] std::string address_of(const http::Options& options, std::uint16_t port);

}  // namespace tenon::server
