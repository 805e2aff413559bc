// What an entity says beside its fields: relations, the life of a document, who sees which rows.
#include <algorithm>
#include <array>

#include "data/relations.h"
#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/sections.h"
#include "plugins/manifest/suggest.h"

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;

constexpr std::array kKinds = {"one_to_many"sv, "many_to_one"sv, "many_to_many"sv};
constexpr std::array kOnDelete = {"restrict"sv, "set_null"sv, "cascade"sv};
constexpr std::array kScopes = {"none"sv, "owner"sv, "department"sv};
constexpr std::array kLater = {"hooks"sv, "pages"sv};  // of an extension

void must_be_field(const data::Entity& entity, const Word& word, Draft& draft) {
  if (entity.find(word.text) != nullptr) return;
  draft.issues.add(word.spot, codes::kDangling,
                   quoted(word.text) + " is no field of " + quoted(entity.name),
                   did_you_mean(word.text, names_of(entity.fields, &data::Field::name)));
}

/// A field that the section makes must not be declared beside it.
void add_made(data::Entity& entity, data::Field made, const Spot& spot, Draft& draft) {
  if (entity.find(made.name) != nullptr)
    draft.issues.add(spot, codes::kDuplicate,
                     "the field " + quoted(made.name) + " is there already; it is made here");
  else
    entity.fields.push_back(std::move(made));
}

void read_target(TableReader& table, data::Relation& relation, Draft& draft) {
  const auto entity = table.text("ref_entity", Need::required);
  const auto plugin = table.text("ref_plugin", Need::optional);
  if (entity) relation.ref_entity = entity->text;
  if (plugin) {
    relation.ref_plugin = plugin->text;
    draft.must_exist(*plugin, "one of metadata.plugins", [](const Manifest& manifest) {
      return names_of(manifest.metadata.plugins, &PluginDependency::id);
    });
    if (entity) check_name(*entity, NameUse::entity, "an entity name", draft.issues);
  } else if (entity) {
    must_be_entity(*entity, draft);
  }
}

/// one_to_many names the reference on the other side.
void read_back_reference(TableReader& table, data::Relation& relation, const data::Entity& owner,
                         Draft& draft) {
  const auto field = table.text("ref_field", Need::required);
  if (!field) return;
  relation.ref_field = field->text;
  draft.checks.push_back(
      [field = *field, target = relation.ref_entity, name = owner.name](Draft& done) {
        const auto* other = done.manifest.find_entity(target);
        if (other == nullptr) return;
        const auto* found = other->find(field.text);
        if (found == nullptr)
          done.issues.add(field.spot, codes::kDangling,
                          quoted(field.text) + " is no field of " + quoted(target),
                          did_you_mean(field.text, names_of(other->fields, &data::Field::name)));
        else if (found->type != data::FieldType::reference || found->ref_entity != name)
          done.issues.add(field.spot, codes::kContradiction,
                          quoted(field.text) + " is no reference to " + quoted(name));
      });
}

void read_relation(TableReader& table, data::Entity& entity, UniqueNames& unique, Draft& draft) {
  data::Relation relation;
  const auto name = table.text("name", Need::required);
  const bool is_named = name &&
                        check_name(*name, NameUse::field, "a relation name", draft.issues) &&
                        unique.add(*name);
  if (is_named) relation.name = name->text;
  const auto kind = table.choice("kind", Need::required, kKinds);
  relation.kind = static_cast<data::RelationKind>(kind.value_or(1));
  relation.display_name = table.localized("display_name", Need::required);
  read_target(table, relation, draft);
  if (relation.kind == data::RelationKind::one_to_many)
    read_back_reference(table, relation, entity, draft);
  if (relation.kind == data::RelationKind::many_to_one) {
    relation.required = table.boolean("required", false);
    if (const auto word = table.choice("on_delete", Need::optional, kOnDelete))
      relation.on_delete = static_cast<data::OnDelete>(*word);
    if (relation.on_delete == data::OnDelete::set_null && relation.required)
      draft.issues.add(table.spot_of("on_delete"), codes::kContradiction,
                       "a required field cannot be set to null");
  }
  if (kind) table.finish();
  if (!is_named) return;
  if (relation.kind == data::RelationKind::many_to_one)
    add_made(entity, data::reference_field(relation), name->spot, draft);
  if (relation.kind == data::RelationKind::many_to_many &&
      entity.name.size() + 1 + relation.name.size() > kLongestName)
    draft.issues.add(name->spot, codes::kNameLong,
                     "the table of this relation is " + quoted(entity.name + "_" + relation.name) +
                         ", longer than 40 bytes");
  entity.relations.push_back(std::move(relation));
}

class StatesReader {
 public:
  StatesReader(data::Entity& entity, Draft& draft) : entity_(entity), draft_(draft) {}

  void read(TableReader& table) {
    const auto field = table.text("field", Need::required);
    if (field && check_name(*field, NameUse::field, "a field name", draft_.issues))
      states_.field = field->text;
    states_.display_name = table.localized("display_name", Need::required);
    UniqueNames unique("state", draft_.issues);
    for (auto& state : table.tables("states", ManifestLimits::kItems)) read_state(state, unique);
    if (table.any("states", Need::required) != nullptr && states_.states.empty())
      draft_.issues.add(table.spot_of("states"), codes::kRange, "there is at least one state");
    const auto initial = table.text("initial", Need::required);
    if (initial) {
      must_be_state(*initial);
      states_.initial = initial->text;
    }
    UniqueNames transitions("transition", draft_.issues);
    for (auto& transition : table.tables("transitions", ManifestLimits::kItems))
      read_transition(transition, transitions);
    table.finish();
    if (states_.field.empty() || !initial) return;
    add_made(entity_, data::status_field(states_), field->spot, draft_);
    entity_.states = std::move(states_);
  }

 private:
  void must_be_state(const Word& word) {
    if (states_.find(word.text) != nullptr) return;
    draft_.issues.add(word.spot, codes::kDangling, quoted(word.text) + " is no state",
                      did_you_mean(word.text, names_of(states_.states, &data::State::name)));
  }

  void read_state(TableReader& table, UniqueNames& unique) {
    data::State state;
    const auto name = table.text("name", Need::required);
    if (name && check_name(*name, NameUse::other, "a state", draft_.issues) && unique.add(*name))
      state.name = name->text;
    state.label = table.localized("label", Need::required);
    state.immutable = table.boolean("immutable", false);
    for (const auto& field : table.texts("required")) {
      must_be_field(entity_, field, draft_);
      state.required.push_back(field.text);
    }
    table.finish();
    if (!state.name.empty()) states_.states.push_back(std::move(state));
  }

  void read_transition(TableReader& table, UniqueNames& unique) {
    data::Transition transition;
    const auto name = table.text("name", Need::required);
    if (name && check_name(*name, NameUse::other, "a transition", draft_.issues) &&
        unique.add(*name))
      transition.name = name->text;
    transition.display_name = table.localized("display_name", Need::required);
    for (const auto& from : table.texts("from", Need::required)) {
      must_be_state(from);
      transition.from.push_back(from.text);
    }
    if (const auto to = table.text("to", Need::required)) {
      must_be_state(*to);
      transition.to = to->text;
    }
    if (const auto code = table.text("permission", Need::optional)) {
      must_be_permission(*code, draft_);
      transition.permission = code->text;
    }
    transition.not_author = table.boolean("not_author", false);
    read_amount(table, transition);
    if (auto approvals = table.table("approvals")) read_approvals(*approvals, transition);
    table.finish();
    if (!transition.name.empty()) states_.transitions.push_back(std::move(transition));
  }

  void read_amount(TableReader& table, data::Transition& transition) {
    const auto field = table.text("amount_field", Need::optional);
    const auto code = table.text("amount_permission", Need::optional);
    if (code) {
      must_be_permission(*code, draft_);
      transition.amount_permission = code->text;
    }
    if (!field && code && table.look("amount_limit") == nullptr)
      draft_.issues.add(table.spot(), codes::kMissing,
                        "an amount limit needs its \"amount_field\"");
    read_limit(table, field, "amount_limit", transition.amount_field, transition.amount_limit);
  }

  /// The value under `key` above which something else holds, and the field that it is about.
  void read_limit(TableReader& table, const std::optional<Word>& field, std::string_view key,
                  std::string& amount_field, std::optional<std::string>& amount_limit) {
    const auto* limit = table.any(key, field ? Need::required : Need::optional);
    if (!field) {
      if (limit != nullptr)
        draft_.issues.add(table.spot(), codes::kMissing,
                          "an amount limit needs its \"amount_field\"");
      return;
    }
    must_be_field(entity_, *field, draft_);
    const auto* amount = entity_.find(field->text);
    if (amount == nullptr) return;
    using data::FieldType;
    if (amount->type != FieldType::integer && amount->type != FieldType::decimal &&
        amount->type != FieldType::money) {
      draft_.issues.add(field->spot, codes::kContradiction,
                        "an amount is a field of type integer, decimal or money");
      return;
    }
    amount_field = field->text;
    if (limit != nullptr)
      amount_limit = read_value(*limit, table.spot_of(key), key, *amount, draft_.issues);
  }

  void read_approvals(TableReader& table, data::Transition& transition) {
    data::Approvals approvals;
    if (const auto count = table.integer("count", 1, data::kMaxApprovals))
      approvals.count = static_cast<std::uint32_t>(*count);
    if (const auto code = table.text("permission", Need::required)) {
      must_be_permission(*code, draft_);
      approvals.permission = code->text;
    }
    approvals.not_author = table.boolean("not_author", true);
    read_limit(table, table.text("amount_field", Need::optional), "above", approvals.amount_field,
               approvals.above);
    table.finish();
    transition.approvals = std::move(approvals);
  }

  data::Entity& entity_;
  Draft& draft_;
  data::States states_;
};

}  // namespace

void read_entity_parts(TableReader& table, data::Entity& entity, Draft& draft) {
  if (const auto scope = table.choice("data_scope", Need::optional, kScopes))
    entity.data_scope = static_cast<data::DataScope>(*scope);
  UniqueNames unique("relation", draft.issues);
  for (auto& relation : table.tables("relations", ManifestLimits::kIndexes))
    read_relation(relation, entity, unique, draft);
  if (auto states = table.table("states")) StatesReader(entity, draft).read(*states);
}

void read_extends(TableReader& root, Draft& draft) {
  for (auto& table : root.tables("extends", ManifestLimits::kEntities)) {
    data::Entity extension;
    if (const auto plugin = table.text("plugin", Need::required)) {
      extension.extends = plugin->text;
      draft.must_exist(*plugin, "one of metadata.plugins", [](const Manifest& manifest) {
        return names_of(manifest.metadata.plugins, &PluginDependency::id);
      });
    }
    if (const auto entity = table.text("entity", Need::required);
        entity && check_name(*entity, NameUse::entity, "an entity name", draft.issues))
      extension.name = entity->text;
    extension.fields = read_fields(table, "fields", FieldUse::entity, draft);
    if (table.any("fields") == nullptr)
      draft.issues.add(table.spot(), codes::kMissing, "an extension has at least one field");
    for (const auto* key : {"read_permission", "write_permission"})
      if (const auto code = table.text(key, Need::optional)) {
        must_be_permission(*code, draft);
        for (auto& field : extension.fields)
          (std::string_view(key) == "read_permission" ? field.read_permission
                                                      : field.write_permission) = code->text;
      }
    for (const auto& field : extension.fields)
      if (draft.manifest.metadata.id.size() + data::kExtensionMark.size() + field.name.size() >
          kLongestName)
        draft.issues.add(table.spot_of("fields"), codes::kNameLong,
                         quoted(field.name) + " and the id of the plugin are longer than 38 bytes");
    read_indexes(table, extension, draft);
    table.not_served(kLater, "(of an extension)");
    table.finish();
    if (!extension.name.empty()) draft.manifest.extensions.push_back(std::move(extension));
  }
}

}  // namespace tenon::plugins
