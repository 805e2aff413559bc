#include "data/bulk/csv_writer.h"

#include <algorithm>

namespace tenon::data {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

void skip_digits(std::string_view& text) noexcept {
  text.remove_prefix(
      static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin()));
}

/// Apostrophes, then a sign that starts a formula.
bool is_dangerous(std::string_view text) noexcept {
  const auto first = text.find_first_not_of('\'');
  return first != std::string_view::npos && std::string_view("=+-@\t\r").contains(text[first]);
}

}  // namespace

bool is_plain_number(std::string_view text) noexcept {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text[0])) return false;
  skip_digits(text);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    if (text.empty() || !is_digit(text[0])) return false;
    skip_digits(text);
  }
  if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
    text.remove_prefix(1);
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    if (text.empty() || !is_digit(text[0])) return false;
    skip_digits(text);
  }
  return text.empty();
}

std::string guarded(std::string_view text) {
  if (!is_dangerous(text) || is_plain_number(text)) return std::string(text);
  return "'" + std::string(text);
}

std::string_view unguarded(std::string_view text) noexcept {
  return text.starts_with('\'') && is_dangerous(text) ? text.substr(1) : text;
}

void write_cell(std::string& out, std::string_view text, Guard guard) {
  const auto safe = guard == Guard::formulas ? guarded(text) : std::string(text);
  const bool quote = safe.empty() || safe.find_first_of(",;\t\"\r\n") != std::string::npos ||
                     safe.front() == ' ' || safe.back() == ' ' || safe.starts_with("\xef\xbb\xbf");
  if (!quote) {
    out += safe;
    return;
  }
  out += '"';
  for (const char c : safe) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace tenon::data
