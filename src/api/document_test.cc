// What the OpenAPI document says, to whom.

#include "api/document.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "api/openapi.h"
#include "api/routes.h"

namespace tenon::api {
namespace {

using data::FieldType;

data::Field field(std::string name, FieldType type) {
  data::Field made;
  made.name = std::move(name);
  made.type = type;
  return made;
}

data::Entity customer() {
  data::Entity entity{.plugin = "crm", .name = "customer"};
  entity.display_name = {{"zh-CN", "客户"}, {"en", "Customer"}};
  auto name = field("name", FieldType::string);
  name.required = name.searchable = true;
  name.max_length = 120;
  auto code = field("code", FieldType::string);
  code.pattern = "[A-Z]{2}";
  auto level = field("level", FieldType::select);
  level.options = {{.value = "A", .label = {}}, {.value = "B", .label = {}}};
  level.default_value = "\"B\"";
  level.required = true;
  auto credit = field("credit", FieldType::money);
  credit.minimum = "\"0.50\"";
  auto photo = field("photo", FieldType::file);
  auto score = field("score", FieldType::computed);
  entity.fields = {name, code, level, credit, photo, score};
  return entity;
}

plugins::Manifest manifest() {
  plugins::Manifest made;
  made.metadata.id = "crm";
  made.metadata.name = {{"en", "Customers"}, {"zh-CN", "客户管理"}};
  plugins::Action action{.name = "set_level",
                         .display_name = {{"en", "Set level"}},
                         .permission = "customer.manage",
                         .entity = {},
                         .input = {field("level", FieldType::string)}};
  made.actions = {action};
  return made;
}

class DocumentTest : public ::testing::Test {
 protected:
  DocumentTest() {
    auto catalog = data::Catalog::make(
        {{.number = 1, .id = "crm", .version = "1.0.0", .manifest = {}, .sha256 = {}}},
        {customer()});
    if (!catalog) throw std::runtime_error(catalog.error().message());
    catalog_ = *std::move(catalog);
  }

  Reader stranger() const {
    Reader reader;
    reader.context.locale = "en";
    reader.cookie = "tenon-sid";
    return reader;
  }
  Reader user(std::vector<std::string> permissions, data::Access access = {}) const {
    auto reader = stranger();
    auto principal = std::make_shared<identity::Principal>();
    principal->tenant = "acme";
    principal->proof = identity::Proof::token;
    for (auto& permission : permissions)
      principal->permissions.emplace(permission, data::Scope::all);
    reader.viewer.rights = std::make_shared<data::RightsTable>(
        std::map<std::string, data::Access, std::less<>>{{"crm.customer", std::move(access)}});
    reader.context.principal = std::move(principal);
    reader.catalog = catalog_;
    reader.manifests = {&manifest_};
    return reader;
  }
  json::object written(const Reader& reader) const {
    auto text = openapi_document(all_routes(), reader);
    if (!text) throw std::runtime_error(text.error().message());
    return json::parse_object(*text, {.bytes = kMaxDocument}).value();
  }
  static std::set<std::string> operations(const json::object& document) {
    std::set<std::string> ids;
    for (const auto& [path, item] : document.at("paths").as_object())
      for (const auto& [method, operation] : item.as_object())
        ids.emplace(operation.at("operationId").as_string());
    return ids;
  }

  std::shared_ptr<const data::Catalog> catalog_;
  plugins::Manifest manifest_ = manifest();
};

/// Every `$ref` in `value`.
void references(const json::value& value, std::set<std::string>& into) {
  if (const auto* list = value.if_array())
    for (const auto& item : *list) references(item, into);
  if (const auto* object = value.if_object())
    for (const auto& [name, item] : *object) {
      if (name == "$ref" && item.is_string()) into.emplace(item.as_string());
      references(item, into);
    }
}

TEST_F(DocumentTest, tells_a_stranger_the_open_operations_and_no_entity) {
  const auto ids = operations(written(stranger()));
  EXPECT_TRUE(ids.contains("sign_in"));
  EXPECT_TRUE(ids.contains("is_ready"));
  EXPECT_TRUE(ids.contains("get_openapi"));
  for (const char* hidden : {"list_users", "list_menu", "list_tenants", "list_crm_customer"})
    EXPECT_FALSE(ids.contains(hidden)) << hidden;
}

TEST_F(DocumentTest, tells_a_user_what_his_rights_allow) {
  const auto reading = operations(written(user({"crm.customer.list", "tenon.users.read"})));
  for (const char* known : {"list_crm_customer", "get_crm_customer",
                            "download_file_of_crm_customer", "list_users", "run_batch"})
    EXPECT_TRUE(reading.contains(known)) << known;
  for (const char* hidden : {"create_crm_customer", "run_crm_set_level", "create_user",
                             "list_plugins", "list_tokens", "list_tenants"})
    EXPECT_FALSE(reading.contains(hidden)) << hidden;
  const auto writing = operations(written(user({"crm.customer.list", "crm.customer.manage"})));
  for (const char* known :
       {"create_crm_customer", "delete_crm_customer", "run_crm_set_level", "purge_crm_customer"})
    EXPECT_TRUE(writing.contains(known)) << known;
}

TEST_F(DocumentTest, tells_an_operator_of_companies_and_of_nothing_in_them) {
  auto reader = stranger();
  reader.context.operator_ = "ops";
  const auto ids = operations(written(reader));
  EXPECT_TRUE(ids.contains("create_tenant"));
  EXPECT_FALSE(ids.contains("list_users"));
}

TEST_F(DocumentTest, has_no_write_for_who_looks_with_other_eyes) {
  auto reader = user({"crm.customer.list", "crm.customer.manage"});
  auto principal = std::make_shared<identity::Principal>(*reader.context.principal);
  principal->actor = UserId{};
  reader.context.principal = std::move(principal);
  const auto ids = operations(written(reader));
  EXPECT_TRUE(ids.contains("list_crm_customer"));
  EXPECT_FALSE(ids.contains("create_crm_customer"));
  EXPECT_TRUE(ids.contains("sign_out"));
}

TEST_F(DocumentTest, leaves_hidden_fields_out_and_lets_locked_ones_be_read_only) {
  data::Access access;
  access.hidden = {"credit"};
  access.locked = {"code"};
  const auto document = written(user({"crm.customer.list", "crm.customer.manage"}, access));
  const auto& schemas = document.at("components").at("schemas");
  const auto& row = schemas.at("crm.customer").at("properties").as_object();
  EXPECT_TRUE(row.contains("code"));
  EXPECT_FALSE(row.contains("credit"));
  EXPECT_FALSE(schemas.at("crm.customer.new").at("properties").as_object().contains("code"));
  EXPECT_EQ(json::serialize(document).find("\"credit\""), std::string::npos);
}

TEST_F(DocumentTest, says_of_fields_what_the_host_checks) {
  const auto document = written(user({"crm.customer.list", "crm.customer.manage"}));
  const auto& sent = document.at("components").at("schemas").at("crm.customer.new");
  const auto& fields = sent.at("properties").as_object();
  EXPECT_EQ(json::serialize(sent.at("required")), R"(["name"])") << "level has a default";
  EXPECT_EQ(fields.at("name").at("maxLength").to_number<int>(), 120);
  EXPECT_EQ(json::serialize(fields.at("level").at("enum")), R"(["A","B"])");
  EXPECT_EQ(fields.at("level").at("default").as_string(), "B");
  EXPECT_DOUBLE_EQ(fields.at("credit").at("minimum").to_number<double>(), 0.5);
  EXPECT_FALSE(fields.contains("score")) << "it is computed";
  EXPECT_FALSE(fields.contains("id"));
  const auto& change = document.at("components").at("schemas").at("crm.customer.change");
  EXPECT_FALSE(change.as_object().contains("required"));
  const auto& row = document.at("components").at("schemas").at("crm.customer");
  EXPECT_TRUE(row.at("properties").at("score").at("readOnly").as_bool());
}

TEST_F(DocumentTest, refers_to_every_component_and_to_nothing_else) {
  const auto document = written(
      user({"crm.customer.list", "crm.customer.manage", "tenon.users.manage", "tenon.users.read"}));
  std::set<std::string> used;
  references(document, used);
  std::set<std::string> there;
  for (const auto& [kind, parts] : document.at("components").as_object())
    if (kind != "securitySchemes")
      for (const auto& [name, part] : parts.as_object())
        there.insert("#/components/" + std::string(kind) + "/" + std::string(name));
  EXPECT_EQ(used, there);
}

TEST_F(DocumentTest, links_only_to_operations_that_are_in_it) {
  const auto document = written(user({"crm.customer.manage"}));
  const auto ids = operations(document);
  ASSERT_TRUE(ids.contains("create_crm_customer"));
  for (const auto& [path, item] : document.at("paths").as_object())
    for (const auto& [method, operation] : item.as_object())
      for (const auto& [status, response] : operation.at("responses").as_object())
        if (const auto* links = response.as_object().if_contains("links"))
          for (const auto& [name, link] : links->as_object())
            EXPECT_TRUE(ids.contains(std::string(link.at("operationId").as_string()))) << name;
}

TEST_F(DocumentTest, describes_routes_of_modules_with_what_they_say_or_by_their_address) {
  auto reader = user({"jobs.read"});
  modules::Route described{.method = http::Method::get,
                           .pattern = "/api/v1/jobs/{id}",
                           .handler = {},
                           .permission = "jobs.read"};
  described.operation = {.id = "get_job",
                         .summary = {"任务", "One job"},
                         .replies = {{200, "Job"}},
                         .types = {{"Job", "{id: uuid}"}}};
  modules::Route plain{
      .method = http::Method::post, .pattern = "/x/crm/sync/{city}", .handler = {}};
  modules::Route foreign{.method = http::Method::get,
                         .pattern = "/x/crm/other",
                         .handler = {},
                         .permission = "crm.other"};
  reader.offered = {{"jobs", {{"en", "Jobs"}}, false, described},
                    {"crm", {}, false, plain},
                    {"crm", {}, false, foreign}};
  const auto document = written(reader);
  const auto ids = operations(document);
  EXPECT_TRUE(ids.contains("get_job"));
  EXPECT_TRUE(document.at("components").at("schemas").as_object().contains("Job"));
  EXPECT_TRUE(ids.contains("crm_post_x_crm_sync_city"));
  EXPECT_FALSE(document.at("paths").as_object().contains("/x/crm/other"));
  EXPECT_TRUE(document.at("paths")
                  .at("/x/crm/sync/{city}")
                  .at("post")
                  .at("responses")
                  .as_object()
                  .contains("default"));
}

TEST_F(DocumentTest, speaks_the_readers_language) {
  auto reader = user({"crm.customer.list"});
  EXPECT_EQ(
      written(reader).at("paths").at("/api/v1/crm/customer").at("get").at("summary").as_string(),
      "List: Customer");
  reader.context.locale = "zh-CN";
  EXPECT_EQ(
      written(reader).at("paths").at("/api/v1/crm/customer").at("get").at("summary").as_string(),
      "列出客户");
}

TEST_F(DocumentTest, is_written_once_for_who_may_do_the_same) {
  OpenApi documents(all_routes());
  const auto reader = user({"crm.customer.list"});
  const auto key = OpenApi::key_of(reader, 1);
  EXPECT_FALSE(documents.find(key, reader));
  const auto first = documents.write(key, reader).value();
  const auto other = user({"crm.customer.list"});
  const auto again = documents.find(OpenApi::key_of(other, 1), other);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text, first.text);
  const auto more = user({"crm.customer.list", "crm.customer.manage"});
  EXPECT_FALSE(documents.find(OpenApi::key_of(more, 1), more)) << "other rights";
  EXPECT_FALSE(documents.find(OpenApi::key_of(reader, 2), reader)) << "other routes of modules";
  auto changed = reader;
  changed.catalog =
      data::Catalog::make(
          {{.number = 1, .id = "crm", .version = "1.0.0", .manifest = {}, .sha256 = {}}},
          {customer()})
          .value();
  EXPECT_FALSE(documents.find(key, changed)) << "another schema";
}

TEST_F(DocumentTest, keeps_a_bounded_number_of_documents) {
  OpenApi documents(all_routes());
  for (std::size_t i = 0; i <= OpenApi::kDocuments; ++i) {
    const auto reader = user({"p" + std::to_string(i)});
    ASSERT_TRUE(documents.write(OpenApi::key_of(reader, 1), reader));
  }
  const auto first = user({"p0"});
  const auto last = user({"p" + std::to_string(OpenApi::kDocuments)});
  EXPECT_FALSE(documents.find(OpenApi::key_of(first, 1), first));
  EXPECT_TRUE(documents.find(OpenApi::key_of(last, 1), last));
}

}  // namespace
}  // namespace tenon::api
