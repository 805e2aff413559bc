#include "data/catalog.h"
#include "data/index_rules.h"
#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/sections.h"
#include "plugins/manifest/suggest.h"

namespace tenon::plugins {
namespace {

/// What the plugin's hook computes is JSON.
bool has_column(const data::Field& field) {
  const auto type = data::type_of_values(field);
  return type != data::FieldType::json && type != data::FieldType::multi_select &&
         type != data::FieldType::computed;
}

/// The condition of a partial index, tried on the entity as it has been read so far.
void check_condition(const data::Entity& entity, const Word& where, Draft& draft) {
  data::Entity bare;
  bare.plugin = "check";
  bare.name = "check";
  bare.fields = entity.fields;
  bare.indexes = {{.fields = {}, .unique = false, .where = where.text}};
  const auto made = data::EntityInfo::make(std::move(bare), 1);
  if (!made && made.error().reason() == "schema.index")
    draft.issues.add(where.spot, codes::kCondition, made.error().message());
}

void read_index(TableReader& table, data::Entity& entity, Draft& draft) {
  data::Index index;
  UniqueNames unique("indexed field", draft.issues);
  const auto words = table.texts("fields", Need::required);
  for (const auto& word : words) {
    const auto* field = entity.find(word.text);
    if (field == nullptr)
      draft.issues.add(word.spot, codes::kDangling,
                       quoted(word.text) + " is no field of " + quoted(entity.name),
                       did_you_mean(word.text, names_of(entity.fields, &data::Field::name)));
    else if (!has_column(*field))
      draft.issues.add(
          word.spot, codes::kContradiction,
          "a field of type " + std::string(to_string(field->type)) + " cannot be indexed");
    if (unique.add(word)) index.fields.push_back(word.text);
  }
  index.unique = table.boolean("unique", false);
  if (index.unique)
    for (const auto& word : words)
      if (const auto* field = entity.find(word.text);
          field != nullptr && (field->formula || field->rollup))
        draft.issues.add(word.spot, codes::kContradiction,
                         "a computed field is in no unique index");
  if (const auto where = table.text("where", Need::optional)) {
    index.where = where->text;
    check_condition(entity, *where, draft);
  }
  table.finish();
  if (const auto* fields = table.any("fields");
      fields != nullptr && fields->kind == TomlKind::array && fields->items.empty())
    draft.issues.add(table.spot_of("fields"), codes::kRange, "an index has at least one field");
  entity.indexes.push_back(std::move(index));
}

void read_label_field(TableReader& table, data::Entity& entity, Draft& draft) {
  const auto word = table.text("label_field", Need::optional);
  if (!word) {
    for (const auto& field : entity.fields)
      if (field.type == data::FieldType::string) {
        entity.label_field = field.name;
        break;
      }
    return;
  }
  const auto* field = entity.find(word->text);
  if (field == nullptr)
    draft.issues.add(word->spot, codes::kDangling,
                     quoted(word->text) + " is no field of " + quoted(entity.name),
                     did_you_mean(word->text, names_of(entity.fields, &data::Field::name)));
  else if (field->type == data::FieldType::json || field->type == data::FieldType::multi_select ||
           field->type == data::FieldType::text)
    draft.issues.add(word->spot, codes::kContradiction,
                     "a field of type " + std::string(to_string(field->type)) +
                         " cannot name a row in one line");
  entity.label_field = word->text;
}

}  // namespace

void read_indexes(TableReader& table, data::Entity& entity, Draft& draft) {
  for (auto& index : table.tables("indexes", ManifestLimits::kIndexes))
    read_index(index, entity, draft);
}

void read_entities(TableReader& schema, Draft& draft) {
  UniqueNames unique("entity", draft.issues);
  UniqueLabels labels("entity", draft.issues);
  for (auto& table : schema.tables("entities", ManifestLimits::kEntities)) {
    data::Entity entity;
    const auto name = table.text("name", Need::required);
    const bool is_named =
        name && check_name(*name, NameUse::entity, "an entity name", draft.issues);
    if (is_named && unique.add(*name)) entity.name = name->text;
    entity.display_name = table.localized("display_name", Need::required);
    labels.add(table.spot_of("display_name"), entity.display_name);
    entity.is_public = table.boolean("is_public", false);
    entity.soft_delete = table.boolean("soft_delete", true);
    entity.fields = read_fields(table, "fields", FieldUse::entity, draft);
    if (table.any("fields") == nullptr)
      draft.issues.add(table.spot(), codes::kMissing,
                       "an entity has at least one [[schema.entities.fields]]");
    read_entity_parts(table, entity, draft);
    read_label_field(table, entity, draft);
    read_indexes(table, entity, draft);
    if (const auto old = table.text("renamed_from", Need::optional);
        old && check_name(*old, NameUse::other, "an entity name", draft.issues))
      entity.renamed_from = old->text;
    table.finish();
    if (!entity.name.empty()) draft.manifest.entities.push_back(std::move(entity));
  }
}

}  // namespace tenon::plugins
