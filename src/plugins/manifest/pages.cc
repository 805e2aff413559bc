#include <algorithm>
#include <array>

#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/reserved.h"
#include "plugins/manifest/sections.h"
#include "plugins/manifest/suggest.h"

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;

constexpr std::array kKinds = {"crud"sv,     "tree"sv,     "detail"sv, "tabs"sv,      "kanban"sv,
                               "timeline"sv, "calendar"sv, "graph"sv,  "dashboard"sv, "report"sv};
constexpr std::int64_t kLargestOrder = 1'000'000;

bool is_icon(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string read_icon(TableReader& table, Draft& draft) {
  const auto icon = table.text("icon", Need::optional);
  if (!icon) return {};
  if (!is_icon(icon->text))
    draft.issues.add(icon->spot, codes::kName,
                     quoted(icon->text) +
                         " is no icon name; they are written like team or "
                         "shopping-cart");
  return icon->text;
}

std::int32_t read_order(TableReader& table) {
  return static_cast<std::int32_t>(
      table.integer("order", -kLargestOrder, kLargestOrder).value_or(0));
}

/// A column of `entity` that may be shown, or with `must_filter` one that may be filtered by.
void check_column(Draft& draft, const data::Entity& entity, const Word& column, bool must_filter) {
  const auto* field = entity.find(column.text);
  if (field == nullptr && is_system_column(column.text) && column.text != "deleted_at") return;
  if (field == nullptr) {
    auto known = names_of(entity.fields, &data::Field::name);
    known.insert(known.end(), system_columns().begin(), system_columns().end());
    draft.issues.add(column.spot, codes::kDangling,
                     quoted(column.text) + " is no field of " + quoted(entity.name),
                     did_you_mean(column.text, known));
  } else if (must_filter && !field->filterable) {
    draft.issues.add(column.spot, codes::kContradiction,
                     "the field " + quoted(column.text) + " is not filterable",
                     "add filterable = true to it");
  }
}

std::vector<std::string> read_columns(TableReader& table, std::string_view key,
                                      const std::optional<Word>& entity, Draft& draft) {
  std::vector<std::string> columns;
  UniqueNames unique("column", draft.issues);
  for (const auto& column : table.texts(key)) {
    if (!unique.add(column)) continue;
    columns.push_back(column.text);
    if (!entity) continue;
    draft.checks.push_back([column, name = entity->text, filter = key == "filters"](Draft& done) {
      if (const auto* found = done.manifest.find_entity(name))
        check_column(done, *found, column, filter);
    });
  }
  return columns;
}

void read_page(TableReader& table, UniqueNames& unique, UniqueLabels& labels, Draft& draft) {
  Page page;
  const auto id = table.text("id", Need::required);
  if (id && check_name(*id, NameUse::other, "a page id", draft.issues) && unique.add(*id))
    page.id = id->text;
  const auto kind = table.choice("kind", Need::required, kKinds);
  if (kind && *kind != 0)
    draft.issues.add(table.spot_of("kind"), codes::kNotSupported,
                     quoted(kKinds[*kind]) +
                         " (a page kind) is part of the design but not served "
                         "by this version of the platform");
  const auto entity = table.text("entity", Need::required);
  if (entity) {
    must_be_entity(*entity, draft);
    page.entity = entity->text;
  }
  page.display_name = table.localized("display_name", Need::required);
  labels.add(table.spot_of("display_name"), page.display_name);
  if (const auto group = table.text("menu_group", Need::optional)) {
    draft.must_exist(*group, "a menu group", [](const Manifest& manifest) {
      return names_of(manifest.menu_groups, &MenuGroup::id);
    });
    page.menu_group = group->text;
  }
  page.icon = read_icon(table, draft);
  page.order = read_order(table);
  page.columns = read_columns(table, "columns", entity, draft);
  page.filters = read_columns(table, "filters", entity, draft);
  table.finish();
  if (!page.id.empty()) draft.manifest.pages.push_back(std::move(page));
}

void read_menu_group(TableReader& table, UniqueNames& unique, UniqueLabels& labels, Draft& draft) {
  MenuGroup group;
  const auto id = table.text("id", Need::required);
  if (id && check_name(*id, NameUse::other, "a menu group id", draft.issues) && unique.add(*id))
    group.id = id->text;
  group.display_name = table.localized("display_name", Need::required);
  labels.add(table.spot_of("display_name"), group.display_name);
  group.order = read_order(table);
  table.finish();
  if (!group.id.empty()) draft.manifest.menu_groups.push_back(std::move(group));
}

}  // namespace

void read_pages(TableReader& root, Draft& draft) {
  auto ui = root.table("ui");
  if (!ui) return;
  UniqueNames group_names("menu group", draft.issues);
  UniqueLabels group_labels("menu group", draft.issues);
  for (auto& table : ui->tables("menu_groups", ManifestLimits::kItems))
    read_menu_group(table, group_names, group_labels, draft);
  UniqueNames page_names("page", draft.issues);
  UniqueLabels page_labels("page", draft.issues);
  for (auto& table : ui->tables("pages", ManifestLimits::kItems))
    read_page(table, page_names, page_labels, draft);
  ui->finish();
}

}  // namespace tenon::plugins
