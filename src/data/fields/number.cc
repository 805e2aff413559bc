#include "data/fields/number.h"

#include <fmt/format.h>

#include <charconv>

namespace tenon::data {
namespace {

std::unexpected<Reason> wrong(std::string code, std::string message) {
  return std::unexpected(Reason{std::move(code), std::move(message)});
}

}  // namespace

std::expected<std::int64_t, Reason> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return wrong("range", "The number is too large.");
  if (error != std::errc() || end != text.data() + text.size())
    return wrong("type", "A whole number is expected.");
  return value;
}

std::expected<std::int64_t, Reason> parse_decimal(std::string_view text, unsigned scale) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::int64_t value = 0;
  unsigned digits = 0;
  unsigned decimals = 0;
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point && digits > 0) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return wrong("type", "A decimal number like 12.50 is expected.");
    ++digits;
    if (point && ++decimals > scale) {
      if (c == '0') continue;
      return wrong("scale", fmt::format("At most {} digits after the point are kept.", scale));
    }
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, c - '0', &value))
      return wrong("range", "The number is too large.");
  }
  if (digits == 0 || (point && decimals == 0))
    return wrong("type", "A decimal number like 12.50 is expected.");
  for (; decimals < scale; ++decimals)
    if (__builtin_mul_overflow(value, 10, &value))
      return wrong("range", "The number is too large.");
  // The value was gathered below zero, where there is room for one more.
  if (!negative && __builtin_mul_overflow(value, -1, &value))
    return wrong("range", "The number is too large.");
  return value;
}

void write_integer(std::string& out, std::int64_t value) {
  char buffer[24];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, end);
}

void write_decimal(std::string& out, std::int64_t value, unsigned scale) {
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) {
    out += '-';
    magnitude = ~magnitude + 1;
  }
  char buffer[24];
  auto* const end = std::to_chars(buffer, buffer + sizeof buffer, magnitude).ptr;
  const auto size = static_cast<unsigned>(end - buffer);
  if (scale == 0) {
    out.append(buffer, size);
    return;
  }
  if (size <= scale) {
    out.append("0.").append(scale - size, '0').append(buffer, size);
    return;
  }
  out.append(buffer, size - scale).append(1, '.').append(buffer + size - scale, scale);
}

}  // namespace tenon::data
