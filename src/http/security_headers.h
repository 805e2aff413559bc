#pragma once
// The header defaults that keep a browser on our side. They are set unless the handler set them.

#include <string>
#include <string_view>

#include "http/response.h"
#include "http/transport.h"

namespace tenon::http {

/// CSP, nosniff, Referrer-Policy, COOP, CORP, empty Permissions-Policy; HSTS over TLS. Never
/// replaces a field the handler set.
void add_security_headers(Response& response, Transport transport);

/// The default Content-Security-Policy; with a nonce for the <style> elements that the start
/// page's application makes. Scripts never get one.
[[nodiscard]] std::string content_security_policy(std::string_view nonce = {});

}  // namespace tenon::http
