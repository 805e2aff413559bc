#include "plugins/manifest/read.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "data/catalog.h"
#include "data/relations.h"

namespace tenon::plugins {
namespace {

constexpr std::string_view kFolder = "src/plugins/manifest/testdata/";

/// Good sections that a wrong case is put in front of.
constexpr std::string_view kRest = R"(
[metadata]
id = "demo"
name = "Demo"
version = "1.0.0"
contract = "v1.0"

[[permissions]]
code = "thing.manage"
name = "Manage"

[[schema.entities]]
name = "thing"
display_name = "Thing"
fields = [{ name = "title", field_type = "string", display_name = "Title", filterable = true }]
)";

std::string read_file(std::string_view name) {
  std::ifstream file(std::string(kFolder) + std::string(name));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Case {
  std::string title;
  std::vector<std::string> expected;  // `line:column code hint`
  std::string text;
};

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  std::istringstream lines(read_file("wrong.txt"));
  bool in_head = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("### ")) {
      cases.push_back({line.substr(4), {}, {}});
      in_head = true;
    } else if (in_head && line.starts_with("#! ")) {
      cases.back().expected.push_back(line.substr(3));
    } else if (!cases.empty()) {
      in_head = false;
      cases.back().text += line + "\n";
    }
  }
  return cases;
}

std::vector<std::string> seen(const ManifestIssues& issues) {
  std::vector<std::string> lines;
  for (const auto& issue : issues) {
    auto line = std::to_string(issue.line) + ":" + std::to_string(issue.column) + " " + issue.code;
    if (issue.hint.starts_with("did") || issue.hint.starts_with("write") ||
        issue.hint.starts_with("add"))
      line += " " + issue.hint;
    lines.push_back(line);
  }
  return lines;
}

TEST(Manifest, refuses_every_wrong_case_with_all_issues_in_their_places) {
  const auto cases = read_cases();
  ASSERT_GE(cases.size(), 60U);
  for (const auto& wrong : cases) {
    const bool is_whole = wrong.title.ends_with("(whole)");
    const auto text = is_whole ? wrong.text : wrong.text + std::string(kRest);
    const auto manifest = read_manifest(text);
    ASSERT_FALSE(manifest.has_value()) << wrong.title;
    EXPECT_EQ(seen(manifest.error()), wrong.expected)
        << wrong.title << "\n"
        << print_issues(manifest.error(), "plugin.toml", text);
  }
}

TEST(Manifest, reads_every_key_that_this_version_serves) {
  const auto text = read_file("crm.toml");
  const auto read = read_manifest(text);
  ASSERT_TRUE(read.has_value()) << print_issues(read.error(), "crm.toml", text);
  const auto& manifest = *read;
  EXPECT_EQ(manifest.metadata.id, "crm");
  EXPECT_EQ(manifest.metadata.name.at("zh-CN"), "客户管理");
  EXPECT_EQ(manifest.metadata.version.text(), "1.2.0");
  EXPECT_TRUE(manifest.metadata.plugins.at(0).version.contains(*Version::parse("1.9.0")));
  EXPECT_EQ(manifest.permissions.at(0).data_scope_levels.size(), 4U);
  EXPECT_EQ(manifest.permissions.at(1).data_scope_levels.at(0), DataScopeLevel::all);
  EXPECT_TRUE(manifest.has_hook("customer", HookPoint::before_save));
  EXPECT_FALSE(manifest.has_hook("company", HookPoint::before_save));
  EXPECT_TRUE(manifest.subscribes_to("customer.merged"));
  EXPECT_FALSE(manifest.subscribes_to("sales.invoice.paid"));
  EXPECT_TRUE(manifest.routes.at(1).is_public);
  EXPECT_EQ(manifest.find_action("merge")->input.at(0).ref_entity, "customer");
  const auto* customer = manifest.find_entity("customer");
  ASSERT_NE(customer, nullptr);
  EXPECT_EQ(customer->plugin, "crm");
  EXPECT_EQ(customer->find("credit")->default_value, "\"0.00\"");
  EXPECT_EQ(customer->find("credit")->maximum, "\"1000000.00\"");
  EXPECT_EQ(customer->find("code")->pattern, "[A-Z]{2}[0-9]{6}");
  EXPECT_EQ(customer->find("company")->on_delete, data::OnDelete::set_null);
  EXPECT_TRUE(customer->indexes.at(1).unique);
  EXPECT_EQ(manifest.find_entity("company")->label_field, "name");
  EXPECT_EQ(customer->data_scope, data::DataScope::owner);
  EXPECT_EQ(customer->renamed_from, "client");
  EXPECT_EQ(customer->indexes.at(1).where, "(code.is.not_null,status.neq.closed)");
  EXPECT_EQ(customer->relations.at(0).kind, data::RelationKind::many_to_many);
  EXPECT_EQ(customer->find("status")->options.size(), 2U);
  EXPECT_EQ(customer->states->transitions.at(0).amount_limit, "\"1000.00\"");
  EXPECT_EQ(customer->states->transitions.at(0).approvals->count, 2U);
  EXPECT_EQ(customer->states->transitions.at(0).approvals->above, "\"5000.00\"");
  EXPECT_TRUE(customer->states->find("closed")->immutable);
  EXPECT_EQ(customer->find("region")->ref_fallback_label, "city");
  EXPECT_EQ(customer->find("region")->scope_role, data::ScopeRole::department);
  EXPECT_EQ(customer->find("number")->numbering.format, "C{yyyy}-{00000}");
  EXPECT_EQ(customer->find("number")->numbering.mode, data::Numbering::Mode::gapless);
  EXPECT_EQ(customer->find("credit_below")->rollup->function, data::Aggregate::sum);
  EXPECT_EQ(customer->find("credit_below")->rollup->field, "credit");
  EXPECT_EQ(customer->find("credit_below")->result, data::FieldType::money);
  EXPECT_EQ(customer->find("is_large")->formula, "credit_all > 100000 or children >= 10");
  EXPECT_EQ(manifest.find_entity("company")->find("last_visit")->rollup->plugin, "core");
  EXPECT_EQ(manifest.extensions.at(0).extends, "core");
  EXPECT_EQ(manifest.extensions.at(0).fields.at(0).write_permission, "customer.manage");
  EXPECT_EQ(manifest.extensions.at(0).fields.at(2).formula, "customers >= target");
  EXPECT_EQ(manifest.pages.at(0).filters, (std::vector<std::string>{"city", "level"}));
  EXPECT_EQ(manifest.settings.at(0).default_value, "\"上海\"");
}

/// What `crm.toml` refers to in another plugin.
std::vector<data::Entity> core_entities() {
  data::Entity region{.plugin = "core", .name = "region", .is_public = true};
  region.fields.resize(1);
  region.fields[0].name = "title";
  data::Entity visit{.plugin = "core", .name = "visit", .is_public = true};
  visit.fields.resize(2);
  visit.fields[0].name = "at";
  visit.fields[0].type = data::FieldType::datetime;
  visit.fields[1].name = "company";
  visit.fields[1].type = data::FieldType::reference;
  visit.fields[1].ref_plugin = "crm";
  visit.fields[1].ref_entity = "company";
  return {region, visit};
}

TEST(Manifest, gives_the_data_engine_what_it_takes) {
  const auto manifest = read_manifest(read_file("crm.toml"));
  ASSERT_TRUE(manifest.has_value());
  auto all = *manifest;
  auto given = all.entities;
  given.insert(given.end(), all.extensions.begin(), all.extensions.end());
  auto entities = data::expand(std::move(given));
  ASSERT_TRUE(entities) << entities.error().for_log();
  for (auto& entity : core_entities()) entities->push_back(std::move(entity));
  const auto catalog =
      data::Catalog::make({{.number = 1, .id = "core"}, {.number = 2, .id = "crm"}}, *entities);
  ASSERT_TRUE(catalog) << catalog.error().for_log();
  const auto* customer = (*catalog)->find("crm", "customer");
  EXPECT_EQ(customer->derived().formulas.size(), 2U);
  EXPECT_EQ(customer->derived().rollups.size(), 3U);
  EXPECT_EQ(customer->derived().numbers.at(0).name, "crm.customer.number");
  const auto* region = (*catalog)->find("core", "region");
  EXPECT_EQ(region->derived().formulas.size(), 1U) << "of an extension, over its own fields";
  EXPECT_TRUE(region->find("crm__customers"));
}

std::string entities(std::size_t count) {
  std::string text(kRest);
  for (std::size_t i = 1; i < count; ++i)
    text += "[[schema.entities]]\nname = \"part_" + std::to_string(i) + "x\"\ndisplay_name = \"P " +
            std::to_string(i) +
            "\"\nfields = [{ name = \"title\", field_type = \"string\", display_name = \"T\" }]\n";
  return text;
}

std::string fields(std::size_t count) {
  std::string text(kRest);
  text += "[[schema.entities]]\nname = \"part\"\ndisplay_name = \"Part\"\nfields = [\n";
  for (std::size_t i = 0; i < count; ++i)
    text += "{ name = \"f" + std::to_string(i) +
            "x\", field_type = \"integer\", display_name = \"Field\" },\n";
  return text + "]\n";
}

std::string indexes(std::size_t count) {
  std::string text = fields(1) + "indexes = [\n";
  for (std::size_t i = 0; i < count; ++i) text += "{ fields = [\"f0x\"] },\n";
  return text + "]\n";
}

std::string named(std::size_t length) {
  return std::string(kRest) + "[[schema.entities]]\nname = \"" + std::string(length, 'a') +
         "\"\ndisplay_name = \"Part\"\nfields = [{ name = \"title\", field_type = \"string\", "
         "display_name = \"T\" }]\n";
}

std::string sized(std::size_t bytes) {
  std::string text(kRest);
  return text + "#" + std::string(bytes - text.size() - 1, '.');
}

void expect_cap(const std::string& at, const std::string& over, std::string_view code) {
  const auto good = read_manifest(at);
  EXPECT_TRUE(good.has_value()) << code << print_issues(good.error(), "at the cap", "");
  const auto bad = read_manifest(over);
  ASSERT_FALSE(bad.has_value()) << code;
  EXPECT_EQ(bad.error().front().code, code);
}

TEST(Manifest, reads_what_is_at_a_cap_and_refuses_one_more) {
  using Limits = ManifestLimits;
  expect_cap(sized(Limits::kBytes), sized(Limits::kBytes + 1), "manifest.size");
  expect_cap(entities(Limits::kEntities), entities(Limits::kEntities + 1), "manifest.limit");
  expect_cap(fields(Limits::kFields), fields(Limits::kFields + 1), "manifest.limit");
  expect_cap(indexes(Limits::kIndexes), indexes(Limits::kIndexes + 1), "manifest.limit");
  expect_cap(named(40), named(41), "manifest.name_long");
}

TEST(Manifest, stops_telling_issues_at_the_cap_and_counts_the_rest) {
  std::string text;
  for (int i = 0; i < 6000; ++i) text += "k" + std::to_string(i) + " = 1\n";
  const auto manifest = read_manifest(text + std::string(kRest));
  ASSERT_FALSE(manifest.has_value());
  EXPECT_EQ(manifest.error().size(), ManifestLimits::kIssues);
  EXPECT_EQ(manifest.error().back().message, "and 5001 more issues");
}

TEST(Manifest, refuses_ten_megabytes_unread) {
  const auto begin = std::chrono::steady_clock::now();
  const auto manifest = read_manifest(std::string().append(10'000'000, '['));
  ASSERT_FALSE(manifest.has_value());
  EXPECT_EQ(manifest.error().front().code, "manifest.size");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
}

TEST(Manifest, survives_a_file_of_nothing_but_dots_or_brackets) {
  for (const std::string part : {"a.", "[", "[[", "{a=", "[a.", "\"a\".", "a=[\n", "'''", "\\"}) {
    std::string text;
    while (text.size() + part.size() <= ManifestLimits::kBytes) text += part;
    EXPECT_FALSE(read_manifest(text).has_value()) << part;
  }
}

TEST(Manifest, becomes_an_error_with_every_field_and_place) {
  const auto manifest = read_manifest("[metadata]\nid = \"A\"\nverison = \"1\"\n");
  ASSERT_FALSE(manifest.has_value());
  const auto error = to_error(manifest.error(), "plugin.toml");
  EXPECT_EQ(error.code(), ErrorCode::invalid);
  EXPECT_EQ(error.reason(), "manifest.invalid");
  EXPECT_EQ(error.fields().size(), manifest.error().size());
  EXPECT_NE(error.details().find(R"("line":3,"column":1,"code":"manifest.unknown_key")"),
            std::string::npos)
      << error.details();
}

TEST(Manifest, prints_issues_as_a_compiler_does) {
  const std::string text = "[metadata]\nname = { \"zh-CN\" = \"客户\", en = \"\" }\n";
  const ManifestIssues issues = {
      {2, 32, "manifest.text", "this text is empty", "did you mean \"x\"?", "/metadata/name/en"}};
  EXPECT_EQ(print_issues(issues, "plugin.toml", text),
            "plugin.toml:2:32: error: this text is empty [manifest.text]\n"
            "   2 | name = { \"zh-CN\" = \"客户\", en = \"\" }\n"
            "     |                                  ^\n"
            "     = did you mean \"x\"?\n");
}

TEST(Manifest, does_not_let_a_source_line_drive_the_terminal) {
  const ManifestIssues issues = {{1, 1, "manifest.syntax", "wrong", "", ""}};
  EXPECT_EQ(print_issues(issues, "x", "\x1B[2J").find('\x1B'), std::string::npos);
}

}  // namespace
}  // namespace tenon::plugins
