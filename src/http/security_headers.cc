#include "http/security_headers.h"

namespace tenon::http {

void add_security_headers(Response& response, Transport transport) {
  static const std::string policy = content_security_policy();
  response.set_default("Content-Security-Policy", policy);
  response.set_default("X-Content-Type-Options", "nosniff");
  response.set_default("Referrer-Policy", "no-referrer");
  response.set_default("Cross-Origin-Opener-Policy", "same-origin");
  response.set_default("Cross-Origin-Resource-Policy", "same-origin");
  response.set_default("Permissions-Policy",
                       "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
  if (transport == Transport::tls) {
    response.set_default("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
  }
}

std::string content_security_policy(std::string_view nonce) {
  std::string policy = "default-src 'none'; script-src 'self'; style-src 'self'";
  if (!nonce.empty()) policy.append(" 'nonce-").append(nonce).append("'");
  policy +=
      "; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
      "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
      "require-trusted-types-for 'script'";
  return policy;
}

}  // namespace tenon::http
