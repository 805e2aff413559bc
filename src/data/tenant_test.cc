#include "data/tenant.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/utf8.h"
#include "data/test_fixture.h"

namespace tenon::data {
namespace {

using tenon::testing::run;
using testing::soon;
class TenantFileTest : public testing::TenantTest {};

TEST_F(TenantFileTest, finds_everything_again_after_it_was_closed) {
  auto made = insert("customer", R"({"name":"a"})");
  ASSERT_TRUE(made);
  ASSERT_TRUE(run(tenant_->set_state("crm", PluginState::enabled, soon())));
  auto page = list("customer", "order=name&limit=1");
  tenant_.reset();
  tenants_.close();
  auto again = tenants_.open("acme");
  ASSERT_TRUE(again) << again.error().for_log();
  tenant_ = *again;
  EXPECT_EQ(tenant_->get(entity("customer"), made->id, {})->json, made->json);
  const auto* plugin = tenant_->catalog()->plugin("crm");
  ASSERT_NE(plugin, nullptr);
  EXPECT_EQ(plugin->state, PluginState::enabled);
  EXPECT_EQ(plugin->manifest, "[metadata]");
  EXPECT_EQ(*tenant_->component("crm"), std::string("\0asm", 4));
  EXPECT_EQ(tenant_->catalog()->find("crm", "customer")->entity().fields.size(), 15U);
}

TEST_F(TenantFileTest, refuses_names_that_are_no_file_names_of_ours) {
  for (const auto* name : {"", "..", "../a", "A", "a/b", "-a", "a.db", "a b"})
    EXPECT_EQ(tenants_.create(name).error().reason(), "tenant.name") << name;
  EXPECT_EQ(tenants_.create("acme").error().reason(), "tenant.exists");
  EXPECT_EQ(tenants_.open("nobody").error().code(), ErrorCode::not_found);
  EXPECT_EQ(*tenants_.list(), std::vector<std::string>{"acme"});
}

TEST_F(TenantFileTest, keeps_tenants_apart) {
  auto other = tenants_.create("beta", database_);
  ASSERT_TRUE(other);
  ASSERT_TRUE(run((*other)->install(testing::crm(), soon())));
  auto made = insert("customer", R"({"name":"a","code":"AB123456"})");
  ASSERT_TRUE(made);
  const auto catalog = (*other)->catalog();
  EXPECT_EQ((*other)->get(*catalog->find("crm", "customer"), made->id, {}).error().code(),
            ErrorCode::not_found);
}

TEST_F(TenantFileTest, adds_entities_fields_and_indexes_to_a_schema_in_use) {
  auto made = insert("customer", R"({"name":"Ä"})");
  auto customer = testing::customer();
  customer.fields.push_back(testing::field("email", FieldType::string));
  customer.fields.back().searchable = customer.fields.back().unique = true;
  customer.fields[2].searchable = true;  // city: its shadow is filled for the rows that are there
  auto note = testing::company();
  note.name = "note";
  auto done = run(tenant_->install(
      testing::crm({testing::company(), customer, testing::contact(), note}), soon()));
  ASSERT_TRUE(done) << done.error().for_log();
  EXPECT_NE(tenant_->get(entity("customer"), made->id, {})->json.find("\"email\":null"),
            std::string::npos);
  EXPECT_EQ(names("city=ilike.*海*"), "Ä");
  ASSERT_TRUE(insert("customer", R"({"name":"b","email":"x@y"})"));
  EXPECT_EQ(insert("customer", R"({"name":"c","email":"x@y"})").error().reason(), "data.unique");
  EXPECT_TRUE(insert("note", R"({"name":"n"})"));
}

TEST_F(TenantFileTest, refuses_a_schema_that_loses_values_and_changes_nothing) {
  ASSERT_TRUE(insert("company", R"({"name":"c"})"));
  ASSERT_TRUE(insert("customer", R"({"name":"a","born":"2000-01-01","credit":"1.50"})"));
  auto before = testing::customer();
  const auto attempt = [&](Entity changed) {
    auto done = run(tenant_->install(
        testing::crm({testing::company(), std::move(changed), testing::contact()}), soon()));
    return done ? std::string("ok") : done.error().reason();
  };
  auto gone = before;
  gone.fields.erase(gone.fields.begin() + 6);
  EXPECT_EQ(attempt(gone), "schema.consent");
  auto other = before;
  other.fields[4].type = FieldType::integer;
  other.fields[4].minimum = other.fields[4].maximum = std::nullopt;
  EXPECT_EQ(attempt(other), "schema.consent");
  auto required = before;
  required.fields.push_back(testing::field("must", FieldType::string));
  required.fields.back().required = true;
  EXPECT_EQ(attempt(required), "schema.data");
  auto injected = before;
  injected.fields.push_back(testing::field("x\"; DROP TABLE audit; --", FieldType::string));
  EXPECT_EQ(attempt(injected), "schema.name");
  auto taken = before;
  taken.fields.push_back(testing::field("version", FieldType::string));
  EXPECT_EQ(attempt(taken), "schema.field");
  EXPECT_EQ(run(tenant_->install(testing::crm({testing::company()}), soon())).error().reason(),
            "schema.consent");
  EXPECT_EQ(attempt(before), "ok");
}

TEST_F(TenantFileTest, drops_a_plugin_only_when_no_other_refers_to_it) {
  Entity order{.plugin = "sales", .name = "order_head"};
  order.fields = {testing::field("customer", FieldType::reference)};
  order.fields[0].ref_plugin = "crm";
  order.fields[0].ref_entity = "customer";
  ASSERT_TRUE(run(tenant_->install({.id = "sales",
                                    .version = "1",
                                    .manifest = "",
                                    .component = "",
                                    .sha256 = "",
                                    .entities = {order}},
                                   soon())));
  EXPECT_EQ(run(tenant_->purge("crm", soon())).error().reason(), "schema.referenced");
  ASSERT_TRUE(run(tenant_->purge("sales", soon())));
  auto done = run(tenant_->purge("crm", soon()));
  ASSERT_TRUE(done) << done.error().for_log();
  EXPECT_TRUE(tenant_->catalog()->entities().empty());
  EXPECT_TRUE(run(tenant_->install(testing::crm(), soon())));
}

TEST_F(TenantFileTest, makes_the_tables_of_a_plugin_that_follows_a_purged_one) {
  const auto install = [&](const std::string& id) {
    Entity entity{.plugin = id, .name = "thing"};
    entity.fields = {testing::field("name", FieldType::string)};
    return run(tenant_->install({.id = id,
                                 .version = "1",
                                 .manifest = "",
                                 .component = "",
                                 .sha256 = "",
                                 .entities = {entity}},
                                soon()));
  };
  for (const std::string& id :
       {std::string("first"), std::string("second"), std::string("third")}) {
    auto installed = install(id);
    ASSERT_TRUE(installed) << installed.error().for_log();
    auto made = within([&](UnitOfWork& unit) {
      return unit.insert(*unit.catalog().find(id, "thing"), json::object{{"name", id}});
    });
    ASSERT_TRUE(made) << made.error().for_log();
    ASSERT_TRUE(run(tenant_->purge(id, soon())));
  }
}

TEST_F(TenantFileTest, shows_one_state_in_a_snapshot) {
  auto snapshot = tenant_->snapshot({}, soon());
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->count(entity("customer"), {})->rows, 0U);
  ASSERT_TRUE(insert("customer", R"({"name":"a"})"));
  EXPECT_EQ(snapshot->count(entity("customer"), {})->rows, 0U);
  EXPECT_EQ(tenant_->count(entity("customer"), {}, {}, soon())->rows, 1U);
  auto later = run(tenant_->list_later("crm", "customer", {}, {}, soon()));
  ASSERT_TRUE(later);
  EXPECT_EQ(later->rows, 1U);
}

TEST_F(TenantFileTest, stores_naughty_strings_in_normal_form_and_finds_them_by_filter) {
  std::ifstream file("../shared/corpora/naughty-strings/blns.json");
  ASSERT_TRUE(file) << "the corpus lies beside the repository";
  std::stringstream text;
  text << file.rdbuf();
  auto lines = json::parse(text.str());
  ASSERT_TRUE(lines) << lines.error().for_log();
  std::size_t stored = 0;
  for (const auto& line : lines->as_array()) {
    const std::string wanted(line.as_string());
    auto made = insert("customer", json::serialize(json::object{{"name", "n"}, {"notes", wanted}}));
    if (wanted.find('\0') != std::string::npos) {
      EXPECT_FALSE(made);
      continue;
    }
    ASSERT_TRUE(made) << made.error().for_log();
    auto found = tenant_->get(entity("customer"), made->id, {});
    ASSERT_TRUE(found);
    const auto row = json::parse_object(found->json);
    ASSERT_TRUE(row) << found->json;
    EXPECT_EQ(row->at("notes").as_string(), utf8::to_nfc(wanted));
    auto query = parse_query(entity("customer"),
                             {{"notes", "eq." + wanted}, {"id", "eq." + made->id.to_string()}});
    ASSERT_TRUE(query);
    EXPECT_EQ(tenant_->list(entity("customer"), *query, {}, soon())->rows, 1U) << wanted;
    ++stored;
  }
  EXPECT_GT(stored, 400U);
}

TEST_F(TenantFileTest, fills_ten_thousand_rows_in_units_of_a_thousand) {
  for (int from = 0; from < 10'000; from += 1000) {
    auto done = within([&](UnitOfWork& unit) -> Result<> {
      for (int i = from; i < from + 1000; ++i)
        TENON_TRY(
            unit.insert(entity("customer"), json::object{{"name", "客户" + std::to_string(i)}}));
      return {};
    });
    ASSERT_TRUE(done) << done.error().for_log();
  }
  EXPECT_EQ(list("customer", "limit=1", Count::exact)->total, 10'000U);
}

}  // namespace
}  // namespace tenon::data
