#include "http/cookie.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/ascii.h"
#include "http/response.h"

namespace tenon::http {
namespace {

bool is_cookie_value(std::string_view value) noexcept {
  return std::ranges::all_of(value, [](char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '\\';
  });
}

bool is_cookie_path(std::string_view path) noexcept {
  return path.starts_with('/') &&
         std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7F && c != ';'; });
}

}  // namespace

std::optional<std::string_view> find_cookie(const Request& request,
                                            std::string_view name) noexcept {
  std::optional<std::string_view> found;
  std::size_t seen = 0;
  request.for_each_header([&](std::string_view field, std::string_view value) {
    if (!same_without_case(field, "cookie")) return;
    split(value, ';', [&](std::string_view pair) {
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != name) return;
      ++seen;
      const std::string_view text = pair.substr(equals + 1);
      if (is_cookie_value(text)) found = text;
    });
  });
  return seen == 1 ? found : std::nullopt;
}

Result<std::string> set_cookie(const Cookie& cookie) {
  if (!is_field_name(cookie.name) || !is_cookie_value(cookie.value) ||
      !is_cookie_path(cookie.path)) {
    return fail(Error(ErrorCode::invalid, "a cookie's name, value or path has a forbidden byte")
                    .because("cookie.syntax"));
  }
  const bool host_bound = cookie.name.starts_with("__Host-");
  if ((host_bound && (!cookie.secure || cookie.path != "/")) ||
      (cookie.name.starts_with("__Secure-") && !cookie.secure)) {
    return fail(Error(ErrorCode::invalid, "the cookie does not keep what its prefix promises")
                    .because("cookie.prefix"));
  }
  std::string text = fmt::format("{}={}; Path={}", cookie.name, cookie.value, cookie.path);
  if (cookie.max_age) text += fmt::format("; Max-Age={}", cookie.max_age->count());
  if (cookie.secure) text += "; Secure";
  if (cookie.http_only) text += "; HttpOnly";
  text += cookie.same_site == SameSite::strict ? "; SameSite=Strict" : "; SameSite=Lax";
  return text;
}

}  // namespace tenon::http
