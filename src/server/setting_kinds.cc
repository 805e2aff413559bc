#include "server/setting_kinds.h"

#include <array>
#include <charconv>
#include <cmath>

namespace tenon::server {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t of;
};
constexpr std::array<Unit, 4> kSizes = {
    {{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1024}, {"", 1}}};
constexpr std::array<Unit, 4> kTimes = {
    {{"h", 3'600'000}, {"min", 60'000}, {"s", 1000}, {"ms", 1}}};

/// A whole number with one of the units, a blank allowed between.
std::optional<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  for (const Unit& unit : units) {
    if (unit.name != text) continue;
    if (number > UINT64_MAX / unit.of) return std::nullopt;
    return number * unit.of;
  }
  return std::nullopt;
}

std::string show_with_unit(std::uint64_t number, std::span<const Unit> units) {
  for (const Unit& unit : units)
    if (number >= unit.of && number % unit.of == 0)
      return std::to_string(number / unit.of) + std::string(unit.name);
  return "0" + std::string(units.back().name);
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_with_unit(text, kSizes);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto read = parse_with_unit(text, kTimes);
  constexpr std::uint64_t kYear = 31'536'000'000;
  if (!read || *read > kYear) return std::nullopt;
  return std::chrono::milliseconds(*read);
}

std::string show_size(std::uint64_t bytes) { return show_with_unit(bytes, kSizes); }

std::string show_duration(std::chrono::milliseconds time) {
  return show_with_unit(static_cast<std::uint64_t>(time.count()), kTimes);
}

std::string show_text(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string shown = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      shown.append({'\\', c});
    } else if (byte < 0x20 || byte == 0x7F) {
      shown.append("\\u00").append({kHex[byte >> 4U], kHex[byte & 15U]});
    } else {
      shown += c;
    }
  }
  return shown + "\"";
}

std::optional<std::uint64_t> as_number(const SettingValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return *number < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(*number));
  return std::nullopt;
}

std::optional<double> as_real(const SettingValue& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  return std::nullopt;
}

std::optional<std::uint64_t> as_size(const SettingValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return parse_size(*text);
  return as_number(value);
}

std::optional<std::chrono::milliseconds> as_duration(const SettingValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::nullopt : parse_duration(*text);
}

std::optional<bool> as_boolean(const SettingValue& value) {
  const auto* boolean = std::get_if<bool>(&value);
  return boolean == nullptr ? std::nullopt : std::optional(*boolean);
}

std::optional<std::string> as_text(const SettingValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

std::optional<std::vector<std::string>> as_texts(const SettingValue& value) {
  const auto* texts = std::get_if<std::vector<std::string>>(&value);
  return texts == nullptr ? std::nullopt : std::optional(*texts);
}

}  // namespace tenon::server
