#include "services/imports/guess.h"

#include <algorithm>
#include <optional>

#include "base/id.h"
#include "base/utf8.h"
#include "data/sight.h"
#include "services/exports/table.h"

namespace tenon::services {
namespace {

using data::EntityInfo;
using data::FieldType;

/// What two ways of writing a name have in common.
std::string key_of(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '*'))
    text.remove_suffix(1);
  return utf8::fold(text);
}

std::optional<std::size_t> column_named(const EntityInfo& entity, const data::Viewer& viewer,
                                        std::string_view text) {
  const auto key = key_of(text);
  const data::Sight sight(entity, viewer);
  const auto columns = sight.columns();
  for (const auto place : columns)
    if (utf8::fold(entity.columns()[place].name) == key) return place;
  for (const auto place : columns) {
    const auto& column = entity.columns()[place];
    for (const std::string_view locale : {"zh-CN", "en"})
      if (const auto label = system_label(column.name, locale);
          !label.empty() && key_of(label) == key)
        return place;
    if (column.field == nullptr) continue;
    for (const auto& [locale, label] : column.field->display_name)
      if (key_of(label) == key) return place;
  }
  return std::nullopt;
}

const EntityInfo* referred(const data::Catalog& catalog, const EntityInfo& entity,
                           const data::Column& column) {
  if (column.type != FieldType::reference || column.field == nullptr) return nullptr;
  const auto& plugin = column.field->ref_plugin;
  return catalog.find(plugin.empty() ? entity.plugin() : plugin, column.field->ref_entity);
}

bool can_be_looked_up(const EntityInfo& entity, std::size_t place) {
  const auto& column = entity.columns()[place];
  return column.indexed || (column.field != nullptr && column.field->unique);
}

bool are_ids(const std::vector<std::string>& samples) {
  return std::ranges::all_of(samples, [](const std::string& text) {
    return text.empty() || Uuid::parse(text).has_value();
  });
}

}  // namespace

std::vector<GuessedColumn> guess_columns(const data::Catalog& catalog, const EntityInfo& entity,
                                         const data::Viewer& viewer, const FileHead& head) {
  std::vector<GuessedColumn> guessed;
  std::vector<bool> taken(entity.columns().size());
  const auto take = [&](GuessedColumn& one, std::size_t place, std::string by) {
    if (taken[place] || !entity.columns()[place].writable) return;
    taken[place] = true;
    one.field = entity.columns()[place].name;
    one.by = std::move(by);
  };
  for (std::size_t i = 0; i < head.headers.size(); ++i) {
    GuessedColumn one{.header = head.headers[i], .field = {}, .by = {}};
    const std::string_view header = one.header;
    const auto place = column_named(entity, viewer, header);
    const auto dot = header.find('.');
    if (place) {
      const auto* other = referred(catalog, entity, entity.columns()[*place]);
      std::string by;
      if (other != nullptr && !are_ids(head.samples[i]) && can_be_looked_up(*other, other->label()))
        by = other->columns()[other->label()].name;
      take(one, *place, std::move(by));
    } else if (dot != std::string_view::npos) {
      const auto reference = column_named(entity, viewer, header.substr(0, dot));
      const auto* other =
          reference ? referred(catalog, entity, entity.columns()[*reference]) : nullptr;
      const auto inner =
          other != nullptr ? column_named(*other, viewer, header.substr(dot + 1)) : std::nullopt;
      if (inner && other->columns()[*inner].name == "id") take(one, *reference, {});
      if (inner && can_be_looked_up(*other, *inner))
        take(one, *reference, other->columns()[*inner].name);
    }
    guessed.push_back(std::move(one));
  }
  return guessed;
}

}  // namespace tenon::services
