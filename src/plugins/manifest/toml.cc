#include "plugins/manifest/toml.h"

// toml++ checks its own invariants only with assertions, and they fail on some wrong files: so they
// stay on in every build, and throw instead of ending the process.
#undef NDEBUG
#include <stdexcept>
#define TOML_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : throw std::logic_error("toml++: " #expression))
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#define TOML_MAX_NESTED_VALUES 64
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <toml++/toml.h>
#pragma clang diagnostic pop

#include <algorithm>
#include <sstream>
#include <utility>

#include "plugins/manifest/codes.h"
#include "plugins/manifest/depth.h"
#include "plugins/manifest/read.h"

namespace tenon::plugins {
namespace {

Place to_place(const toml::source_position& position) {
  return {std::max(position.line, 1U), std::max(position.column, 1U)};
}

/// toml++ tells the column of a syntax error behind the text it looked at, which may be past the
/// end of the line; it is good enough for a caret.
ManifestIssue syntax(Place place, std::string_view what) {
  return {place.line,
          place.column,
          std::string(codes::kSyntax),
          "this is not TOML 1.0: " + std::string(what),
          {},
          {}};
}

template <class T>
std::string written(const T& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

TomlValue convert(const toml::node& node);

TomlValue convert_table(const toml::table& table) {
  TomlValue value;
  for (const auto& [key, child] : table)
    value.members.push_back({std::string(key.str()), to_place(key.source().begin), convert(child)});
  std::ranges::sort(value.members, [](const TomlMember& left, const TomlMember& right) {
    return std::pair(left.place.line, left.place.column) <
           std::pair(right.place.line, right.place.column);
  });
  return value;
}

TomlValue convert(const toml::node& node) {
  TomlValue value;
  if (const auto* table = node.as_table()) {
    value = convert_table(*table);
  } else if (const auto* array = node.as_array()) {
    value.kind = TomlKind::array;
    value.items.reserve(array->size());
    for (const auto& item : *array) value.items.push_back(convert(item));
  } else if (const auto* text = node.as_string()) {
    value.kind = TomlKind::text;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = TomlKind::integer;
    value.integer = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    value.kind = TomlKind::real;
    value.real = real->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = TomlKind::boolean;
    value.boolean = boolean->get();
  } else if (const auto* date = node.as_date()) {
    value.kind = TomlKind::date;
    value.text = written(date->get());
  } else if (const auto* time = node.as_time()) {
    value.kind = TomlKind::time;
    value.text = written(time->get());
  } else if (const auto* moment = node.as_date_time()) {
    value.kind = TomlKind::datetime;
    value.text = written(moment->get());
  }
  value.place = to_place(node.source().begin);
  return value;
}

}  // namespace

std::string_view describe(TomlKind kind) noexcept {
  switch (kind) {
    case TomlKind::text:
      return "text";
    case TomlKind::integer:
      return "an integer";
    case TomlKind::real:
      return "a floating-point number";
    case TomlKind::boolean:
      return "true or false";
    case TomlKind::date:
      return "a date";
    case TomlKind::time:
      return "a time";
    case TomlKind::datetime:
      return "a date with a time";
    case TomlKind::array:
      return "an array";
    case TomlKind::table:
      return "a table";
  }
  return "a value";
}

std::expected<TomlValue, ManifestIssue> parse_toml(std::string_view text) {
  if (text.size() > ManifestLimits::kBytes)
    return std::unexpected(ManifestIssue{
        1,
        1,
        std::string(codes::kSize),
        "a manifest has at most 262144 bytes; this one has " + std::to_string(text.size()),
        {},
        {}});
  if (auto deep = find_too_deep(text, ManifestLimits::kDepth))
    return std::unexpected(ManifestIssue{deep->line,
                                         deep->column,
                                         std::string(codes::kDepth),
                                         "tables and arrays are nested at most 32 deep",
                                         {},
                                         {}});
  try {
    return convert(toml::parse(text));
  } catch (const toml::parse_error& error) {
    return std::unexpected(syntax(to_place(error.source().begin), error.description()));
  } catch (const std::exception& error) {
    return std::unexpected(syntax({}, error.what()));
  }
}

}  // namespace tenon::plugins
