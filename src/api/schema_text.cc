#include "api/schema_text.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace tenon::api {
namespace {

constexpr int kMaxDepth = 16;

struct Scalar {
  std::string_view word, type, format;
};
constexpr std::array<Scalar, 12> kScalars = {{{"text", "string", ""},
                                              {"int", "integer", "int64"},
                                              {"number", "number", ""},
                                              {"bool", "boolean", ""},
                                              {"uuid", "string", "uuid"},
                                              {"time", "string", "date-time"},
                                              {"date", "string", "date"},
                                              {"email", "string", "email"},
                                              {"uri", "string", "uri"},
                                              {"binary", "", ""},
                                              {"any", "", ""},
                                              {"null", "null", ""}}};

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-' || c == '$';
}

/// Reads one text; stops at the first thing that is wrong.
class SchemaReader {
 public:
  SchemaReader(std::string_view text, std::set<std::string, std::less<>>& names)
      : whole_(text), rest_(text), names_(names) {}

  Result<json::object> all() {
    TENON_ASSIGN(schema, alternatives(0));
    skip();
    if (!rest_.empty()) return wrong("something is left over");
    return std::move(schema);
  }

 private:
  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(Error(ErrorCode::invalid, std::string(what) + " at \"" + std::string(rest_) +
                                              "\" of \"" + std::string(whole_) + "\"")
                    .because("openapi.type"));
  }
  void skip() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }
  bool take(std::string_view mark) {
    skip();
    if (!rest_.starts_with(mark)) return false;
    rest_.remove_prefix(mark.size());
    return true;
  }
  std::string_view word() {
    skip();
    std::size_t end = 0;
    // The dots of `1..2` and `...` end a word.
    while (end < rest_.size() && is_word(rest_[end]) && !rest_.substr(end).starts_with("..")) ++end;
    const auto found = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return found;
  }
  Result<std::string> until(char mark) {
    const auto end = rest_.find(mark);
    if (end == std::string_view::npos) return wrong("this does not end");
    std::string found(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return found;
  }

  /// `A|B|null`: one schema, an enumeration, or a choice.
  Result<json::object> alternatives(int depth) {
    if (depth > kMaxDepth) return wrong("this is nested too deep");
    std::vector<json::object> choices;
    json::array words;
    bool nullable = false;
    do {
      if (take("'")) {
        TENON_ASSIGN(literal, until('\''));
        words.emplace_back(literal);
        continue;
      }
      TENON_ASSIGN(one, single(depth));
      if (one.contains("type") && one.at("type") == "null")
        nullable = true;
      else
        choices.push_back(std::move(one));
    } while (take("|"));
    if (!words.empty()) choices.push_back({{"type", "string"}, {"enum", std::move(words)}});
    if (choices.empty()) return json::object{{"type", "null"}};
    if (choices.size() > 1 || (nullable && !choices.front().contains("type")))
      return any_of(std::move(choices), nullable);
    auto only = std::move(choices.front());
    if (nullable) {
      only["type"] = json::array{only.at("type"), "null"};
      if (auto* options = only.if_contains("enum")) options->as_array().emplace_back(nullptr);
    }
    return only;
  }
  static json::object any_of(std::vector<json::object> choices, bool nullable) {
    json::array list;
    for (auto& one : choices) {
      // A choice of anything needs no other.
      if (one.empty()) return {};
      list.emplace_back(std::move(one));
    }
    if (nullable) list.emplace_back(json::object{{"type", "null"}});
    return {{"anyOf", std::move(list)}};
  }

  Result<json::object> single(int depth) {
    if (take("{")) return object(depth + 1);
    if (take("[")) {
      TENON_ASSIGN(items, alternatives(depth + 1));
      if (!take("]")) return wrong("a list does not end");
      json::object list{{"type", "array"}, {"items", std::move(items)}};
      TENON_TRY(bounds(list, "minItems", "maxItems"));
      return list;
    }
    if (take("/")) {
      TENON_ASSIGN(pattern, until('/'));
      return json::object{{"type", "string"}, {"pattern", pattern}};
    }
    const auto name = word();
    if (name.empty()) return wrong("a type is expected");
    for (const auto& scalar : kScalars)
      if (scalar.word == name) return scalar_of(scalar);
    const bool upper = name.front() >= 'A' && name.front() <= 'Z';
    if (!upper && !name.contains('.')) return wrong("\"" + std::string(name) + "\" is no type");
    names_.emplace(name);
    return schema_reference(name);
  }

  Result<json::object> scalar_of(const Scalar& scalar) {
    json::object made;
    if (!scalar.type.empty()) made["type"] = scalar.type;
    if (!scalar.format.empty()) made["format"] = scalar.format;
    const bool text = scalar.type == "string";
    TENON_TRY(bounds(made, text ? "minLength" : "minimum", text ? "maxLength" : "maximum"));
    return made;
  }

  Result<std::optional<std::int64_t>> bound() {
    const auto text = word();
    if (text.empty()) return std::optional<std::int64_t>();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return wrong("no number");
    return std::optional(number);
  }

  Result<> bounds(json::object& made, std::string_view least, std::string_view most) {
    if (!take("(")) return {};
    TENON_ASSIGN(low, bound());
    if (!take("..")) return wrong("bounds are written (1..2)");
    TENON_ASSIGN(high, bound());
    if (!take(")")) return wrong("bounds are written (1..2)");
    if (low) made[least] = *low;
    if (high) made[most] = *high;
    return {};
  }

  Result<json::object> object(int depth) {
    json::object properties;
    json::array required;
    json::object made{{"type", "object"}};
    json::value others(false);
    while (!take("}")) {
      if (take("...")) {
        others = true;
      } else if (take("*")) {
        if (!take(":")) return wrong("a colon is expected");
        TENON_ASSIGN(free, alternatives(depth));
        others = std::move(free);
      } else {
        TENON_TRY(member(properties, required, depth));
      }
      if (take(",")) continue;
      if (!take("}")) return wrong("an object does not end");
      break;
    }
    if (!properties.empty()) made["properties"] = std::move(properties);
    if (!required.empty()) made["required"] = std::move(required);
    made["additionalProperties"] = std::move(others);
    return made;
  }

  Result<> member(json::object& properties, json::array& required, int depth) {
    const auto name = word();
    if (name.empty()) return wrong("a name is expected");
    const bool optional = take("?");
    if (!take(":")) return wrong("a colon is expected");
    TENON_ASSIGN(schema, alternatives(depth));
    properties[name] = std::move(schema);
    if (!optional) required.emplace_back(name);
    return {};
  }

  std::string_view whole_, rest_;
  std::set<std::string, std::less<>>& names_;
};

}  // namespace

json::object schema_reference(std::string_view name) {
  return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

Result<json::object> schema_from(std::string_view text, std::set<std::string, std::less<>>& names) {
  return SchemaReader(text, names).all();
}

}  // namespace tenon::api
