#include "data/fields/number.h"

#include <fmt/format.h>

#include <charconv>

#include "base/decimal.h"

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
  const auto decimal = Decimal::parse(text, static_cast<int>(scale));
  if (decimal) return decimal->units();
  const auto& reason = decimal.error().reason();
  if (reason == "decimal.overflow") return wrong("range", "The number is too large.");
  if (reason == "decimal.scale" || reason == "decimal.inexact")
    return wrong("scale", fmt::format("At most {} digits after the point are kept.", scale));
  return wrong("type", "A decimal number like 12.50 is expected.");
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
