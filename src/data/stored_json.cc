#include "data/stored_json.h"

#include "data/fields/number.h"
#include "data/fields/time.h"

namespace tenon::data {
namespace {

constexpr std::size_t kMaxStored = std::size_t{16} << 20U;

Value from(std::expected<std::int64_t, Reason> number) {
  if (!number) return {};
  return *number;
}

}  // namespace

Value stored_value(const Column& column, const json::value& value) {
  if (column.type == FieldType::integer) {
    const auto* number = value.if_int64();
    return number == nullptr ? Value() : Value(*number);
  }
  if (column.type == FieldType::boolean)
    return value.is_bool() ? Value(std::int64_t{value.get_bool() ? 1 : 0}) : Value();
  if (column.type == FieldType::json || column.type == FieldType::multi_select ||
      column.type == FieldType::computed)
    return value.is_null() ? Value() : Value(json::serialize(value));
  const auto* text = value.if_string();
  if (text == nullptr) return {};
  switch (column.type) {
    case FieldType::decimal:
    case FieldType::money:
      return from(parse_decimal(*text, column.scale));
    case FieldType::date:
      return from(parse_date(*text));
    case FieldType::datetime:
      return from(parse_datetime(*text));
    case FieldType::uuid:
    case FieldType::reference:
    case FieldType::file:
      if (const auto uuid = Uuid::parse(*text)) return *uuid;
      return {};
    default:
      return std::string(*text);
  }
}

std::optional<std::vector<Value>> stored_values(const EntityInfo& entity, std::string_view text) {
  const auto object = json::parse_object(text, {.bytes = kMaxStored});
  if (!object) return std::nullopt;
  std::vector<Value> row(entity.columns().size());
  for (std::size_t place = 0; place < row.size(); ++place) {
    const auto& column = entity.columns()[place];
    if (const auto* value = object->if_contains(column.name))
      row[place] = stored_value(column, *value);
  }
  return row;
}

}  // namespace tenon::data
