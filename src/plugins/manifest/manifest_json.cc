#include "plugins/manifest/manifest_json.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace tenon::plugins {
namespace {

json::object label_json(const Localized& label) {
  json::object object;
  for (const auto& [locale, text] : label) object[locale] = text;
  return object;
}

json::array names_json(const std::vector<std::string>& names) {
  json::array list;
  for (const auto& name : names) list.emplace_back(name);
  return list;
}

/// Texts made by read_value(), so they parse; a manifest built by hand may carry none.
json::value value_json(const std::string& text) {
  auto value = json::parse(text);
  return value ? *std::move(value) : json::value();
}

json::object ref_json(const Manifest& manifest, const data::Field& field) {
  const bool is_own = field.ref_plugin.empty();
  auto label = field.ref_label_field;
  if (const auto* entity = is_own ? manifest.find_entity(field.ref_entity) : nullptr;
      entity != nullptr && label.empty())
    label = entity->label_field;
  return {{"plugin", is_own ? manifest.metadata.id : field.ref_plugin},
          {"entity", field.ref_entity},
          {"label_field", label}};
}

void add_type_members(const Manifest& manifest, const data::Field& field, json::object& object) {
  using data::FieldType;
  if (field.max_length != 0) object["max_length"] = field.max_length;
  if (field.type == FieldType::decimal || field.type == FieldType::money)
    object["scale"] = field.scale;
  if (field.type == FieldType::select || field.type == FieldType::multi_select) {
    json::array options;
    for (const auto& option : field.options)
      options.push_back(json::object{{"value", option.value}, {"label", label_json(option.label)}});
    object["options"] = std::move(options);
  }
  if (field.type == FieldType::reference) object["ref"] = ref_json(manifest, field);
}

json::object field_json(const Manifest& manifest, const data::Field& field) {
  const bool is_given =
      field.type == data::FieldType::computed || field.type == data::FieldType::sequence;
  json::object object{{"name", field.name},
                      {"type", to_string(field.type)},
                      {"label", label_json(field.display_name)},
                      {"required", field.required},
                      {"unique", field.unique},
                      {"searchable", field.searchable},
                      {"sortable", field.sortable},
                      {"filterable", field.filterable},
                      {"read_only", is_given}};
  add_type_members(manifest, field, object);
  if (field.pattern) object["pattern"] = *field.pattern;
  if (field.minimum) object["minimum"] = value_json(*field.minimum);
  if (field.maximum) object["maximum"] = value_json(*field.maximum);
  if (field.default_value) object["default"] = value_json(*field.default_value);
  if (!field.ui_widget.empty()) object["widget"] = field.ui_widget;
  return object;
}

json::array fields_json(const Manifest& manifest, const std::vector<data::Field>& fields) {
  json::array list;
  for (const auto& field : fields) list.push_back(field_json(manifest, field));
  return list;
}

json::object page_json(const Page& page) {
  return {{"id", page.id},
          {"kind", to_string(page.kind)},
          {"entity", page.entity},
          {"label", label_json(page.display_name)},
          {"icon", page.icon},
          {"columns", names_json(page.columns)},
          {"filters", names_json(page.filters)}};
}

struct Group {
  const MenuGroup* group = nullptr;
  std::vector<std::tuple<std::int32_t, std::string_view, std::string_view, const Page*>> items;
};

json::object item_json(std::string_view plugin, const Page& page) {
  return {{"plugin", plugin},
          {"page", page.id},
          {"label", label_json(page.display_name)},
          {"icon", page.icon},
          {"kind", to_string(page.kind)},
          {"entity", page.entity}};
}

}  // namespace

json::object menu_json(std::span<const Manifest* const> manifests) {
  std::map<std::string_view, Group> by_id;
  for (const auto* manifest : manifests) {
    for (const auto& group : manifest->menu_groups)
      if (auto& entry = by_id[group.id]; entry.group == nullptr) entry.group = &group;
    for (const auto& page : manifest->pages)
      if (!page.menu_group.empty())
        by_id[page.menu_group].items.emplace_back(page.order, manifest->metadata.id, page.id,
                                                  &page);
  }
  std::vector<Group*> sorted;
  for (auto& [id, group] : by_id)
    if (group.group != nullptr && !group.items.empty()) sorted.push_back(&group);
  std::ranges::sort(sorted, {}, [](const Group* group) {
    return std::tuple(group->group->order, std::string_view(group->group->id));
  });
  json::array groups;
  for (auto* entry : sorted) {
    std::ranges::sort(entry->items);
    json::array items;
    for (const auto& [order, plugin, id, page] : entry->items)
      items.push_back(item_json(plugin, *page));
    groups.push_back(json::object{{"id", entry->group->id},
                                  {"label", label_json(entry->group->display_name)},
                                  {"items", std::move(items)}});
  }
  return {{"groups", std::move(groups)}};
}

json::object schema_json(const Manifest& manifest) {
  json::array entities;
  for (const auto& entity : manifest.entities)
    entities.push_back(json::object{{"name", entity.name},
                                    {"label", label_json(entity.display_name)},
                                    {"label_field", entity.label_field},
                                    {"is_public", entity.is_public},
                                    {"fields", fields_json(manifest, entity.fields)}});
  json::array pages;
  for (const auto& page : manifest.pages) pages.push_back(page_json(page));
  json::array actions;
  for (const auto& action : manifest.actions)
    actions.push_back(
        json::object{{"name", action.name},
                     {"label", label_json(action.display_name)},
                     {"permission", action.permission},
                     {"entity", action.entity.empty() ? json::value() : json::value(action.entity)},
                     {"input", fields_json(manifest, action.input)}});
  return {{"plugin", manifest.metadata.id},
          {"version", manifest.metadata.version.text()},
          {"entities", std::move(entities)},
          {"pages", std::move(pages)},
          {"actions", std::move(actions)}};
}

}  // namespace tenon::plugins
