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

std::string json_of(const json::object& schema, std::size_t entity, std::string_view field) {
  for (const auto& one : schema.at("entities").as_array().at(entity).at("fields").as_array())
    if (one.at("name").as_string() == field) return json::serialize(one);
  return {};
}

TEST(ManifestJson, says_of_a_field_how_the_host_fills_it_in) {
  const auto schema = schema_json(read_good());
  EXPECT_EQ(json_of(schema, 1, "number"),
            R"({"name":"number","type":"sequence","label":{"en":"Number","zh-CN":"客户号"},)"
            R"("required":false,"unique":true,"searchable":false,"sortable":false,)"
            R"("filterable":false,"read_only":true,)"
            R"("numbering":{"format":"C{yyyy}-{00000}","mode":"gapless"}})");
  EXPECT_EQ(json_of(schema, 1, "credit_below"),
            R"({"name":"credit_below","type":"money",)"
            R"("label":{"en":"Credit below","zh-CN":"下级额度"},"required":false,"unique":false,)"
            R"("searchable":false,"sortable":false,"filterable":false,"read_only":true,"scale":2,)"
            R"("rollup":{"plugin":"crm","entity":"customer","reference":"parent",)"
            R"("function":"sum","field":"credit"}})");
  EXPECT_EQ(json_of(schema, 1, "is_large"),
            R"({"name":"is_large","type":"boolean","label":{"en":"Large","zh-CN":"大客户"},)"
            R"("required":false,"unique":false,"searchable":false,"sortable":false,)"
            R"("filterable":true,"read_only":true,)"
            R"("formula":"credit_all > 100000 or children >= 10"})");
  EXPECT_NE(json_of(schema, 1, "name_key").find(R"("type":"computed")"), std::string::npos);
  EXPECT_NE(json_of(schema, 1, "company").find(R"("on_delete":"set_null")"), std::string::npos);
  EXPECT_NE(json_of(schema, 1, "parent").find(R"("no_cycle":true)"), std::string::npos);
  EXPECT_NE(json_of(schema, 1, "region")
                .find(R"("cascade_from":"company","ref_fallback_label":"city",)"
                      R"("scope_role":"department")"),
            std::string::npos);
}

TEST(ManifestJson, gives_states_relations_indexes_and_what_is_added_to_others) {
  const auto schema = schema_json(read_good());
  const auto& customer = schema.at("entities").as_array().at(1).as_object();
  EXPECT_EQ(customer.at("data_scope"), "owner");
  EXPECT_EQ(json::serialize(customer.at("indexes")),
            R"([{"fields":["city","level"],"unique":false},{"fields":["code"],"unique":true,)"
            R"x("where":"(code.is.not_null,status.neq.closed)"}])x");
  EXPECT_EQ(json::serialize(customer.at("relations")),
            R"([{"name":"partners","kind":"many_to_many",)"
            R"("label":{"en":"Partners","zh-CN":"合作公司"},"plugin":"crm","entity":"company"}])");
  const auto& states = customer.at("states").as_object();
  EXPECT_EQ(states.at("initial"), "open");
  EXPECT_EQ(json::serialize(states.at("states").as_array().at(1)),
            R"({"name":"closed","label":{"en":"Closed","zh-CN":"停用"},"required":["code"],)"
            R"("immutable":true})");
  EXPECT_EQ(json::serialize(states.at("transitions").as_array().at(0)),
            R"({"name":"close","label":{"en":"Close","zh-CN":"停用"},"from":["open"],)"
            R"("to":"closed","permission":"customer.manage","not_author":true,)"
            R"("amount":{"field":"credit","limit":"1000.00","permission":"customer.list"},)"
            R"("approvals":{"count":2,"permission":"customer.manage","not_author":true,)"
            R"("amount_field":"credit","above":"5000.00"}})");
  const auto& added = schema.at("extensions").as_array().at(0).as_object();
  EXPECT_EQ(added.at("plugin"), "core");
  EXPECT_EQ(added.at("entity"), "region");
  const auto& field = added.at("fields").as_array().at(0);
  EXPECT_EQ(field.at("name"), "crm__customers");
  EXPECT_EQ(field.at("type"), "integer");
  EXPECT_EQ(field.at("rollup").at("plugin"), "crm");
  EXPECT_EQ(field.at("read_permission"), "customer.list");
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
