#include "data/schema_json.h"

#include <algorithm>
#include <array>

#include "base/json.h"

namespace tenon::data {
namespace {

constexpr std::array<std::string_view, 16> kTypes = {
    "string", "text", "integer", "decimal",      "money",     "boolean", "date",     "datetime",
    "uuid",   "json", "select",  "multi_select", "reference", "file",    "sequence", "computed"};
constexpr std::array<std::string_view, 4> kAggregates = {"count", "sum", "min", "max"};
constexpr std::array<std::string_view, 2> kModes = {"fast", "gapless"};
constexpr std::array<std::string_view, 3> kOnDelete = {"restrict", "set_null", "cascade"};
constexpr std::array<std::string_view, 3> kScopeRole = {"none", "owner", "department"};
constexpr std::array<std::string_view, 3> kRelation = {"one_to_many", "many_to_one",
                                                       "many_to_many"};

json::object localized(const Localized& texts) {
  json::object object;
  for (const auto& [locale, text] : texts) object[locale] = text;
  return object;
}

void put(json::object& object, std::string_view key, const std::optional<std::string>& text) {
  if (text) object[key] = *text;
}

/// What is empty is not written.
void put(json::object& object, std::string_view key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

json::array names_json(const std::vector<std::string>& names) {
  json::array list;
  for (const auto& name : names) list.emplace_back(name);
  return list;
}

json::object relation_json(const Relation& relation) {
  return {{"name", relation.name},
          {"kind", kRelation[static_cast<std::size_t>(relation.kind)]},
          {"display_name", localized(relation.display_name)},
          {"ref_plugin", relation.ref_plugin},
          {"ref_entity", relation.ref_entity},
          {"ref_field", relation.ref_field},
          {"required", relation.required},
          {"on_delete", to_string(relation.on_delete)}};
}

json::object approvals_json(const Approvals& approvals) {
  json::object object{{"count", approvals.count},
                      {"permission", approvals.permission},
                      {"not_author", approvals.not_author}};
  put(object, "amount_field", approvals.amount_field);
  put(object, "above", approvals.above);
  return object;
}

json::object states_json(const States& states) {
  json::array list;
  for (const auto& state : states.states)
    list.emplace_back(json::object{{"name", state.name},
                                   {"label", localized(state.label)},
                                   {"required", names_json(state.required)},
                                   {"immutable", state.immutable}});
  json::array transitions;
  for (const auto& transition : states.transitions) {
    json::object one{{"name", transition.name},
                     {"display_name", localized(transition.display_name)},
                     {"from", names_json(transition.from)},
                     {"to", transition.to},
                     {"permission", transition.permission},
                     {"not_author", transition.not_author},
                     {"amount_field", transition.amount_field},
                     {"amount_permission", transition.amount_permission}};
    put(one, "amount_limit", transition.amount_limit);
    if (transition.approvals) one["approvals"] = approvals_json(*transition.approvals);
    transitions.emplace_back(std::move(one));
  }
  return {{"field", states.field},
          {"display_name", localized(states.display_name)},
          {"initial", states.initial},
          {"states", std::move(list)},
          {"transitions", std::move(transitions)}};
}

/// How the host fills the field; nothing for one that people fill.
void put_filling(json::object& object, const Field& field) {
  put(object, "formula", field.formula);
  if (field.result) object["result"] = to_string(*field.result);
  if (field.rollup)
    object["rollup"] =
        json::object{{"plugin", field.rollup->plugin},
                     {"entity", field.rollup->entity},
                     {"reference", field.rollup->reference},
                     {"function", kAggregates[static_cast<std::size_t>(field.rollup->function)]},
                     {"field", field.rollup->field}};
  if (field.type == FieldType::sequence)
    object["numbering"] =
        json::object{{"format", field.numbering.format},
                     {"mode", kModes[static_cast<std::size_t>(field.numbering.mode)]}};
}

json::object field_json(const Field& field) {
  json::object object{{"name", field.name},
                      {"type", to_string(field.type)},
                      {"display_name", localized(field.display_name)},
                      {"required", field.required},
                      {"unique", field.unique},
                      {"searchable", field.searchable},
                      {"filterable", field.filterable},
                      {"sortable", field.sortable},
                      {"max_length", field.max_length},
                      {"scale", field.scale},
                      {"ref_plugin", field.ref_plugin},
                      {"ref_entity", field.ref_entity},
                      {"ref_label_field", field.ref_label_field},
                      {"on_delete", to_string(field.on_delete)},
                      {"ui_widget", field.ui_widget}};
  put(object, "ref_fallback_label", field.ref_fallback_label);
  put(object, "cascade_from", field.cascade_from);
  put(object, "renamed_from", field.renamed_from);
  put(object, "extension", field.extension);
  put(object, "read_permission", field.read_permission);
  put(object, "write_permission", field.write_permission);
  if (field.no_cycle) object["no_cycle"] = true;
  if (field.scope_role != ScopeRole::none) object["scope_role"] = to_string(field.scope_role);
  put(object, "default", field.default_value);
  put(object, "pattern", field.pattern);
  put(object, "minimum", field.minimum);
  put(object, "maximum", field.maximum);
  json::array options;
  for (const auto& option : field.options)
    options.emplace_back(json::object{{"value", option.value}, {"label", localized(option.label)}});
  object["options"] = std::move(options);
  put_filling(object, field);
  return object;
}

// Reading: the text is ours; whatever is missing or of another kind reads as empty.
std::string text(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* found = value == nullptr ? nullptr : value->if_string();
  return found == nullptr ? std::string() : std::string(*found);
}

std::optional<std::string> optional_text(const json::object& object, std::string_view key) {
  if (!object.contains(key)) return std::nullopt;
  return text(object, key);
}

bool truth(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::uint32_t number(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* found = value == nullptr ? nullptr : value->if_int64();
  return found == nullptr ? 0 : static_cast<std::uint32_t>(*found);
}

Localized texts(const json::object& object, std::string_view key) {
  Localized result;
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_object()) return result;
  for (const auto& [locale, content] : value->get_object())
    if (const auto* found = content.if_string()) result.emplace(locale, *found);
  return result;
}

const json::array& list(const json::object& object, std::string_view key) {
  static const json::array empty;
  const auto* value = object.if_contains(key);
  const auto* found = value == nullptr ? nullptr : value->if_array();
  return found == nullptr ? empty : *found;
}

template <class Enum, std::size_t N>
Enum word(const std::array<std::string_view, N>& words, const std::string& wanted) {
  const auto found = std::ranges::find(words, wanted);
  return static_cast<Enum>(found == words.end() ? 0 : found - words.begin());
}

std::vector<std::string> names(const json::object& object, std::string_view key) {
  std::vector<std::string> result;
  for (const auto& name : list(object, key))
    if (const auto* written = name.if_string()) result.emplace_back(*written);
  return result;
}

Relation relation_from(const json::object& object) {
  return {.name = text(object, "name"),
          .kind = word<RelationKind>(kRelation, text(object, "kind")),
          .display_name = texts(object, "display_name"),
          .ref_plugin = text(object, "ref_plugin"),
          .ref_entity = text(object, "ref_entity"),
          .ref_field = text(object, "ref_field"),
          .required = truth(object, "required"),
          .on_delete = word<OnDelete>(kOnDelete, text(object, "on_delete"))};
}

Approvals read_approvals(const json::object& object) {
  return {.count = number(object, "count"),
          .permission = text(object, "permission"),
          .not_author = truth(object, "not_author"),
          .amount_field = text(object, "amount_field"),
          .above = optional_text(object, "above")};
}

States states_from(const json::object& object) {
  States states{.field = text(object, "field"),
                .display_name = texts(object, "display_name"),
                .initial = text(object, "initial"),
                .states = {},
                .transitions = {}};
  for (const auto& state : list(object, "states"))
    if (const auto* one = state.if_object())
      states.states.push_back({.name = text(*one, "name"),
                               .label = texts(*one, "label"),
                               .required = names(*one, "required"),
                               .immutable = truth(*one, "immutable")});
  for (const auto& transition : list(object, "transitions"))
    if (const auto* one = transition.if_object()) {
      states.transitions.push_back({.name = text(*one, "name"),
                                    .display_name = texts(*one, "display_name"),
                                    .from = names(*one, "from"),
                                    .to = text(*one, "to"),
                                    .permission = text(*one, "permission"),
                                    .not_author = truth(*one, "not_author"),
                                    .amount_field = text(*one, "amount_field"),
                                    .amount_limit = optional_text(*one, "amount_limit"),
                                    .amount_permission = text(*one, "amount_permission"),
                                    .approvals = {}});
      if (const auto* approvals = one->if_contains("approvals"); approvals != nullptr)
        if (const auto* of = approvals->if_object())
          states.transitions.back().approvals = read_approvals(*of);
    }
  return states;
}

const json::object* inner(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

void read_filling(Field& field, const json::object& object) {
  field.formula = optional_text(object, "formula");
  if (object.contains("result")) field.result = word<FieldType>(kTypes, text(object, "result"));
  if (const auto* rollup = inner(object, "rollup"))
    field.rollup = Rollup{.plugin = text(*rollup, "plugin"),
                          .entity = text(*rollup, "entity"),
                          .reference = text(*rollup, "reference"),
                          .function = word<Aggregate>(kAggregates, text(*rollup, "function")),
                          .field = text(*rollup, "field")};
  if (const auto* numbering = inner(object, "numbering"))
    field.numbering = {.format = text(*numbering, "format"),
                       .mode = word<Numbering::Mode>(kModes, text(*numbering, "mode"))};
}

Field field_from(const json::object& object) {
  Field field;
  field.name = text(object, "name");
  field.type = word<FieldType>(kTypes, text(object, "type"));
  field.display_name = texts(object, "display_name");
  field.required = truth(object, "required");
  field.unique = truth(object, "unique");
  field.searchable = truth(object, "searchable");
  field.filterable = truth(object, "filterable");
  field.sortable = truth(object, "sortable");
  field.default_value = optional_text(object, "default");
  field.max_length = number(object, "max_length");
  field.scale = static_cast<std::uint8_t>(number(object, "scale"));
  field.pattern = optional_text(object, "pattern");
  field.minimum = optional_text(object, "minimum");
  field.maximum = optional_text(object, "maximum");
  for (const auto& option : list(object, "options"))
    if (const auto* one = option.if_object())
      field.options.push_back({.value = text(*one, "value"), .label = texts(*one, "label")});
  field.ref_plugin = text(object, "ref_plugin");
  field.ref_entity = text(object, "ref_entity");
  field.ref_label_field = text(object, "ref_label_field");
  field.on_delete = word<OnDelete>(kOnDelete, text(object, "on_delete"));
  field.ui_widget = text(object, "ui_widget");
  field.ref_fallback_label = text(object, "ref_fallback_label");
  field.cascade_from = text(object, "cascade_from");
  field.renamed_from = text(object, "renamed_from");
  field.extension = text(object, "extension");
  field.read_permission = text(object, "read_permission");
  field.write_permission = text(object, "write_permission");
  field.no_cycle = truth(object, "no_cycle");
  field.scope_role = word<ScopeRole>(kScopeRole, text(object, "scope_role"));
  read_filling(field, object);
  return field;
}

}  // namespace

std::string_view to_string(FieldType type) noexcept {
  return kTypes[static_cast<std::size_t>(type)];
}
std::string_view to_string(OnDelete on_delete) noexcept {
  return kOnDelete[static_cast<std::size_t>(on_delete)];
}

std::string_view to_string(ScopeRole role) noexcept {
  return kScopeRole[static_cast<std::size_t>(role)];
}
std::string_view to_string(DataScope scope) noexcept {
  return kScopeRole[static_cast<std::size_t>(scope)];
}
std::string_view to_string(RelationKind kind) noexcept {
  return kRelation[static_cast<std::size_t>(kind)];
}
std::string_view to_string(Aggregate function) noexcept {
  return kAggregates[static_cast<std::size_t>(function)];
}
std::string_view to_string(Numbering::Mode mode) noexcept {
  return kModes[static_cast<std::size_t>(mode)];
}

std::string to_json(const Entity& entity) {
  json::object object{{"plugin", entity.plugin},
                      {"name", entity.name},
                      {"display_name", localized(entity.display_name)},
                      {"is_public", entity.is_public},
                      {"soft_delete", entity.soft_delete},
                      {"label_field", entity.label_field}};
  json::array fields;
  for (const auto& field : entity.fields) fields.emplace_back(field_json(field));
  object["fields"] = std::move(fields);
  json::array indexes;
  for (const auto& index : entity.indexes) {
    json::object one{{"fields", names_json(index.fields)}, {"unique", index.unique}};
    put(one, "where", index.where);
    indexes.emplace_back(std::move(one));
  }
  object["indexes"] = std::move(indexes);
  json::array relations;
  for (const auto& relation : entity.relations) relations.emplace_back(relation_json(relation));
  if (!relations.empty()) object["relations"] = std::move(relations);
  if (entity.states) object["states"] = states_json(*entity.states);
  if (entity.data_scope != DataScope::none) object["data_scope"] = to_string(entity.data_scope);
  put(object, "renamed_from", entity.renamed_from);
  put(object, "link_of", entity.link_of);
  put(object, "extends", entity.extends);
  if (!entity.hooks.empty()) object["hooks"] = names_json(entity.hooks);
  return json::serialize(object);
}

Result<Entity> entity_from_json(std::string_view stored) {
  auto object = json::parse_object(stored, {.bytes = std::size_t{16} << 20U});
  if (!object)
    return fail(Error(ErrorCode::internal, "A stored schema cannot be read.")
                    .because("schema.stored")
                    .in_context(object.error().for_log()));
  Entity entity;
  entity.plugin = text(*object, "plugin");
  entity.name = text(*object, "name");
  entity.display_name = texts(*object, "display_name");
  entity.is_public = truth(*object, "is_public");
  entity.soft_delete = truth(*object, "soft_delete");
  entity.label_field = text(*object, "label_field");
  for (const auto& field : list(*object, "fields"))
    if (const auto* one = field.if_object()) entity.fields.push_back(field_from(*one));
  for (const auto& index : list(*object, "indexes"))
    if (const auto* one = index.if_object()) {
      entity.indexes.push_back({.fields = names(*one, "fields"),
                                .unique = truth(*one, "unique"),
                                .where = text(*one, "where")});
    }
  for (const auto& relation : list(*object, "relations"))
    if (const auto* one = relation.if_object()) entity.relations.push_back(relation_from(*one));
  if (const auto* states = object->if_contains("states"); states != nullptr && states->is_object())
    entity.states = states_from(states->get_object());
  entity.data_scope = word<DataScope>(kScopeRole, text(*object, "data_scope"));
  entity.renamed_from = text(*object, "renamed_from");
  entity.link_of = text(*object, "link_of");
  entity.extends = text(*object, "extends");
  entity.hooks = names(*object, "hooks");
  return entity;
}

}  // namespace tenon::data
