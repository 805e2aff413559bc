// `[[import]]` and `[[export]]`: tables that come and go under a name of the module's.
#include <algorithm>
#include <array>

#include "data/query.h"
#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/reserved.h"
#include "plugins/manifest/sections.h"
#include "plugins/manifest/suggest.h"
#include "services/print/template.h"

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;

constexpr std::array kFormats = {"csv"sv, "xlsx"sv, "json_lines"sv};
constexpr std::array kModes = {"all_or_nothing"sv, "skip_bad_rows"sv};
constexpr std::size_t kLongestQuery = 4096;
constexpr std::size_t kLongestHeader = 200;
constexpr std::size_t kMostTemplates = 50;

/// What all named things have: a name, a label, an entity, a permission.
template <class T>
T read_common(TableReader& table, std::string_view what, UniqueNames& unique, UniqueLabels& labels,
              std::optional<Word>& entity, Draft& draft) {
  T made;
  const auto name = table.text("name", Need::required);
  if (name && check_name(*name, NameUse::other, what, draft.issues) && unique.add(*name))
    made.name = name->text;
  made.display_name = table.localized("display_name", Need::required);
  labels.add(table.spot_of("display_name"), made.display_name);
  entity = table.text("entity", Need::required);
  if (entity) {
    must_be_entity(*entity, draft);
    made.entity = entity->text;
  }
  if (const auto permission = table.text("permission", Need::optional)) {
    must_be_permission(*permission, draft);
    made.permission = permission->text;
  }
  return made;
}

/// Names in `query` that the entity does not have, as far as they can be known without the modules
/// it refers to; those are looked at when it is asked.
void check_query(const Word& query, const std::string& entity, Draft& draft) {
  const auto wrong = [&](const std::string& message) {
    draft.issues.add(query.spot, codes::kValue,
                     quoted(query.text) + " is no question of the record API: " + message);
  };
  const auto parameters = data::split_query(query.text);
  if (!parameters) return wrong(parameters.error().message());
  if (query.text.contains('(')) return;
  const auto* found = draft.manifest.find_entity(entity);
  if (found == nullptr || !draft.issues.empty()) return;  // told already
  auto owned = *found;
  owned.plugin = draft.manifest.metadata.id;
  const auto info = data::EntityInfo::make(std::move(owned), 1);
  if (!info) return;
  const auto parsed = data::parse_query(**info, *parameters);
  if (parsed) return;
  for (const auto& field : parsed.error().fields()) wrong(field.path + ": " + field.message);
  if (parsed.error().fields().empty()) wrong(parsed.error().message());
}

void must_be_field(const Word& field, const std::string& entity, Draft& draft) {
  draft.checks.push_back([field, entity](Draft& whole) {
    const auto* found = whole.manifest.find_entity(entity);
    if (found == nullptr || found->find(field.text) != nullptr) return;
    whole.issues.add(field.spot, codes::kDangling,
                     quoted(field.text) + " is no field of " + quoted(entity),
                     did_you_mean(field.text, names_of(found->fields, &data::Field::name)));
  });
}

services::DeclaredColumn read_column(TableReader& table, const std::string& entity, Draft& draft) {
  services::DeclaredColumn column;
  column.header = table.line("header", {.longest = kLongestHeader});
  if (column.header.empty())
    draft.issues.add(table.spot_of("header"), codes::kMissing, "a column needs its header");
  if (const auto field = table.text("field", Need::optional)) {
    must_be_field(*field, entity, draft);
    column.field = field->text;
  }
  if (const auto by = table.text("by", Need::optional)) column.by = by->text;
  table.finish();
  return column;
}

}  // namespace

void read_exports(TableReader& root, Draft& draft) {
  UniqueNames unique("export", draft.issues);
  UniqueLabels labels("export", draft.issues);
  for (auto& table : root.tables("export", ManifestLimits::kItems)) {
    std::optional<Word> entity;
    auto made = read_common<services::DeclaredExport>(table, "an export name", unique, labels,
                                                      entity, draft);
    if (const auto query = table.text("query", Need::optional)) {
      if (query->text.size() > kLongestQuery)
        draft.issues.add(query->spot, codes::kLimit, "a query has at most 4,096 bytes");
      else
        draft.checks.push_back([query = *query, name = made.entity](Draft& whole) {
          check_query(query, name, whole);
        });
      made.query = query->text;
    }
    const auto format = table.choice("format", Need::optional, kFormats);
    made.format = kFormats[format.value_or(0)];
    table.finish();
    if (!made.name.empty()) draft.manifest.declared.exports.push_back(std::move(made));
  }
}

void read_imports(TableReader& root, Draft& draft) {
  UniqueNames unique("import", draft.issues);
  UniqueLabels labels("import", draft.issues);
  for (auto& table : root.tables("import", ManifestLimits::kItems)) {
    std::optional<Word> entity;
    auto made = read_common<services::DeclaredImport>(table, "an import name", unique, labels,
                                                      entity, draft);
    UniqueNames headers("header", draft.issues);
    for (auto& column : table.tables("columns", ManifestLimits::kFields)) {
      const auto spot = column.spot_of("header");
      made.columns.push_back(read_column(column, made.entity, draft));
      if (!made.columns.back().header.empty()) headers.add({made.columns.back().header, spot});
    }
    for (const auto& key : table.texts("key")) {
      must_be_field(key, made.entity, draft);
      made.key.push_back(key.text);
    }
    const auto mode = table.choice("mode", Need::optional, kModes);
    made.mode = kModes[mode.value_or(0)];
    table.finish();
    if (!made.name.empty()) draft.manifest.declared.imports.push_back(std::move(made));
  }
}

void read_templates(TableReader& root, Draft& draft) {
  UniqueNames unique("template", draft.issues);
  UniqueLabels labels("template", draft.issues);
  for (auto& table : root.tables("templates", kMostTemplates)) {
    std::optional<Word> entity;
    auto made = read_common<services::DeclaredTemplate>(table, "a template name", unique, labels,
                                                        entity, draft);
    const auto html = table.text("html", Need::required);
    table.finish();
    if (!html) continue;
    auto read = services::PrintTemplate::parse(html->text);
    if (!read) {
      for (const auto& wrong : read.error())
        draft.issues.add(
            html->spot, codes::kValue,
            "line " + std::to_string(wrong.line) + " of the template: " + wrong.message);
      continue;
    }
    made.html = std::make_shared<const services::PrintTemplate>(*std::move(read));
    if (!made.name.empty()) draft.manifest.declared.templates.push_back(std::move(made));
  }
}

/// Permissions are told by their full code from here on.
void finish_declared(Manifest& manifest) {
  const auto complete = [&](std::string& permission) {
    if (!permission.empty()) permission = manifest.metadata.id + "." + permission;
  };
  for (auto& one : manifest.declared.exports) complete(one.permission);
  for (auto& one : manifest.declared.imports) complete(one.permission);
  for (auto& one : manifest.declared.templates) complete(one.permission);
}

}  // namespace tenon::plugins
