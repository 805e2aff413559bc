#pragma once
// The methods this server knows. CONNECT and TRACE are not among them on purpose.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tenon::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };
inline constexpr std::size_t kMethods = 7;
inline constexpr std::array<std::string_view, kMethods> kMethodNames = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

[[nodiscard]] constexpr std::string_view to_string(Method method) noexcept {
  return kMethodNames[static_cast<std::size_t>(method)];
}

/// The method of a token, compared byte for byte as RFC 9110 asks.
[[nodiscard]] constexpr std::optional<Method> method_from(std::string_view token) noexcept {
  for (std::size_t i = 0; i < kMethods; ++i) {
    if (kMethodNames[i] == token) return static_cast<Method>(i);
  }
  return std::nullopt;
}

}  // namespace tenon::http
