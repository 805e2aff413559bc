#include "services/exports/table.h"

#include <array>

#include "data/bulk/json_parts.h"
#include "data/sight.h"

namespace tenon::services {
namespace {

using data::Cast;
using data::FieldType;

std::unexpected<Error> shape(std::string message) {
  return fail(Error(ErrorCode::invalid, std::move(message)).because("export.shape"));
}

struct SystemLabel {
  std::string_view name, en, zh;
};
constexpr std::array kSystem = {
    SystemLabel{"id", "ID", "编号"},
    SystemLabel{"version", "Version", "版本"},
    SystemLabel{"created_at", "Created at", "创建时间"},
    SystemLabel{"created_by", "Created by", "创建人"},
    SystemLabel{"updated_at", "Changed at", "修改时间"},
    SystemLabel{"updated_by", "Changed by", "修改人"},
    SystemLabel{"owner", "Owner", "负责人"},
    SystemLabel{"department", "Department", "部门"},
};

FieldType type_of(const data::Column& column, const data::Selected& selected) noexcept {
  if (selected.bucket != data::Bucket::none) return FieldType::date;
  switch (selected.cast) {
    case Cast::text:
      return FieldType::string;
    case Cast::integer:
      return FieldType::integer;
    case Cast::date:
      return FieldType::date;
    case Cast::number:
      return FieldType::decimal;
    case Cast::none:
      break;
  }
  const bool computed = column.type == FieldType::computed && column.field != nullptr;
  return computed && column.field->result ? *column.field->result : column.type;
}

TableColumn column_of(const data::EntityInfo& entity, const data::Selected& selected,
                      Headings headings, std::string_view locale) {
  const auto& column = entity.columns()[selected.column];
  TableColumn made{
      .heading = selected.name, .type = type_of(column, selected), .scale = column.scale};
  // A name that the client gave stays.
  if (headings == Headings::names || selected.name != column.name) return made;
  made.heading = column.field != nullptr ? label_in(column.field->display_name, locale, column.name)
                                         : std::string(system_label(column.name, locale));
  if (made.heading.empty()) made.heading = column.name;
  return made;
}

void select_all(const data::EntityInfo& entity, data::Query& query, const data::Viewer& viewer) {
  if (!query.select.empty()) return;
  for (const auto column : data::Sight(entity, viewer).columns())
    query.select.push_back({.column = column, .name = entity.columns()[column].name});
}

}  // namespace

std::string label_in(const data::Localized& label, std::string_view locale,
                     std::string_view fallback) {
  for (const auto& wanted : {std::string(locale), std::string("en")})
    if (const auto found = label.find(wanted); found != label.end()) return found->second;
  return label.empty() ? std::string(fallback) : label.begin()->second;
}

std::string_view system_label(std::string_view name, std::string_view locale) noexcept {
  for (const auto& one : kSystem)
    if (one.name == name) return locale.starts_with("zh") ? one.zh : one.en;
  return {};
}

Result<std::vector<TableColumn>> table_of(const data::EntityInfo& entity, data::Query& query,
                                          const data::Viewer& viewer, Headings headings,
                                          std::string_view locale) {
  if (query.aggregated) return shape("An export takes rows, no groups.");
  select_all(entity, query, viewer);
  std::vector<TableColumn> columns;
  for (const auto& selected : query.select)
    columns.push_back(column_of(entity, selected, headings, locale));
  for (auto& embed : query.embeds) {
    if (!embed.shown) continue;
    const auto& inner = embed.query;
    if (embed.kind != data::Embed::Kind::to_one || embed.spread || inner.aggregated ||
        !inner.embeds.empty())
      return shape(
          "An export takes the columns of what a record refers to, such as "
          "category(name): one level deep, not lists and not spread.");
    select_all(*embed.entity, embed.query, viewer);
    const auto& reference = entity.columns()[embed.here];
    auto whose = embed.name;
    if (headings == Headings::labels && reference.field != nullptr && embed.name == reference.name)
      whose = label_in(reference.field->display_name, locale, embed.name);
    for (const auto& selected : inner.select) {
      auto column = column_of(*embed.entity, selected, headings, locale);
      column.heading = whose + "." + column.heading;
      columns.push_back(std::move(column));
    }
  }
  return columns;
}

Result<> cells_of(std::string_view row, const data::Query& query,
                  std::vector<std::string_view>& cells) {
  cells.clear();
  std::vector<std::string_view> members;
  TENON_TRY(data::each_member(row, [&](std::string_view, std::string_view raw) -> Result<> {
    members.push_back(raw);
    return {};
  }));
  std::size_t at = query.select.size();
  if (members.size() < at) return fail(ErrorCode::internal, "a row lacks columns");
  cells.assign(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(at));
  for (const auto& embed : query.embeds) {
    if (!embed.shown) continue;
    if (at == members.size()) return fail(ErrorCode::internal, "a row lacks what it refers to");
    const auto related = members[at++];
    if (related == "null") {
      cells.insert(cells.end(), embed.query.select.size(), "null");
      continue;
    }
    TENON_TRY(data::each_member(related, [&](std::string_view, std::string_view raw) -> Result<> {
      cells.push_back(raw);
      return {};
    }));
  }
  return {};
}

}  // namespace tenon::services
