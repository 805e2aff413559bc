#include "api/entity_schema.h"

#include <algorithm>
#include <array>
#include <utility>

#include "data/encode.h"
#include "data/fields/number.h"
#include "data/fields/time.h"

namespace tenon::api {
namespace {

using data::FieldType;

enum class Way : std::uint8_t { out, in };

constexpr std::string_view kOneLine = R"(^[^\r\n\u0000]*$)";
constexpr std::string_view kNoNul = R"(^[^\u0000]*$)";

/// `^-?[0-9]+\.[0-9]{2}$` as it comes, at most so many digits as it is sent.
std::string decimal_pattern(unsigned scale, Way way) {
  if (scale == 0) return "^-?[0-9]+$";
  const auto digits = std::to_string(scale);
  return way == Way::out ? R"(^-?[0-9]+\.[0-9]{)" + digits + "}$"
                         : R"(^-?[0-9]+(\.[0-9]{1,)" + digits + "})?$";
}

json::array options_of(const data::Field* field) {
  json::array words;
  if (field != nullptr)
    for (const auto& option : field->options) words.emplace_back(option.value);
  return words;
}

void put_text_rules(json::object& schema, const data::Column& column, Way way) {
  schema["type"] = "string";
  if (way == Way::out) return;  // what is stored may be older than the rule
  schema["maxLength"] = column.rules.max_length;
  const auto plain = column.type == FieldType::string ? kOneLine : kNoNul;
  schema["pattern"] = plain;
  if (column.field != nullptr && column.field->pattern)
    schema["allOf"] =
        json::array{json::object{{"pattern", "^(?:" + *column.field->pattern + ")$"}}};
}

void put_number(json::object& schema, const data::Column& column, Way way) {
  const bool whole = column.type == FieldType::integer;
  if (whole) {
    schema["type"] = "integer";
    schema["format"] = "int64";
  } else if (way == Way::in) {
    schema["type"] = json::array{"string", "number"};
    schema["pattern"] = decimal_pattern(column.scale, way);
  } else {
    schema["type"] = "string";
    schema["pattern"] = decimal_pattern(column.scale, way);
  }
  if (way == Way::out) return;
  const auto bound = [&](std::string_view name, const std::optional<std::int64_t>& value) {
    if (!value) return;
    if (whole) {
      schema[name] = *value;
      return;
    }
    // Bounds of JSON Schema are numbers: they hold where a number is sent.
    std::string text;
    data::write_decimal(text, *value, column.scale);
    if (auto number = json::parse(text)) schema[name] = *std::move(number);
  };
  bound("minimum", column.rules.minimum);
  bound("maximum", column.rules.maximum);
}

/// Without null.
json::object value_schema(const data::Column& column, Way way) {
  json::object schema;
  switch (column.type) {
    case FieldType::integer:
    case FieldType::decimal:
    case FieldType::money:
      put_number(schema, column, way);
      break;
    case FieldType::boolean:
      schema["type"] = "boolean";
      break;
    case FieldType::date:
      schema = {{"type", "string"}, {"format", "date"}};
      break;
    case FieldType::datetime:
      schema = {{"type", "string"}, {"format", "date-time"}};
      break;
    case FieldType::uuid:
    case FieldType::reference:
    case FieldType::file:
      schema = {{"type", "string"}, {"format", "uuid"}};
      break;
    case FieldType::select:
      schema["type"] = "string";
      if (way == Way::in) schema["enum"] = options_of(column.field);
      break;
    case FieldType::multi_select: {
      json::object item{{"type", "string"}};
      if (way == Way::in) item["enum"] = options_of(column.field);
      schema = {{"type", "array"}, {"items", std::move(item)}, {"uniqueItems", true}};
      break;
    }
    case FieldType::json:
    case FieldType::computed:
      break;  // anything
    default:
      put_text_rules(schema, column, way);
  }
  return schema;
}

void allow_null(json::object& schema) {
  auto* type = schema.if_contains("type");
  if (type == nullptr) return;  // anything: null too
  if (type->is_string())
    *type = json::array{*type, "null"};
  else
    type->as_array().emplace_back("null");
  if (auto* words = schema.if_contains("enum")) words->as_array().emplace_back(nullptr);
}

void put_title(json::object& schema, const data::Column& column, std::string_view locale) {
  if (column.field == nullptr) return;
  const auto title = text_of(column.field->display_name, locale, "");
  if (!title.empty()) schema["title"] = title;
}

bool is_locked(data::Sight sight, std::string_view name) {
  const auto& rights = sight.viewer().rights;
  if (rights == nullptr) return false;
  const auto& locked = rights->on(sight.entity().full_name()).locked;
  return std::ranges::find(locked, name) != locked.end();
}

json::array names_of(data::Sight sight) {
  json::array names;
  for (const auto place : sight.columns()) names.emplace_back(sight.entity().columns()[place].name);
  return names;
}

json::value default_of(const data::Column& column) {
  if (data::is_null(column.rules.default_value)) return nullptr;
  std::string text;
  const std::vector<data::Value> values{column.rules.default_value};
  data::write_value(text, column, data::ValueRow(values), 0);
  auto value = json::parse(text);
  return value ? *std::move(value) : json::value();
}

/// A field of no table, as a column: enough for its schema.
data::Column column_of(const data::Field& field) {
  data::Column column;
  column.name = field.name;
  column.type = field.type;
  column.scale = field.scale;
  column.field = &field;
  column.rules.max_length = field.max_length;
  return column;
}

constexpr std::string_view kCompared = R"((eq|neq|gt|gte|lt|lte|isdistinct)\.[\s\S]*)";
constexpr std::string_view kEach = R"((eq|gt|gte|lt|lte)\((any|all)\)\.\{[\s\S]*\})";
constexpr std::string_view kIn = R"(in\.\([\s\S]*\))";
constexpr std::string_view kIs = R"(is\.(null|not_null))";
constexpr std::string_view kLike = R"((like|ilike)(\((any|all)\))?\.[\s\S]*|contains\.[\s\S]*)";
constexpr std::string_view kWords = R"((fts|plfts|phfts|wfts)(\([^)]*\))?\.[\s\S]*)";
constexpr std::string_view kOptions = R"((cs|cd|ov)\.\{[\s\S]*\})";

struct FilterKind {
  std::string_view name;
  std::string_view parts[6];
};
constexpr std::array<FilterKind, 6> kFilters = {{
    {"Filter.value", {kCompared, kEach, kIn, kIs}},
    {"Filter.truth", {kCompared, kEach, kIn, R"(is\.(null|not_null|true|false|unknown))"}},
    {"Filter.text", {kCompared, kEach, kIn, kIs, kLike}},
    {"Filter.words", {kCompared, kEach, kIn, kIs, kLike, kWords}},
    {"Filter.options", {kOptions, kIs}},
    {"Filter.presence", {kIs}},
}};

}  // namespace

json::object record_schema(data::Sight sight, std::string_view locale) {
  json::object properties;
  for (const auto place : sight.columns()) {
    const auto& column = sight.entity().columns()[place];
    auto schema = value_schema(column, Way::out);
    if (column.nullable || !column.system) allow_null(schema);
    put_title(schema, column, locale);
    if (!column.writable) schema["readOnly"] = true;
    properties[column.name] = std::move(schema);
  }
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", names_of(sight)},
          {"additionalProperties", false}};
}

json::object selection_schema(data::Sight sight) {
  auto names = names_of(sight);
  const auto count = names.size();
  return {{"type", "object"},
          {"not", json::object{{"required", std::move(names)}, {"maxProperties", count}}}};
}

json::object sent_schema(data::Sight sight, Sent sent, std::string_view locale) {
  json::object properties;
  json::array required;
  for (const auto place : sight.columns()) {
    const auto& column = sight.entity().columns()[place];
    if (!column.writable || is_locked(sight, column.name)) continue;
    auto schema = value_schema(column, Way::in);
    if (column.nullable) allow_null(schema);
    put_title(schema, column, locale);
    auto otherwise = default_of(column);
    const bool filled = !otherwise.is_null();
    if (filled && sent == Sent::whole) schema["default"] = std::move(otherwise);
    if (!column.nullable && !filled && sent == Sent::whole) required.emplace_back(column.name);
    properties[column.name] = std::move(schema);
  }
  json::object made{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) made["required"] = std::move(required);
  made["additionalProperties"] = false;
  return made;
}

json::object input_schema(std::span<const data::Field> fields, std::string_view locale) {
  json::object properties;
  for (const auto& field : fields) {
    const auto column = column_of(field);
    auto schema = value_schema(column, Way::in);
    if (field.max_length == 0) schema.erase("maxLength");
    allow_null(schema);
    put_title(schema, column, locale);
    properties[field.name] = std::move(schema);
  }
  json::object made{{"type", "object"}};
  if (!properties.empty()) made["properties"] = std::move(properties);
  made["additionalProperties"] = true;
  return made;
}

json::object input_parameter(const data::Field& field) {
  return {{"name", field.name}, {"in", "query"}, {"schema", json::object{{"type", "string"}}}};
}

std::string filter_schema_of(const data::Column& column) {
  switch (column.type) {
    case FieldType::json:
    case FieldType::computed:
      return "Filter.presence";
    case FieldType::multi_select:
      return "Filter.options";
    case FieldType::boolean:
      return "Filter.truth";
    default:
      break;
  }
  if (column.storage != data::Storage::text) return "Filter.value";
  return column.fold_sql.empty() ? "Filter.text" : "Filter.words";
}

json::object filter_schema(std::string_view name) {
  const auto* found = std::ranges::find(kFilters, name, &FilterKind::name);
  if (found == kFilters.end()) return {};
  std::string pattern = R"(^(not\.)?()";
  for (const auto part : found->parts) {
    if (part.empty()) break;
    if (!pattern.ends_with('(')) pattern += '|';
    pattern += part;
  }
  return {{"type", "string"}, {"pattern", pattern + ")$"}};
}

std::string_view text_of(const data::Localized& texts, std::string_view locale,
                         std::string_view otherwise) {
  for (const std::string_view wanted : {locale, std::string_view("en")})
    for (const auto& [known, text] : texts)
      if (known == wanted) return text;
  return texts.empty() ? otherwise : std::string_view(texts.begin()->second);
}

}  // namespace tenon::api
