#pragma once
// Where the cookie of a session travels. Plain HTTP is for loopback only and cannot carry a
// `__Host-` cookie, so there it has another name: one can never be taken for the other.

#include <string_view>

#include "http/transport.h"

namespace tenon::api {

struct CookiePolicy {
  bool secure = false;
  [[nodiscard]] std::string_view name() const noexcept {
    return secure ? "__Host-tenon-sid" : "tenon-sid";
  }
  /// That of a request: whoever came encrypted, to us or to a trusted proxy, has secure cookies
  /// whatever the server was told.
  [[nodiscard]] CookiePolicy over(http::Transport transport) const noexcept {
    return {.secure = secure || transport == http::Transport::tls};
  }
};

}  // namespace tenon::api
