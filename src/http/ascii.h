#pragma once
// Byte classes of RFC 9110 and RFC 3986, independent of any locale.

#include <array>
#include <cstddef>
#include <string_view>

namespace tenon::http {

namespace detail {
enum ByteClass : unsigned char { kToken = 1, kValue = 2, kPath = 4, kQuery = 8, kUnreserved = 16 };

consteval std::array<unsigned char, 256> byte_classes() {
  std::array<unsigned char, 256> classes{};
  for (std::size_t c = 0; c < 256; ++c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const auto in = [&](std::string_view set) {
      return alnum || (c < 128 && set.find(static_cast<char>(c)) != std::string_view::npos);
    };
    unsigned value = 0;
    if (in("!#$%&'*+-.^_`|~")) value |= kToken;
    if (in("-._~")) value |= kUnreserved;
    if (in("-._~!$&'()*+,;=:@%/")) value |= kPath;
    if (c > 0x20 && c < 0x7F && c != '#') value |= kQuery;
    if (c == '\t' || (c >= 0x20 && c != 0x7F)) value |= kValue;
    classes[c] = static_cast<unsigned char>(value);
  }
  return classes;
}
inline constexpr std::array<unsigned char, 256> kByteClasses = byte_classes();
[[nodiscard]] constexpr bool has_class(char c, ByteClass wanted) noexcept {
  return (kByteClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}
}  // namespace detail

[[nodiscard]] constexpr bool is_token_byte(char c) noexcept {
  return detail::has_class(c, detail::kToken);
}
[[nodiscard]] constexpr bool is_value_byte(char c) noexcept {
  return detail::has_class(c, detail::kValue);
}
[[nodiscard]] constexpr bool is_path_byte(char c) noexcept {
  return detail::has_class(c, detail::kPath);
}
[[nodiscard]] constexpr bool is_query_byte(char c) noexcept {
  return detail::has_class(c, detail::kQuery);
}
[[nodiscard]] constexpr bool is_unreserved_byte(char c) noexcept {
  return detail::has_class(c, detail::kUnreserved);
}
[[nodiscard]] constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

[[nodiscard]] constexpr bool same_without_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

/// Without blanks at both ends.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// -1 for what is no hexadecimal digit.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Calls `visit(piece)` with each trimmed piece between separators, empty ones too.
template <class Visit>
constexpr void split(std::string_view text, char separator, Visit&& visit) {
  for (;;) {
    const std::size_t end = text.find(separator);
    visit(trim(text.substr(0, end)));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace tenon::http
