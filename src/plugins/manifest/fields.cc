#include <algorithm>
#include <array>

#include "base/regex.h"
#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/sections.h"
#include "plugins/manifest/suggest.h"

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;
using data::FieldType;

constexpr std::array kTypes = {"string"sv,    "text"sv,    "integer"sv,  "decimal"sv,
                               "money"sv,     "boolean"sv, "date"sv,     "datetime"sv,
                               "uuid"sv,      "json"sv,    "select"sv,   "multi_select"sv,
                               "reference"sv, "file"sv,    "sequence"sv, "computed"sv};
constexpr std::array kOnDelete = {"restrict"sv, "set_null"sv, "cascade"sv};
constexpr std::array kScopeRoles = {"none"sv, "owner"sv, "department"sv};
constexpr std::array kLater = {"visible_when"sv};
constexpr std::int64_t kLongestString = 10'000;
constexpr std::int64_t kLongestText = 1'000'000;
constexpr std::size_t kLongestPattern = 200;

bool is_one_of(FieldType type, std::initializer_list<FieldType> types) {
  return std::ranges::find(types, type) != types.end();
}

/// Reads one field; what a type does not have is refused, not ignored.
class FieldReader {
 public:
  FieldReader(TableReader& table, FieldUse use, const FieldOwner& owner, Draft& draft)
      : table_(table), use_(use), owner_(owner), draft_(draft) {}

  data::Field read(UniqueNames& unique, UniqueLabels& labels) {
    const auto name = table_.text("name", Need::required);
    if (name &&
        check_name(*name, use_ == FieldUse::entity ? NameUse::field : NameUse::other,
                   "a field name", draft_.issues) &&
        unique.add(*name))
      field_.name = name->text;
    const auto type = table_.choice("field_type", Need::required, kTypes);
    field_.type = static_cast<FieldType>(type.value_or(0));
    field_.display_name = table_.localized("display_name", Need::required);
    labels.add(table_.spot_of("display_name"), field_.display_name);
    const bool given = is({FieldType::sequence, FieldType::computed});
    if (given && use_ != FieldUse::entity)
      draft_.issues.add(table_.spot_of("field_type"), codes::kContradiction,
                        "only a field of an entity is filled in by the host");
    field_.required = flag("required", !given);
    read_computed();
    read_flags();
    read_sizes();
    read_options();
    read_reference();
    read_reference_rules();
    read_renamed(name);
    read_widget();
    read_validation();
    read_default();
    table_.not_served(kLater, "(of a field)");
    if (type) table_.finish();  // without its type a field's other keys cannot be judged
    return std::move(field_);
  }

 private:
  [[nodiscard]] bool is(std::initializer_list<FieldType> types) const {
    return is_one_of(field_.type, types);
  }

  /// Whether the key is there and belongs to the type; else it is refused by name.
  bool has(std::string_view key, bool fits) {
    if (table_.any(key) == nullptr) return false;
    if (!fits)
      draft_.issues.add(table_.spot_of(key), codes::kContradiction,
                        "a field of type " + std::string(to_string(field_.type)) +
                            (use_ == FieldUse::entity  ? ""
                             : use_ == FieldUse::input ? " in an action's input"
                                                       : " in settings") +
                            " has no " + quoted(key));
    return fits;
  }

  bool flag(std::string_view key, bool fits) {
    return has(key, fits) && table_.boolean(key, false);
  }

  void read_computed() {
    const bool fits = is({FieldType::computed}) && use_ == FieldUse::entity;
    bool any = false;
    for (const auto* key : {"formula", "rollup", "result"}) any = has(key, fits) || any;
    if (fits && any) read_filling(table_, owner_, field_, draft_);
  }

  void read_flags() {
    const bool is_column = use_ == FieldUse::entity;
    const bool is_scalar = is_column && !is({FieldType::json, FieldType::multi_select});
    field_.unique = flag(
        "unique", is_scalar && !is({FieldType::text, FieldType::boolean, FieldType::computed}));
    field_.searchable = flag("searchable", is_column && is({FieldType::string, FieldType::text}));
    field_.filterable = flag("filterable", is_column && !is({FieldType::json}));
    field_.sortable = flag("sortable", is_scalar && !is({FieldType::file}));
  }

  void read_sizes() {
    if (has("max_length", is({FieldType::string, FieldType::text})))
      field_.max_length = static_cast<std::uint32_t>(
          table_.integer("max_length", 1, is({FieldType::string}) ? kLongestString : kLongestText)
              .value_or(0));
    const bool scaled =
        is({FieldType::decimal, FieldType::money}) ||
        (field_.result && is_one_of(*field_.result, {FieldType::decimal, FieldType::money}));
    if (has("scale", scaled))
      field_.scale = static_cast<std::uint8_t>(table_.integer("scale", 0, 9).value_or(2));
  }

  void read_option(TableReader& table, UniqueNames& unique, UniqueLabels& labels) {
    data::Option option;
    const auto value = table.text("value", Need::required);
    if (value && check_text(value->spot, value->text, {.longest = 63}, draft_.issues) &&
        unique.add(*value))
      option.value = value->text;
    option.label = table.localized("label", Need::required);
    labels.add(table.spot_of("label"), option.label);
    table.finish();
    if (!option.value.empty()) field_.options.push_back(std::move(option));
  }

  void read_options() {
    const bool is_choice = is({FieldType::select, FieldType::multi_select});
    if (!has("options", is_choice)) {
      if (is_choice) table_.any("options", Need::required);
      return;
    }
    UniqueNames unique("option", draft_.issues);
    UniqueLabels labels("option", draft_.issues);
    for (auto& table : table_.tables("options", ManifestLimits::kOptions))
      read_option(table, unique, labels);
    if (const auto* list = table_.any("options");
        list->kind == TomlKind::array && list->items.empty())
      draft_.issues.add(table_.spot_of("options"), codes::kRange, "there is at least one option");
  }

  void read_reference() {
    const bool is_reference = is({FieldType::reference}) && use_ != FieldUse::setting;
    const bool has_plugin = has("ref_plugin", is_reference);
    const bool has_label = has("ref_label_field", is_reference);
    if (has("on_delete", is_reference && use_ == FieldUse::entity))
      if (const auto word = table_.choice("on_delete", Need::optional, kOnDelete))
        field_.on_delete = static_cast<data::OnDelete>(*word);
    if (field_.on_delete == data::OnDelete::set_null && field_.required)
      draft_.issues.add(table_.spot_of("on_delete"), codes::kContradiction,
                        "a required field cannot be set to null");
    if (is({FieldType::reference}) && use_ == FieldUse::setting)
      draft_.issues.add(table_.spot_of("field_type"), codes::kContradiction,
                        "a setting is no reference");
    if (!has("ref_entity", is_reference)) {
      if (is_reference) table_.any("ref_entity", Need::required);
      return;
    }
    const auto entity = table_.text("ref_entity", Need::required);
    const auto plugin = has_plugin ? table_.text("ref_plugin", Need::optional) : std::nullopt;
    const auto label = has_label ? table_.text("ref_label_field", Need::optional) : std::nullopt;
    if (entity) field_.ref_entity = entity->text;
    if (label) field_.ref_label_field = label->text;
    if (plugin) {
      field_.ref_plugin = plugin->text;
      draft_.must_exist(*plugin, "one of metadata.plugins", [](const Manifest& manifest) {
        return names_of(manifest.metadata.plugins, &PluginDependency::id);
      });
      if (entity) check_name(*entity, NameUse::entity, "an entity name", draft_.issues);
      if (label) check_name(*label, NameUse::field, "a field name", draft_.issues);
      if (field_.on_delete != data::OnDelete::restrict && table_.any("on_delete") != nullptr)
        draft_.issues.add(table_.spot_of("on_delete"), codes::kContradiction,
                          "a reference to another plugin degrades to its label; it has no "
                          "on_delete");
    } else if (entity) {
      must_be_entity(*entity, draft_);
      if (label) check_label_later(entity->text, *label);
    }
  }

  /// Rules that join a reference to other fields of the same entity.
  void read_reference_rules() {
    const bool is_reference = is({FieldType::reference}) && use_ == FieldUse::entity;
    if (has("no_cycle", is_reference)) {
      field_.no_cycle = table_.boolean("no_cycle", false);
      if (!field_.ref_plugin.empty())
        draft_.issues.add(table_.spot_of("no_cycle"), codes::kContradiction,
                          "only a reference to the own entity can form a cycle");
    }
    if (has("scope_role", use_ == FieldUse::entity && is({FieldType::reference, FieldType::uuid})))
      if (const auto word = table_.choice("scope_role", Need::optional, kScopeRoles))
        field_.scope_role = static_cast<data::ScopeRole>(*word);
    if (has("cascade_from",
            use_ == FieldUse::entity && is({FieldType::reference, FieldType::select})))
      if (const auto word = table_.text("cascade_from", Need::optional))
        field_.cascade_from = word->text;
    if (has("ref_fallback_label", is_reference))
      if (const auto word = table_.text("ref_fallback_label", Need::optional))
        field_.ref_fallback_label = word->text;
  }

  void read_renamed(const std::optional<Word>& name) {
    if (!has("renamed_from", use_ == FieldUse::entity)) return;
    const auto word = table_.text("renamed_from", Need::optional);
    if (!word || !check_name(*word, NameUse::other, "a field name", draft_.issues)) return;
    if (name && name->text == word->text)
      draft_.issues.add(word->spot, codes::kContradiction, "a field is not renamed from itself");
    else
      field_.renamed_from = word->text;
  }

  void check_label_later(const std::string& entity, const Word& label) {
    draft_.checks.push_back([entity, label](Draft& done) {
      const auto* found = done.manifest.find_entity(entity);
      if (found == nullptr || found->find(label.text) != nullptr) return;
      done.issues.add(label.spot, codes::kDangling,
                      quoted(label.text) + " is no field of " + quoted(entity),
                      did_you_mean(label.text, names_of(found->fields, &data::Field::name)));
    });
  }

  void read_widget() {
    const auto widget = table_.text("ui_widget", Need::optional);
    if (widget && check_name(*widget, NameUse::other, "a widget name", draft_.issues))
      field_.ui_widget = widget->text;
  }

  void read_validation() {
    auto rules = table_.table("validation");
    if (!rules) return;
    if (const auto pattern = rules->text("pattern", Need::optional)) {
      if (!is({FieldType::string, FieldType::text}))
        draft_.issues.add(pattern->spot, codes::kContradiction,
                          "only string and text have a pattern");
      else if (pattern->text.empty() || pattern->text.size() > kLongestPattern)
        draft_.issues.add(pattern->spot, codes::kPattern, "a pattern has 1 to 200 bytes");
      else if (const auto regex = Regex::compile(pattern->text); !regex)
        draft_.issues.add(pattern->spot, codes::kPattern, regex.error().message());
      else
        field_.pattern = pattern->text;
    }
    field_.minimum = read_bound(*rules, "minimum");
    field_.maximum = read_bound(*rules, "maximum");
    rules->finish();
  }

  std::optional<std::string> read_bound(TableReader& rules, std::string_view key) {
    const auto* value = rules.any(key);
    if (value == nullptr) return std::nullopt;
    if (is({FieldType::integer, FieldType::decimal, FieldType::money, FieldType::date,
            FieldType::datetime}))
      return read_value(*value, rules.spot_of(key), key, field_, draft_.issues);
    draft_.issues.add(
        rules.spot_of(key), codes::kContradiction,
        "a field of type " + std::string(to_string(field_.type)) + " has no " + quoted(key));
    return std::nullopt;
  }

  void read_default() {
    const bool fits =
        !is({FieldType::reference, FieldType::file, FieldType::sequence, FieldType::computed});
    if (has("default", fits))
      field_.default_value = read_value(*table_.any("default"), table_.spot_of("default"),
                                        "default", field_, draft_.issues);
  }

  TableReader& table_;
  FieldUse use_;
  const FieldOwner& owner_;
  Draft& draft_;
  data::Field field_;
};

/// `cascade_from`, `ref_fallback_label` and `renamed_from` name fields of the same list.
void check_joined(std::vector<TableReader>& tables, const std::vector<data::Field>& fields,
                  Draft& draft) {
  const auto find = [&](std::string_view name) {
    return std::ranges::find(fields, name, &data::Field::name);
  };
  for (auto& table : tables)
    for (const auto* key : {"cascade_from", "ref_fallback_label", "renamed_from"}) {
      const auto* value = table.any(key);
      if (value == nullptr || value->kind != TomlKind::text) continue;
      const auto found = find(value->text);
      const std::string_view name = key;
      if (name == "renamed_from") {
        if (found != fields.end())
          draft.issues.add(table.spot_of(key), codes::kContradiction,
                           quoted(value->text) + " is a field still");
      } else if (found == fields.end()) {
        draft.issues.add(table.spot_of(key), codes::kDangling,
                         quoted(value->text) + " is no field beside this one",
                         did_you_mean(value->text, names_of(fields, &data::Field::name)));
      } else if (name == "ref_fallback_label" && found->type != FieldType::string) {
        draft.issues.add(table.spot_of(key), codes::kContradiction,
                         "a stored label is a field of type string");
      }
    }
}

/// What stands beside the fields; whether it is right is said where it is read.
FieldOwner owner_of(const TableReader& table) {
  const auto text = [&](std::string_view key) {
    const auto* value = table.look(key);
    return value != nullptr && value->kind == TomlKind::text ? value->text : std::string();
  };
  if (table.look("entity") != nullptr) return {.extends = text("plugin"), .name = text("entity")};
  return {.extends = {}, .name = text("name")};
}

}  // namespace

std::vector<data::Field> read_fields(TableReader& owner, std::string_view key, FieldUse use,
                                     Draft& draft) {
  std::vector<data::Field> fields;
  UniqueNames unique("field", draft.issues);
  UniqueLabels labels("field", draft.issues);
  auto tables = owner.tables(key, ManifestLimits::kFields);
  const auto entity = use == FieldUse::entity ? owner_of(owner) : FieldOwner();
  for (auto& table : tables) {
    auto field = FieldReader(table, use, entity, draft).read(unique, labels);
    if (!field.name.empty()) fields.push_back(std::move(field));
  }
  check_joined(tables, fields, draft);
  return fields;
}

}  // namespace tenon::plugins
