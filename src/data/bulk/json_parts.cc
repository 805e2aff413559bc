#include "data/bulk/json_parts.h"

#include "base/json.h"

namespace tenon::data {
namespace {

std::unexpected<Error> broken() {
  return fail(ErrorCode::internal, "A page of rows is no JSON text.");
}

/// Position behind the string that starts at `at`.
std::size_t behind_string(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  return std::string_view::npos;
}

/// Position behind the value that starts at `at`.
std::size_t behind_value(std::string_view text, std::size_t at) noexcept {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = behind_string(text, at);
      if (at == std::string_view::npos) return at;
      if (depth == 0) return at;
      continue;
    }
    if (depth == 0 && (c == ',' || c == ']' || c == '}')) return at;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && --depth == 0) return at + 1;
    ++at;
  }
  return depth == 0 ? at : std::string_view::npos;
}

}  // namespace

Result<> each_element(std::string_view array,
                      const std::function<Result<>(std::string_view)>& visit) {
  if (!array.starts_with('[') || !array.ends_with(']')) return broken();
  for (std::size_t at = 1; at + 1 < array.size(); ++at) {
    const auto end = behind_value(array, at);
    if (end == std::string_view::npos || end >= array.size()) return broken();
    TENON_TRY(visit(array.substr(at, end - at)));
    at = end;
  }
  return {};
}

Result<> each_member(std::string_view object,
                     const std::function<Result<>(std::string_view, std::string_view)>& visit) {
  if (!object.starts_with('{') || !object.ends_with('}')) return broken();
  for (std::size_t at = 1; at + 1 < object.size(); ++at) {
    const auto colon = behind_string(object, at);
    if (colon == std::string_view::npos || colon >= object.size() || object[colon] != ':')
      return broken();
    const auto end = behind_value(object, colon + 1);
    if (end == std::string_view::npos || end >= object.size()) return broken();
    TENON_TRY(
        visit(object.substr(at + 1, colon - at - 2), object.substr(colon + 1, end - colon - 1)));
    at = end;
  }
  return {};
}

Result<std::string> text_of(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"') return broken();
  const auto inside = raw.substr(1, raw.size() - 2);
  if (!inside.contains('\\')) return std::string(inside);
  TENON_ASSIGN(value, json::parse(raw, {.bytes = raw.size(), .depth = 1}));
  const auto* text = value.if_string();
  if (text == nullptr) return broken();
  return std::string(*text);
}

}  // namespace tenon::data
