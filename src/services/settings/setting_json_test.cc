// Values by the rules of their fields: what is kept, what is refused and where.
#include "services/settings/setting_json.h"

#include <gmock/gmock.h>

namespace tenon::services {
namespace {

using data::FieldType;

modules::ModuleSchema owner() {
  modules::ModuleSchema schema{.id = "shop", .name = {{"en", "Shop"}}, .fields = {}};
  const auto add = [&](std::string name, FieldType type) -> data::Field& {
    data::Field field;
    field.name = std::move(name);
    field.type = type;
    schema.fields.push_back(std::move(field));
    return schema.fields.back();
  };
  add("greeting", FieldType::string).default_value = "\"hello\"";
  auto& days = add("days", FieldType::integer);
  days.minimum = "1";
  days.maximum = "31";
  add("limit", FieldType::money);
  add("open", FieldType::boolean);
  add("since", FieldType::date);
  auto& level = add("level", FieldType::select);
  level.options = {{.value = "A", .label = {}}, {.value = "B", .label = {}}};
  add("code", FieldType::string).required = true;
  return schema;
}

std::string refused(std::string_view values) {
  const auto checked = check_settings(owner(), json::parse_object(values).value());
  if (checked) return "kept " + json::serialize(*checked);
  std::string text;
  for (const auto& field : checked.error().fields())
    text += (text.empty() ? "" : " ") + field.path + ":" + field.code;
  return text;
}

TEST(SettingsTest, good_values_are_kept_in_one_form) {
  EXPECT_EQ(refused(R"({"greeting":"hi","days":7,"limit":"12.5","open":true,"since":"2026-11-28",)"
                    R"("level":"B","code":"x"})"),
            R"(kept {"greeting":"hi","days":7,"limit":"12.50","open":true,"since":"2026-11-28",)"
            R"("level":"B","code":"x"})");
  EXPECT_EQ(refused(R"({"greeting":null})"), R"(kept {"greeting":null})") << "back to the default";
  EXPECT_EQ(refused("{}"), "kept {}");
}

TEST(SettingsTest, each_wrong_value_is_named_with_its_rule) {
  EXPECT_EQ(refused(R"({"greeting":1,"days":32,"limit":"x","open":"yes","since":"2026-02-30",)"
                    R"("level":"C","code":"ok"})"),
            "/greeting:type /days:maximum /limit:type /open:type /since:type /level:option");
  EXPECT_EQ(refused(R"({"code":null})"), "/code:required");
  EXPECT_THAT(refused(R"({"nothing":1})"), ::testing::StartsWith("/nothing:"));
}

TEST(SettingsTest, the_company_has_a_zone_a_language_and_a_currency_that_exist) {
  const auto checked = check_settings(
      company_schema(),
      json::parse_object(R"({"time_zone":"Asia/Nowhere","locale":"fr","currency":"yuan"})")
          .value());
  ASSERT_FALSE(checked);
  std::string text;
  for (const auto& field : checked.error().fields()) text += field.path + ":" + field.code + " ";
  EXPECT_EQ(text, "/time_zone:time_zone.unknown /locale:option /currency:pattern ");
  EXPECT_TRUE(check_settings(company_schema(),
                             json::parse_object(R"({"name":"榫卯","currency":"EUR"})").value()));
}

TEST(SettingsTest, what_is_shown_has_defaults_and_says_what_was_given) {
  StoredSettings stored;
  stored.version = 3;
  stored.values["days"] = 5;
  stored.values["gone"] = "of an older version";
  const auto shown = settings_json(owner(), stored);
  EXPECT_EQ(json::serialize(shown.at("given")), R"(["days"])");
  EXPECT_EQ(shown.at("values").at("greeting"), "hello");
  EXPECT_EQ(shown.at("values").at("days"), 5);
  EXPECT_TRUE(shown.at("values").at("limit").is_null());
  EXPECT_FALSE(shown.at("values").as_object().contains("gone"));
  EXPECT_EQ(shown.at("fields").as_array().size(), 7U);
}

}  // namespace
}  // namespace tenon::services
