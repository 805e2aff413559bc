#include "plugins/manifest/manifest_json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "plugins/manifest/read.h"

namespace tenon::plugins {
namespace {

Manifest read_good() {
  std::ifstream file("src/plugins/manifest/testdata/crm.toml");
  std::ostringstream text;
  text << file.rdbuf();
  auto manifest = read_manifest(text.str());
  TENON_ASSERT(manifest.has_value());
  return *std::move(manifest);
}

TEST(ManifestJson, draws_the_menu_in_order_and_shares_groups) {
  const auto crm = read_good();
  auto sales = crm;
  sales.metadata.id = "sales";
  sales.pages[0].id = "orders";
  sales.pages[0].order = 0;
  sales.menu_groups[0].display_name = {{"en", "Another label"}};
  sales.menu_groups.push_back({"empty", {{"en", "Empty"}}, 0});
  sales.pages.push_back(sales.pages[0]);
  sales.pages.back().menu_group.clear();
  const Manifest* const both[] = {&crm, &sales};
  EXPECT_EQ(
      json::serialize(menu_json(both)),
      R"({"groups":[{"id":"crm","label":{"en":"CRM","zh-CN":"客户"},"items":[)"
      R"({"plugin":"sales","page":"orders","label":{"en":"Customers","zh-CN":"客户"},"icon":"team","kind":"crud","entity":"customer"},)"
      R"({"plugin":"crm","page":"customers","label":{"en":"Customers","zh-CN":"客户"},"icon":"team","kind":"crud","entity":"customer"}]}]})");
}

TEST(ManifestJson, says_of_a_field_what_the_web_needs) {
  const auto schema = schema_json(read_good());
  EXPECT_EQ(schema.at("plugin"), "crm");
  EXPECT_EQ(schema.at("version"), "1.2.0");
  const auto& fields = schema.at("entities").as_array().at(1).at("fields").as_array();
  EXPECT_EQ(
      json::serialize(fields.at(0)),
      R"({"name":"name","type":"string","label":{"en":"Name","zh-CN":"姓名"},"required":true,"unique":false,)"
      R"("searchable":true,"sortable":true,"filterable":true,"read_only":false,"max_length":120})");
  EXPECT_EQ(json::serialize(fields.at(3).at("options").as_array().at(0)),
            R"({"value":"A","label":{"en":"Key","zh-CN":"重要"}})");
  EXPECT_EQ(fields.at(3).at("default"), "B");
  EXPECT_EQ(fields.at(3).at("widget"), "radio");
  EXPECT_EQ(fields.at(4).at("scale").as_uint64(), 2U);
  EXPECT_EQ(fields.at(4).at("maximum"), "1000000.00");
  EXPECT_EQ(json::serialize(fields.at(5).at("ref")),
            R"({"plugin":"crm","entity":"company","label_field":"name"})");
  EXPECT_EQ(json::serialize(fields.at(6).at("ref")),
            R"({"plugin":"core","entity":"region","label_field":"title"})");
}

TEST(ManifestJson, gives_pages_and_actions) {
  const auto schema = schema_json(read_good());
  EXPECT_EQ(
      json::serialize(schema.at("pages")),
      R"([{"id":"customers","kind":"crud","entity":"customer","label":{"en":"Customers","zh-CN":"客户"},)"
      R"("icon":"team","columns":["name","city","level","created_at"],"filters":["city","level"]}])");
  const auto& action = schema.at("actions").as_array().at(0);
  EXPECT_EQ(action.at("entity"), "customer");
  EXPECT_EQ(action.at("permission"), "customer.manage");
  EXPECT_EQ(action.at("input").as_array().at(0).at("ref").at("entity"), "customer");
}

TEST(ManifestJson, says_null_for_an_action_about_no_entity) {
  auto manifest = read_good();
  manifest.actions[0].entity.clear();
  EXPECT_TRUE(schema_json(manifest).at("actions").as_array().at(0).at("entity").is_null());
}

TEST(ManifestJson, gives_defaults_as_values_not_as_their_text) {
  auto manifest = read_good();
  manifest.entities[0].fields[0].default_value = R"({"a":[1,true]})";
  const auto schema = schema_json(manifest);
  const auto& field = schema.at("entities").as_array().at(0).at("fields").as_array().at(0);
  EXPECT_TRUE(field.at("default").at("a").as_array().at(1).as_bool());
}

}  // namespace
}  // namespace tenon::plugins
