#include "plugins/manifest/issue.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "base/json.h"

namespace tenon::plugins {
namespace {

/// The text of a line (from 1), without its end.
std::string_view line_of(std::string_view source, std::uint32_t number) {
  for (std::uint32_t line = 1; line < number; ++line) {
    const auto end = source.find('\n');
    if (end == std::string_view::npos) return {};
    source.remove_prefix(end + 1);
  }
  source = source.substr(0, source.find('\n'));
  if (source.ends_with('\r')) source.remove_suffix(1);
  return source;
}

struct Shown {
  std::string text;
  std::string before_caret;
};

/// The line as a terminal may see it, and blanks as wide as what stands before `column`.
Shown show(std::string_view line, std::uint32_t column) {
  constexpr std::uint32_t kWidest = 160;
  Shown shown;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(line.data());
  const auto length = static_cast<int32_t>(line.size());
  std::uint32_t at_column = 1;
  const std::uint32_t first = column > kWidest / 2 ? column - kWidest / 2 : 1;
  for (int32_t at = 0; at < length && at_column < first + kWidest; ++at_column) {
    const int32_t begin = at;
    UChar32 point = 0;
    U8_NEXT(bytes, at, length, point);  // NOLINT(bugprone-inc-dec-in-conditions): ICU's
    if (at_column < first) continue;
    const bool is_printable = point >= 0 && (point == '\t' || u_isprint(point) != 0);
    if (is_printable)
      shown.text.append(
          line.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin)));
    else
      shown.text += "\xEF\xBF\xBD";
    if (at_column >= column) continue;
    const auto width = u_getIntPropertyValue(point, UCHAR_EAST_ASIAN_WIDTH);
    const bool is_wide = is_printable && (width == U_EA_WIDE || width == U_EA_FULLWIDTH);
    shown.before_caret += point == '\t' ? "\t" : is_wide ? "  " : " ";
  }
  return shown;
}

}  // namespace

Error to_error(std::span<const ManifestIssue> issues, std::string_view file) {
  TENON_ASSERT(!issues.empty());
  std::vector<FieldError> fields;
  json::array list;
  for (const auto& issue : issues) {
    std::string text = issue.message;
    if (!issue.hint.empty()) text.append("; ").append(issue.hint);
    fields.push_back({issue.path, issue.code, std::move(text)});
    list.push_back(json::object{{"line", issue.line},
                                {"column", issue.column},
                                {"code", issue.code},
                                {"message", issue.message},
                                {"hint", issue.hint},
                                {"path", issue.path}});
  }
  const auto& first = issues.front();
  std::string message = std::string(file) + ":" + std::to_string(first.line) + ":" +
                        std::to_string(first.column) + ": " + first.message;
  if (issues.size() > 1) message += " (and " + std::to_string(issues.size() - 1) + " more)";
  const json::object details{{"file", file}, {"issues", std::move(list)}};
  return Error(ErrorCode::invalid, std::move(message))
      .because("manifest.invalid")
      .with_fields(std::move(fields))
      .with_details(json::serialize(details));
}

std::string print_issues(std::span<const ManifestIssue> issues, std::string_view file,
                         std::string_view source) {
  std::string out;
  for (const auto& issue : issues) {
    const auto number = std::to_string(issue.line);
    const std::string gutter(std::max<std::size_t>(number.size(), 4), ' ');
    const auto shown = show(line_of(source, issue.line), issue.column);
    out.append(file).append(":").append(number).append(":").append(std::to_string(issue.column));
    out.append(": error: ").append(issue.message).append(" [").append(issue.code).append("]\n");
    out.append(gutter, 0, gutter.size() - number.size()).append(number);
    out.append(" | ").append(shown.text).append("\n");
    out.append(gutter).append(" | ").append(shown.before_caret).append("^\n");
    if (!issue.hint.empty()) out.append(gutter).append(" = ").append(issue.hint).append("\n");
  }
  return out;
}

}  // namespace tenon::plugins
