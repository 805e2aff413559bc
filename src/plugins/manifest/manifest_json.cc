#include "plugins/manifest/manifest_json.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "data/index_rules.h"
#include "data/relations.h"
#include "data/schema_json.h"

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
  if (const auto type = data::type_of_values(field);
      type == FieldType::decimal || type == FieldType::money)
    object["scale"] = field.scale;
  if (field.type == FieldType::select || field.type == FieldType::multi_select) {
    json::array options;
    for (const auto& option : field.options)
      options.push_back(json::object{{"value", option.value}, {"label", label_json(option.label)}});
    object["options"] = std::move(options);
  }
  if (field.type == FieldType::reference) object["ref"] = ref_json(manifest, field);
}

/// How the host comes to the value of a field that nobody types in.
void add_filling(const Manifest& manifest, const data::Field& field, json::object& object) {
  if (field.formula) object["formula"] = *field.formula;
  if (field.rollup) {
    const auto& plugin = field.rollup->plugin.empty() ? manifest.metadata.id : field.rollup->plugin;
    object["rollup"] = json::object{{"plugin", plugin},
                                    {"entity", field.rollup->entity},
                                    {"reference", field.rollup->reference},
                                    {"function", data::to_string(field.rollup->function)},
                                    {"field", field.rollup->field}};
  }
  if (field.type == data::FieldType::sequence)
    object["numbering"] = json::object{{"format", field.numbering.format},
                                       {"mode", data::to_string(field.numbering.mode)}};
}

/// What joins a field to others and to rights; nothing for a plain one.
void add_joins(const data::Field& field, json::object& object) {
  if (field.type == data::FieldType::reference && field.ref_plugin.empty())
    object["on_delete"] = data::to_string(field.on_delete);
  if (field.no_cycle) object["no_cycle"] = true;
  if (!field.cascade_from.empty()) object["cascade_from"] = field.cascade_from;
  if (!field.ref_fallback_label.empty()) object["ref_fallback_label"] = field.ref_fallback_label;
  if (field.scope_role != data::ScopeRole::none)
    object["scope_role"] = data::to_string(field.scope_role);
}

json::object field_json(const Manifest& manifest, const data::Field& field) {
  const bool is_given =
      field.type == data::FieldType::computed || field.type == data::FieldType::sequence;
  // Of a computed field the type of what it holds: it is shown and filtered like any other.
  json::object object{{"name", field.name},
                      {"type", data::to_string(data::type_of_values(field))},
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
  add_filling(manifest, field, object);
  add_joins(field, object);
  return object;
}

json::array fields_json(const Manifest& manifest, const std::vector<data::Field>& fields) {
  json::array list;
  for (const auto& field : fields) list.push_back(field_json(manifest, field));
  return list;
}

json::object approvals_json(const data::Approvals& approvals) {
  json::object object{{"count", approvals.count},
                      {"permission", approvals.permission},
                      {"not_author", approvals.not_author}};
  if (approvals.above) {
    object["amount_field"] = approvals.amount_field;
    object["above"] = value_json(*approvals.above);
  }
  return object;
}

json::object states_json(const data::States& states) {
  json::array list;
  for (const auto& state : states.states)
    list.push_back(json::object{{"name", state.name},
                                {"label", label_json(state.label)},
                                {"required", names_json(state.required)},
                                {"immutable", state.immutable}});
  json::array transitions;
  for (const auto& transition : states.transitions) {
    json::object one{{"name", transition.name},
                     {"label", label_json(transition.display_name)},
                     {"from", names_json(transition.from)},
                     {"to", transition.to},
                     {"permission", transition.permission},
                     {"not_author", transition.not_author}};
    if (!transition.amount_field.empty())
      one["amount"] = json::object{
          {"field", transition.amount_field},
          {"limit", transition.amount_limit ? value_json(*transition.amount_limit) : json::value()},
          {"permission", transition.amount_permission}};
    if (transition.approvals) one["approvals"] = approvals_json(*transition.approvals);
    transitions.push_back(std::move(one));
  }
  return {{"field", states.field},
          {"initial", states.initial},
          {"states", std::move(list)},
          {"transitions", std::move(transitions)}};
}

json::object relation_json(const Manifest& manifest, const data::Relation& relation) {
  json::object object{
      {"name", relation.name},
      {"kind", data::to_string(relation.kind)},
      {"label", label_json(relation.display_name)},
      {"plugin", relation.ref_plugin.empty() ? manifest.metadata.id : relation.ref_plugin},
      {"entity", relation.ref_entity}};
  if (relation.kind == data::RelationKind::one_to_many) object["field"] = relation.ref_field;
  return object;
}

json::array indexes_json(const std::vector<data::Index>& indexes) {
  json::array list;
  for (const auto& index : indexes) {
    json::object one{{"fields", names_json(index.fields)}, {"unique", index.unique}};
    if (!index.where.empty()) one["where"] = index.where;
    list.push_back(std::move(one));
  }
  return list;
}

json::object entity_json(const Manifest& manifest, const data::Entity& entity) {
  json::object object{{"name", entity.name},
                      {"label", label_json(entity.display_name)},
                      {"label_field", entity.label_field},
                      {"is_public", entity.is_public},
                      {"soft_delete", entity.soft_delete},
                      {"data_scope", data::to_string(entity.data_scope)},
                      {"fields", fields_json(manifest, entity.fields)},
                      {"indexes", indexes_json(entity.indexes)}};
  json::array relations;
  for (const auto& relation : entity.relations)
    relations.push_back(relation_json(manifest, relation));
  if (!relations.empty()) object["relations"] = std::move(relations);
  if (entity.states) object["states"] = states_json(*entity.states);
  return object;
}

/// Fields under the names that they have in the records of the entity that they were added to.
json::object extension_json(const Manifest& manifest, const data::Entity& extension) {
  json::array fields;
  for (const auto& field : extension.fields) {
    auto object = field_json(manifest, field);
    object["name"] = manifest.metadata.id + std::string(data::kExtensionMark) + field.name;
    if (!field.read_permission.empty()) object["read_permission"] = field.read_permission;
    if (!field.write_permission.empty()) object["write_permission"] = field.write_permission;
    fields.push_back(std::move(object));
  }
  return {{"plugin", extension.extends}, {"entity", extension.name}, {"fields", std::move(fields)}};
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
  for (const auto& entity : manifest.entities) entities.push_back(entity_json(manifest, entity));
  json::array extensions;
  for (const auto& extension : manifest.extensions)
    extensions.push_back(extension_json(manifest, extension));
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
  return {{"plugin", manifest.metadata.id},  {"version", manifest.metadata.version.text()},
          {"entities", std::move(entities)}, {"extensions", std::move(extensions)},
          {"pages", std::move(pages)},       {"actions", std::move(actions)}};
}

}  // namespace tenon::plugins
