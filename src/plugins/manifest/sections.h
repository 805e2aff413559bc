#pragma once
// One reader per section of the manifest, one file each. What refers to another section is checked
// when all of them have been read.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/manifest/manifest.h"
#include "plugins/manifest/reader.h"
#include "plugins/manifest/rules.h"

namespace tenon::plugins {

/// The manifest as far as it was read.
struct Draft {
  Manifest manifest;
  IssueList issues;
  std::vector<std::function<void(Draft&)>> checks;  // run in order when all sections are read

  /// Names what `word` may refer to.
  using Names = std::function<std::vector<std::string_view>(const Manifest&)>;
  /// Refuses `word` (`manifest.dangling`) unless it is one of `names` in the end.
  void must_exist(Word word, std::string_view what, Names names);
};

void read_metadata(TableReader& root, Draft& draft);
void read_permissions(TableReader& root, Draft& draft);
void read_capabilities(TableReader& root, Draft& draft);
void read_events(TableReader& root, Draft& draft);
void read_hooks(TableReader& root, Draft& draft);
void read_actions(TableReader& root, Draft& draft);
void read_routes(TableReader& root, Draft& draft);
void read_entities(TableReader& schema, Draft& draft);
void read_extends(TableReader& root, Draft& draft);
/// `states`, `relations` and `data_scope` of an entity; what they make of fields is added to it.
void read_entity_parts(TableReader& table, data::Entity& entity, Draft& draft);
/// The tables under `indexes`.
void read_indexes(TableReader& table, data::Entity& entity, Draft& draft);
/// `[[numbering]]`: how sequence fields get their numbers. Behind entities and extensions.
void read_numbering(TableReader& root, Draft& draft);
void read_pages(TableReader& root, Draft& draft);
void read_settings(TableReader& root, Draft& draft);
/// `[[jobs]]`: actions that are called at times.
void read_jobs(TableReader& root, Draft& draft);
/// `[[export]]`, `[[import]]`, `[[templates]]`.
void read_exports(TableReader& root, Draft& draft);
void read_imports(TableReader& root, Draft& draft);
void read_templates(TableReader& root, Draft& draft);
void finish_declared(Manifest& manifest);

enum class FieldUse : std::uint8_t { entity, input, setting };

/// The entity whose fields are read: of this manifest, or of another plugin that is added to.
struct FieldOwner {
  std::string extends;  // the other plugin, or empty
  std::string name;
};
/// `formula`, `rollup` and `result` of a computed field; what they name is checked in the end.
void read_filling(TableReader& table, const FieldOwner& owner, data::Field& field, Draft& draft);

/// The tables under `key` of `owner`, each a field.
std::vector<data::Field> read_fields(TableReader& owner, std::string_view key, FieldUse use,
                                     Draft& draft);
/// `default`, `validation.minimum`, `validation.maximum`: the JSON text of the TOML value, when it
/// fits the type of `field`.
std::optional<std::string> read_value(const TomlValue& value, const Spot& spot,
                                      std::string_view what, const data::Field& field,
                                      IssueList& issues);

/// Rules over the whole: cycles of references, exports that the contract does not have.
void check_whole(Draft& draft, const TomlValue& root);

/// Refers to a permission of this manifest.
void must_be_permission(const Word& code, Draft& draft);
/// Refers to an entity of this manifest.
void must_be_entity(const Word& name, Draft& draft);

/// `id` and a column or field name, from a list that is read later.
template <class T, class Projection>
std::vector<std::string_view> names_of(const std::vector<T>& list, Projection projection) {
  std::vector<std::string_view> names;
  for (const auto& item : list) names.push_back(std::invoke(projection, item));
  return names;
}

}  // namespace tenon::plugins
