#pragma once
// Fixed-width numbers inside dates and times, where a sign or a space must not slip through.

#include <optional>
#include <string_view>

namespace tenon {

/// The number that 1 … 9 ASCII digits write; empty for anything else.
[[nodiscard]] constexpr std::optional<unsigned> digits(std::string_view text) noexcept {
  if (text.empty() || text.size() > 9) return std::nullopt;
  unsigned number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number;
}

}  // namespace tenon
