#include "services/settings/setting_json.h"

#include <algorithm>

#include "base/time_zone.h"
#include "data/decode.h"
#include "data/encode.h"
#include "data/schema_json.h"
#include "services/route_json.h"

namespace tenon::services {
namespace {

using data::Field;
using data::FieldType;

json::value text_json(const std::optional<std::string>& text) {
  if (!text) return {};
  auto value = json::parse(*text);
  return value ? *std::move(value) : json::value();
}

json::object field_json(const Field& field) {
  json::object object{{"name", field.name},
                      {"type", data::to_string(field.type)},
                      {"label", label_json(field.display_name)},
                      {"required", field.required},
                      {"default", text_json(field.default_value)}};
  if (field.max_length != 0) object["max_length"] = field.max_length;
  if (field.type == FieldType::decimal || field.type == FieldType::money)
    object["scale"] = field.scale;
  if (field.pattern) object["pattern"] = *field.pattern;
  if (field.minimum) object["minimum"] = text_json(field.minimum);
  if (field.maximum) object["maximum"] = text_json(field.maximum);
  if (!field.ui_widget.empty()) object["widget"] = field.ui_widget;
  if (!field.options.empty()) {
    json::array options;
    for (const auto& option : field.options)
      options.push_back(json::object{{"value", option.value}, {"label", label_json(option.label)}});
    object["options"] = std::move(options);
  }
  return object;
}

Field text_field(std::string name, std::string en, std::string zh, std::string fallback) {
  Field field;
  field.name = std::move(name);
  field.display_name = {{"en", std::move(en)}, {"zh-CN", std::move(zh)}};
  if (!fallback.empty()) field.default_value = json::serialize(json::value(fallback));
  return field;
}

/// Rules that no field can say.
void check_company(const json::object& values, std::vector<FieldError>& errors) {
  const auto* zone = values.if_contains("time_zone");
  if (zone == nullptr || !zone->is_string()) return;
  if (const auto found = TimeZone::find(zone->get_string()); !found)
    errors.push_back({"/time_zone", found.error().reason(), found.error().message()});
}

/// The values by the rules of their fields, in the one form that they are kept in.
Result<json::object> by_fields(const modules::ModuleSchema& owner, const json::object& values) {
  data::Entity entity{.plugin = owner.id, .name = "settings"};
  entity.fields = owner.fields;
  TENON_ASSIGN(info, data::EntityInfo::make(std::move(entity), 1));
  TENON_ASSIGN(decoded,
               data::decode_fields(*info, values, data::Change::update, data::Author::module));
  json::object kept;
  for (const auto& [place, value] : decoded) {
    const auto& column = info->columns()[place];
    std::string text;
    const std::vector<data::Value> row{value};
    data::write_value(text, column, data::ValueRow(row), 0);
    TENON_ASSIGN(read, json::parse(text));
    kept[column.name] = std::move(read);
  }
  return kept;
}

}  // namespace

modules::ModuleSchema company_schema() {
  const Company usual;
  auto name = text_field("name", "Company name", "公司名称", {});
  name.max_length = 120;
  auto locale = text_field("locale", "Language", "语言", usual.locale);
  locale.type = FieldType::select;
  locale.options = {{.value = "zh-CN", .label = {{"en", "Chinese"}, {"zh-CN", "中文"}}},
                    {.value = "en", .label = {{"en", "English"}, {"zh-CN", "英文"}}}};
  auto zone = text_field("time_zone", "Time zone", "时区", usual.time_zone);
  zone.max_length = 64;
  auto currency = text_field("currency", "Currency", "币种", usual.currency);
  currency.pattern = "[A-Z]{3}";
  for (auto* field : {&locale, &zone, &currency}) field->required = true;
  return {.id = std::string(kCompany),
          .name = {{"en", "Company"}, {"zh-CN", "公司"}},
          .fields = {std::move(name), std::move(locale), std::move(zone), std::move(currency)}};
}

json::object settings_json(const modules::ModuleSchema& owner, const StoredSettings& stored) {
  json::array fields;
  json::object values;
  json::array given;
  for (const auto& field : owner.fields) {
    fields.push_back(field_json(field));
    // What an older version of a module was given is no value of this one.
    const auto found = stored.values.find(field.name);
    if (found != stored.values.end()) given.emplace_back(field.name);
    values[field.name] =
        found == stored.values.end() ? text_json(field.default_value) : found->second;
  }
  return {{"owner", owner.id},
          {"label", label_json(owner.name)},
          {"version", stored.version},
          {"updated_at", time_json(stored.updated_at)},
          {"updated_by", stored.updated_by ? json::value(stored.updated_by->to_string()) : nullptr},
          {"fields", std::move(fields)},
          {"values", std::move(values)},
          {"given", std::move(given)}};
}

Result<json::object> check_settings(const modules::ModuleSchema& owner,
                                    const json::object& values) {
  std::vector<FieldError> errors;
  json::object said;
  json::object kept;
  for (const auto& [name, value] : values) {
    const auto field = std::ranges::find(owner.fields, std::string_view(name), &Field::name);
    if (value.is_null() && field != owner.fields.end()) {
      if (field->required && !field->default_value)
        errors.push_back({"/" + field->name, "required", "This setting must have a value."});
      kept[name] = nullptr;
    } else {
      said[name] = value;
    }
  }
  if (owner.id == kCompany) check_company(said, errors);
  auto checked = by_fields(owner, said);
  if (!checked) {
    if (checked.error().fields().empty()) return checked;
    for (const auto& field : checked.error().fields()) errors.push_back(field);
  }
  if (!errors.empty())
    return fail(Error(ErrorCode::invalid, "Some settings are wrong.")
                    .because("data.fields")
                    .with_fields(std::move(errors)));
  for (auto& [name, value] : *checked) kept[name] = std::move(value);
  return kept;
}

}  // namespace tenon::services
