#include "http/head_check.h"

#include <algorithm>

#include "http/ascii.h"
#include "http/head_reader.h"
#include "http/query.h"

namespace tenon::http {

std::optional<std::string_view> Head::field(std::string_view name) const noexcept {
  for (const Field& field : fields_) {
    if (field.name.size == name.size() && same_without_case(raw_view(field.name), name)) {
      return raw_view(field.value);
    }
  }
  return std::nullopt;
}

std::expected<Head, Refusal> check_head(std::string_view bytes, const HeadLimits& limits) {
  return HeadReader(bytes, limits).read();
}

std::optional<Refusal> check_request_line(std::string_view line, const HeadLimits& limits) {
  return HeadReader(line, limits).read_line_only();
}

bool is_host(std::string_view text) noexcept {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end < 3 || end > 46) return false;
    if (!std::ranges::all_of(text.substr(1, end - 1),
                             [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; })) {
      return false;
    }
    port = text.substr(end + 1);
  } else {
    const std::string_view name = text.substr(0, text.find(':'));
    if (name.empty() || name.size() > 255) return false;
    if (!std::ranges::all_of(name, [](char c) { return is_unreserved_byte(c) && c != '~'; })) {
      return false;
    }
    port = text.substr(name.size());
  }
  if (port.empty()) return true;
  if (port.size() < 2 || port.size() > 6 || port.front() != ':') return false;
  unsigned number = 0;
  for (const char c : port.substr(1)) {
    if (!is_digit(c)) return false;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number <= 65'535;
}

}  // namespace tenon::http
