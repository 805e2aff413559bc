#include "storage/postgres/placeholders.h"

#include <algorithm>

namespace tenon::storage::postgres {
namespace {

bool digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Length of the literal, quoted name or comment that `rest` starts with; 0 when it is none. A
/// doubled quote reads as the end of one literal and the start of the next, which comes to the
/// same.
std::size_t opaque(std::string_view rest) noexcept {
  const auto until = [&](std::string_view end) {
    const auto found = rest.find(end, end.size());
    return found == std::string_view::npos ? rest.size() : found + end.size();
  };
  if (rest.starts_with('\'')) return until("'");
  if (rest.starts_with('"')) return until("\"");
  if (rest.starts_with("--")) return std::min(rest.find('\n'), rest.size());
  if (rest.starts_with("/*")) return until("*/");
  return 0;
}

}  // namespace

std::string with_dollars(std::string_view sql) {
  std::string text;
  text.reserve(sql.size());
  for (std::size_t i = 0; i < sql.size();) {
    if (const auto length = opaque(sql.substr(i)); length > 0) {
      text += sql.substr(i, length);
      i += length;
      continue;
    }
    const bool place = sql[i] == '?' && i + 1 < sql.size() && digit(sql[i + 1]);
    text += place ? '$' : sql[i];
    ++i;
  }
  return text;
}

}  // namespace tenon::storage::postgres
