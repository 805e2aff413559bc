#include "services/print/format.h"

#include <array>

#include "base/date.h"
#include "services/exports/table.h"

namespace tenon::services {
namespace {

using data::FieldType;

std::string option_in(const data::Field* field, std::string_view value, std::string_view locale) {
  if (field != nullptr)
    for (const auto& option : field->options)
      if (option.value == value) return label_in(option.label, locale, value);
  return std::string(value);
}

std::string list_in(const data::Field* field, const json::value& value, std::string_view locale) {
  std::string text;
  if (!value.is_array()) return text;
  for (const auto& item : value.get_array()) {
    if (!item.is_string()) continue;
    if (!text.empty()) text += locale.starts_with("zh") ? "、" : ", ";
    text += option_in(field, item.get_string(), locale);
  }
  return text;
}

std::string plain(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

}  // namespace

std::string day_in(std::string_view day, std::string_view locale) {
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto date = Date::parse(day.substr(0, 10));
  if (!date || locale.starts_with("zh")) return std::string(day.substr(0, 10));
  const auto parts = date->calendar();
  return std::to_string(static_cast<unsigned>(parts.day())) + " " +
         kMonths[static_cast<unsigned>(parts.month()) - 1] + " " +
         std::to_string(static_cast<int>(parts.year()));
}

std::string grouped(std::string_view number) {
  const auto point = std::min(number.find('.'), number.size());
  std::string text;
  for (std::size_t i = 0; i < point; ++i) {
    if (i > 0 && (point - i) % 3 == 0 && number[i - 1] != '-') text += ',';
    text += number[i];
  }
  return text.append(number.substr(point));
}

std::string text_of_value(const data::Column& column, const json::value& value,
                          std::string_view locale) {
  if (value.is_null()) return {};
  const bool computed = column.type == FieldType::computed && column.field != nullptr;
  const auto type = computed && column.field->result ? *column.field->result : column.type;
  const bool chinese = locale.starts_with("zh");
  switch (type) {
    case FieldType::boolean:
      if (!value.is_bool()) return plain(value);
      return value.get_bool() ? (chinese ? "是" : "yes") : (chinese ? "否" : "no");
    case FieldType::integer:
    case FieldType::decimal:
    case FieldType::money:
      return grouped(plain(value));
    case FieldType::date:
      return day_in(plain(value), locale);
    case FieldType::datetime: {
      const auto text = plain(value);  // RFC 3339 in UTC
      constexpr std::size_t kMinutes = 16;
      if (text.size() < kMinutes) return text;
      return day_in(text, locale) + " " + text.substr(11, 5) + " UTC";
    }
    case FieldType::select:
      return option_in(column.field, plain(value), locale);
    case FieldType::multi_select:
      return list_in(column.field, value, locale);
    default:
      return plain(value);
  }
}

}  // namespace tenon::services
