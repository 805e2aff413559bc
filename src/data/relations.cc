#include "data/relations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "data/formula.h"
#include "data/names.h"

namespace tenon::data {
namespace {

constexpr std::size_t kMaxTables = 100;
constexpr std::size_t kMaxIndexes = 32;
// What else the audit and the events say of a record: no step may be called so.
constexpr std::array<std::string_view, 6> kActions = {"created",  "updated", "deleted",
                                                      "restored", "purged",  "derived"};

std::unexpected<Error> wrong(std::string reason, std::string text) {
  return fail(Error(ErrorCode::invalid, std::move(text)).because(std::move(reason)));
}

Field reference(std::string name, std::string plugin, std::string entity) {
  Field field;
  field.name = std::move(name);
  field.type = FieldType::reference;
  field.ref_plugin = std::move(plugin);
  field.ref_entity = std::move(entity);
  field.filterable = true;
  return field;
}

/// The pair is unique, and the other direction has an index of its own through `filterable`.
Entity link_entity(const Entity& owner, const Relation& relation) {
  Entity link;
  link.plugin = owner.plugin;
  link.name = owner.name + "_" + relation.name;
  link.display_name = relation.display_name;
  link.is_public = owner.is_public;
  link.soft_delete = false;
  link.link_of = owner.name;
  auto source = reference("source", {}, owner.name);
  auto target = reference("target", relation.ref_plugin, relation.ref_entity);
  for (auto* field : {&source, &target}) {
    field->required = true;
    field->on_delete = OnDelete::cascade;
    link.fields.push_back(*field);
  }
  link.indexes.push_back({.fields = {"source", "target"}, .unique = true, .where = {}});
  return link;
}

Result<> add_field(Entity& entity, Field field, std::string_view reason) {
  const auto* known = entity.find(field.name);
  if (known == nullptr) {
    entity.fields.push_back(std::move(field));
    return {};
  }
  // What an earlier expansion made is no second field.
  if (known->type == field.type && known->ref_entity == field.ref_entity) return {};
  return wrong(std::string(reason),
               fmt::format("\"{}\" has a field \"{}\" already.", entity.name, field.name));
}

bool is_amount(const Entity& entity, std::string_view name) {
  const auto* field = entity.find(name);
  return field != nullptr && (field->type == FieldType::integer ||
                              field->type == FieldType::decimal || field->type == FieldType::money);
}

bool fits(const Entity& entity, const Approvals& approvals) {
  if (approvals.count < 1 || approvals.count > kMaxApprovals || approvals.permission.empty())
    return false;
  return approvals.amount_field.empty()
             ? !approvals.above
             : approvals.above.has_value() && is_amount(entity, approvals.amount_field);
}

Result<> check_states(const Entity& entity, const States& states) {
  const auto refuse = [&](std::string text) {
    return wrong("schema.states", fmt::format("\"{}\": {}", entity.name, text));
  };
  std::set<std::string_view> names;
  for (const auto& state : states.states) {
    TENON_TRY(check_name(state.name));
    if (!names.insert(state.name).second)
      return refuse(fmt::format("the state \"{}\" is there twice.", state.name));
    for (const auto& field : state.required)
      if (entity.find(field) == nullptr)
        return refuse(
            fmt::format("state \"{}\" requires the unknown field \"{}\".", state.name, field));
  }
  if (!names.contains(states.initial))
    return refuse(fmt::format("there is no state \"{}\" to begin in.", states.initial));
  std::set<std::string_view> transitions;
  for (const auto& transition : states.transitions) {
    TENON_TRY(check_name(transition.name));
    if (std::ranges::find(kActions, transition.name) != kActions.end())
      return refuse(fmt::format("no transition can be called \"{}\".", transition.name));
    if (!transitions.insert(transition.name).second)
      return refuse(fmt::format("the transition \"{}\" is there twice.", transition.name));
    for (const auto& from : transition.from)
      if (!names.contains(from)) return refuse(fmt::format("there is no state \"{}\".", from));
    if (!names.contains(transition.to) || transition.from.empty())
      return refuse(fmt::format("the transition \"{}\" leads nowhere.", transition.name));
    if (transition.approvals && !fits(entity, *transition.approvals))
      return refuse(
          fmt::format("the approvals of \"{}\" need a permission, 1 to {} people, and an "
                      "amount with its limit or neither.",
                      transition.name, kMaxApprovals));
    if (!transition.amount_field.empty() && !is_amount(entity, transition.amount_field))
      return refuse(fmt::format("\"{}\" is no amount of it.", transition.amount_field));
  }
  return {};
}

Result<> expand_states(Entity& entity) {
  if (!entity.states) return {};
  const auto& states = *entity.states;
  TENON_TRY(check_states(entity, states));
  auto status = status_field(states);
  std::erase_if(entity.fields, [&](const Field& field) {
    return field.name == status.name && field.type == FieldType::select;
  });
  return add_field(entity, std::move(status), "schema.states");
}

Result<> expand_relations(Entity& entity, std::vector<Entity>& links) {
  for (const auto& relation : entity.relations) {
    TENON_TRY(check_name(relation.name));
    if (relation.kind == RelationKind::many_to_many) {
      auto link = link_entity(entity, relation);
      TENON_TRY(check_name(link.name));
      links.push_back(std::move(link));
    } else if (relation.kind == RelationKind::many_to_one) {
      auto field = reference_field(relation);
      TENON_TRY(add_field(entity, std::move(field), "schema.relation"));
    }
  }
  return {};
}

/// one_to_many names the other side's reference, whoever made it.
Result<> check_back_references(const std::vector<Entity>& entities) {
  for (const auto& entity : entities)
    for (const auto& relation : entity.relations) {
      if (relation.kind != RelationKind::one_to_many || !relation.ref_plugin.empty()) continue;
      const auto other = std::ranges::find_if(entities, [&](const Entity& candidate) {
        return candidate.name == relation.ref_entity && candidate.extends.empty();
      });
      const auto* field = other == entities.end() ? nullptr : other->find(relation.ref_field);
      if (field == nullptr || field->type != FieldType::reference ||
          field->ref_entity != entity.name)
        return wrong(
            "schema.relation",
            fmt::format("Relation \"{}\": \"{}.{}\" is no reference to \"{}\".", relation.name,
                        relation.ref_entity, relation.ref_field, entity.name));
    }
  return {};
}

}  // namespace

Field status_field(const States& states) {
  Field status;
  status.name = states.field;
  status.type = FieldType::select;
  status.display_name = states.display_name;
  status.required = status.filterable = true;
  status.default_value = "\"" + states.initial + "\"";
  for (const auto& state : states.states)
    status.options.push_back({.value = state.name, .label = state.label});
  return status;
}

Field reference_field(const Relation& relation) {
  auto field = reference(relation.name, relation.ref_plugin, relation.ref_entity);
  field.display_name = relation.display_name;
  field.required = relation.required;
  field.on_delete = relation.on_delete;
  return field;
}

Result<std::vector<Entity>> expand(std::vector<Entity> entities) {
  std::erase_if(entities, [](const Entity& entity) { return !entity.link_of.empty(); });
  std::vector<Entity> links;
  for (auto& entity : entities) {
    TENON_TRY(expand_relations(entity, links));
    TENON_TRY(expand_states(entity));
  }
  TENON_TRY(check_back_references(entities));
  for (auto& link : links) {
    const bool taken = std::ranges::any_of(
        entities, [&](const Entity& entity) { return entity.name == link.name; });
    if (taken)
      return wrong(
          "schema.relation",
          fmt::format("The table \"{}\" of a relation has the name of an entity.", link.name));
    entities.push_back(std::move(link));
  }
  if (entities.size() > kMaxTables)
    return wrong("schema.limit", fmt::format("A plugin has at most {} tables.", kMaxTables));
  for (const auto& entity : entities)
    if (entity.indexes.size() > kMaxIndexes)
      return wrong("schema.limit", fmt::format("\"{}\": an entity has at most {} indexes.",
                                               entity.name, kMaxIndexes));
  return entities;
}

Result<> extend(Entity& entity, const Entity& extension) {
  const auto refuse = [&](std::string text) {
    return fail(Error(ErrorCode::conflict, std::move(text)).because("schema.extends"));
  };
  if (!entity.is_public)
    return refuse(fmt::format("\"{}.{}\" is not public: nobody else can add to it.", entity.plugin,
                              entity.name));
  const auto logical = [&](const std::string& field) {
    return fmt::format("{}{}{}", extension.plugin, kExtensionMark, field);
  };
  const auto ours = [&](std::string_view field) {
    return extension.find(field) == nullptr ? std::string(field) : logical(std::string(field));
  };
  for (auto field : extension.fields) {
    field.extension = extension.plugin;
    // Fields of the own plugin mean its own entities, and in formulas its own fields first.
    if (field.type == FieldType::reference && field.ref_plugin.empty())
      field.ref_plugin = extension.plugin;
    if (field.rollup && field.rollup->plugin.empty()) field.rollup->plugin = extension.plugin;
    if (field.formula) field.formula = rename_fields(*field.formula, ours);
    field.name = logical(field.name);
    TENON_TRY(check_name(field.name));  // 40 bytes with the plugin's name
    if (!field.renamed_from.empty()) field.renamed_from = logical(field.renamed_from);
    if (!field.cascade_from.empty() && extension.find(field.cascade_from) != nullptr)
      field.cascade_from = logical(field.cascade_from);
    if (entity.find(field.name) != nullptr)
      return refuse(fmt::format("\"{}\" has a field \"{}\" already.", entity.name, field.name));
    entity.fields.push_back(std::move(field));
  }
  for (auto index : extension.indexes) {
    for (auto& field : index.fields)
      if (extension.find(field) != nullptr) field = logical(field);
    entity.indexes.push_back(std::move(index));
  }
  return {};
}

}  // namespace tenon::data
