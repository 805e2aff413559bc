#pragma once
// Cookies authenticate, so they are read and made strictly (RFC 6265 grammar).

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/request.h"

namespace tenon::http {

/// The value of cookie `name`. Empty when it is missing, malformed, or there twice: a second one
/// was planted from a sibling domain.
[[nodiscard]] std::optional<std::string_view> find_cookie(const Request& request,
                                                          std::string_view name) noexcept;

enum class SameSite { lax, strict };

struct Cookie {
  std::string name;  // a `__Host-` name requires secure, path `/`
  std::string value;
  std::string path = "/";
  bool secure = true;
  bool http_only = true;
  SameSite same_site = SameSite::lax;
  std::optional<std::chrono::seconds> max_age = std::nullopt;  // zero deletes; none: session cookie
};

/// The value of a Set-Cookie field. Errors: invalid (`cookie.syntax`, `cookie.prefix`).
[[nodiscard]] Result<std::string> set_cookie(const Cookie& cookie);

}  // namespace tenon::http
