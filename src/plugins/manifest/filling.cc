// What the host fills in: formulas, roll-ups and numbers. The keys are read with their field; what
// they name may stand anywhere in the file and is looked for when all of it has been read.
#include <algorithm>
#include <array>
#include <set>

#include "data/derived.h"
#include "data/index_rules.h"
#include "data/number_format.h"
#include "data/relations.h"
#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/sections.h"
#include "plugins/manifest/suggest.h"

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;
using data::Aggregate;
using data::Entity;
using data::Field;
using data::FieldType;

constexpr std::array kResults = {"integer"sv, "decimal"sv, "money"sv,
                                 "boolean"sv, "date"sv,    "datetime"sv};
constexpr std::array kResultTypes = {FieldType::integer, FieldType::decimal, FieldType::money,
                                     FieldType::boolean, FieldType::date,    FieldType::datetime};
constexpr std::array kFunctions = {"count"sv, "sum"sv, "min"sv, "max"sv};
constexpr std::array kModes = {"fast"sv, "gapless"sv};

/// Null: the entity could not be read, which was said already.
const Entity* find_owner(const Manifest& manifest, const FieldOwner& owner) {
  if (owner.extends.empty()) return manifest.find_entity(owner.name);
  const auto found = std::ranges::find_if(manifest.extensions, [&](const Entity& extension) {
    return extension.extends == owner.extends && extension.name == owner.name;
  });
  return found == manifest.extensions.end() ? nullptr : &*found;
}

std::vector<std::string_view> names_if(const Entity& entity, const auto& fits) {
  std::vector<std::string_view> names;
  for (const auto& field : entity.fields)
    if (fits(field)) names.emplace_back(field.name);
  return names;
}

bool is_scaled(FieldType type) { return type == FieldType::decimal || type == FieldType::money; }

/// A type as people write it: `money with scale 2`.
std::string described(const Field& field) {
  const auto type = data::type_of_values(field);
  auto text = std::string(to_string(type));
  if (is_scaled(type)) text += " with scale " + std::to_string(field.scale);
  return text;
}

/// A formula of an extension may name fields of the other plugin's entity, of which this manifest
/// knows nothing: those are taken as they come.
class FormulaCheck {
 public:
  FormulaCheck(const Entity& entity, const Field& field, const Word& text, Draft& draft)
      : entity_(entity), field_(field), text_(text), draft_(draft) {}

  void run() {
    const auto formula = parse(text_.text);
    if (!formula) {
      const bool foreign = !entity_.extends.empty() && unknown_;
      if (!foreign || formula.error().reason() == "formula.syntax" ||
          formula.error().reason() == "formula.size")
        draft_.issues.add(text_.spot, codes::kFormula, formula.error().message(), hint());
      return;
    }
    const auto type = data::type_of_values(field_);
    if (!data::formula_gives(type))
      draft_.issues.add(text_.spot, codes::kFormula,
                        "a formula gives an integer, decimal, money, boolean or date, no " +
                            std::string(to_string(type)));
    else if ((formula->kind() == data::Formula::Kind::truth) != (type == FieldType::boolean) &&
             !unknown_)
      draft_.issues.add(text_.spot, codes::kFormula,
                        type == FieldType::boolean
                            ? "the result is a boolean, but this formula gives a number"
                            : "this formula gives a condition; say result = \"boolean\"");
    if (comes_back(*formula))
      draft_.issues.add(text_.spot, codes::kCycle, "this formula comes back to itself");
  }

 private:
  Result<data::Formula> parse(std::string_view text) {
    return data::Formula::parse(text, [&](std::string_view name) {
      const auto found = std::ranges::find(entity_.fields, name, &Field::name);
      if (found != entity_.fields.end())
        return data::formula_field(*found,
                                   static_cast<std::size_t>(found - entity_.fields.begin()));
      if (!unknown_) unknown_ = std::string(name);
      if (entity_.extends.empty()) return std::optional<data::FormulaField>();
      return std::optional(data::FormulaField{.column = entity_.fields.size()});
    });
  }

  [[nodiscard]] std::string hint() const {
    if (!unknown_ || !entity_.extends.empty()) return {};
    return did_you_mean(*unknown_, names_if(entity_, [](const Field& field) {
      return data::formula_field(field, 0).has_value();
    }));
  }

  bool comes_back(const data::Formula& formula) {
    std::set<std::size_t> seen;
    std::vector<std::size_t> next(formula.columns());
    while (!next.empty()) {
      const auto column = next.back();
      next.pop_back();
      if (column >= entity_.fields.size() || !seen.insert(column).second) continue;
      const auto& other = entity_.fields[column];
      if (&other == &field_) return true;
      if (!other.formula) continue;
      if (const auto inner = parse(*other.formula))
        next.insert(next.end(), inner->columns().begin(), inner->columns().end());
    }
    return false;
  }

  const Entity& entity_;
  const Field& field_;
  const Word& text_;
  Draft& draft_;
  std::optional<std::string> unknown_;
};

struct RollupWords {
  Spot spot;
  bool known = true;  // the function
  std::optional<Word> plugin, entity, reference, field;
};

bool refers_to(const Field& field, const Entity& entity) {
  return field.type == FieldType::reference && field.ref_plugin == entity.extends &&
         field.ref_entity == entity.name;
}

/// An entity of this plugin, or the one that a many_to_many relation makes.
std::optional<Entity> find_rows(const Manifest& manifest, const Word& name, IssueList& issues) {
  if (const auto* found = manifest.find_entity(name.text)) return *found;
  std::vector<std::string> known;
  for (const auto& entity : manifest.entities) known.push_back(entity.name);
  if (const auto all = data::expand(manifest.entities))
    for (const auto& entity : *all) {
      if (entity.name == name.text) return entity;
      if (!entity.link_of.empty()) known.push_back(entity.name);
    }
  const std::vector<std::string_view> words(known.begin(), known.end());
  issues.add(name.spot, codes::kDangling, quoted(name.text) + " is not an entity of this manifest",
             did_you_mean(name.text, words));
  return std::nullopt;
}

/// Rows of this plugin that refer to `entity`.
void check_own_rows(const Entity& entity, const Field& field, const RollupWords& words,
                    Draft& draft) {
  if (!words.entity) return;
  const auto rows = find_rows(draft.manifest, *words.entity, draft.issues);
  if (!rows) return;
  if (words.reference) {
    const auto* reference = rows->find(words.reference->text);
    if (reference == nullptr || !refers_to(*reference, entity))
      draft.issues.add(
          words.reference->spot, reference == nullptr ? codes::kDangling : codes::kContradiction,
          quoted(words.reference->text) + " is no reference of " + quoted(rows->name) + " to " +
              quoted(entity.name),
          did_you_mean(words.reference->text,
                       names_if(*rows, [&](const Field& one) { return refers_to(one, entity); })));
  }
  if (!words.field || !words.known || field.rollup->function == Aggregate::count) return;
  const bool sums = field.rollup->function == Aggregate::sum;
  const auto fits = [&](const Field& one) {
    const auto type = data::type_of_values(one);
    const bool number = type == FieldType::integer || is_scaled(type);
    return number || (!sums && (type == FieldType::date || type == FieldType::datetime));
  };
  const auto* value = rows->find(words.field->text);
  if (value == nullptr) {
    draft.issues.add(words.field->spot, codes::kDangling,
                     quoted(words.field->text) + " is no field of " + quoted(rows->name),
                     did_you_mean(words.field->text, names_if(*rows, fits)));
  } else if (!fits(*value)) {
    draft.issues.add(words.field->spot, codes::kContradiction,
                     "a field of type " + described(*value) + " cannot be rolled up by " +
                         std::string(kFunctions[static_cast<std::size_t>(field.rollup->function)]));
  } else if (described(*value) != described(field)) {
    draft.issues.add(words.spot, codes::kContradiction,
                     "the result is " + described(field) + ", but " + quoted(value->name) + " is " +
                         described(*value) + "; they must be the same");
  }
}

/// Rows of another plugin are there for who may read them.
void check_foreign_rows(const RollupWords& words, Draft& draft) {
  draft.must_exist(*words.plugin, "one of metadata.plugins", [](const Manifest& manifest) {
    return names_of(manifest.metadata.plugins, &PluginDependency::id);
  });
  if (words.reference) check_name(*words.reference, NameUse::field, "a field name", draft.issues);
  if (words.field) check_name(*words.field, NameUse::field, "a field name", draft.issues);
  if (!words.entity || !check_name(*words.entity, NameUse::entity, "an entity name", draft.issues))
    return;
  draft.must_exist({words.plugin->text + "." + words.entity->text, words.entity->spot},
                   "among capabilities.read", [](const Manifest& manifest) {
                     return std::vector<std::string_view>(manifest.capabilities.read.begin(),
                                                          manifest.capabilities.read.end());
                   });
}

void check_rollup(const Entity& entity, const Field& field, const RollupWords& words,
                  Draft& draft) {
  const bool counts = words.known && field.rollup->function == Aggregate::count;
  if (counts && data::type_of_values(field) != FieldType::integer)
    draft.issues.add(words.spot, codes::kContradiction, "a count is an integer",
                     "say result = \"integer\"");
  if (!words.plugin) check_own_rows(entity, field, words, draft);
}

std::optional<RollupWords> read_rollup(TableReader& owner, Field& field, Draft& draft) {
  auto table = owner.table("rollup");
  if (!table) return std::nullopt;
  RollupWords words{
      .spot = table->spot(), .plugin = {}, .entity = {}, .reference = {}, .field = {}};
  const auto function = table->choice("function", Need::required, kFunctions);
  words.known = function.has_value();
  auto& rollup = field.rollup.emplace();
  rollup.function = static_cast<Aggregate>(function.value_or(0));
  words.plugin = table->text("plugin", Need::optional);
  words.entity = table->text("entity", Need::required);
  words.reference = table->text("reference", Need::required);
  const bool counts = function && rollup.function == Aggregate::count;
  words.field = table->text("field", function && !counts ? Need::required : Need::optional);
  if (counts && words.field)
    draft.issues.add(words.field->spot, codes::kContradiction,
                     "a count counts rows; it has no \"field\"");
  table->finish();
  if (words.plugin) rollup.plugin = words.plugin->text;
  if (words.entity) rollup.entity = words.entity->text;
  if (words.reference) rollup.reference = words.reference->text;
  if (words.field && !counts) rollup.field = words.field->text;
  if (words.plugin) check_foreign_rows(words, draft);
  return words;
}

}  // namespace

void read_filling(TableReader& table, const FieldOwner& owner, Field& field, Draft& draft) {
  const auto result = table.choice("result", Need::required, kResults);
  if (result) field.result = kResultTypes[*result];
  const auto formula = table.text("formula", Need::optional);
  const auto rollup = read_rollup(table, field, draft);
  if (formula) field.formula = formula->text;
  if (table.look("formula") != nullptr && table.look("rollup") != nullptr)
    draft.issues.add(table.spot_of("rollup"), codes::kContradiction,
                     "a field has a formula or a roll-up, not both");
  else if (table.look("formula") == nullptr && table.look("rollup") == nullptr)
    draft.issues.add(table.spot_of("result"), codes::kMissing,
                     "a result needs its \"formula\" or \"rollup\"");
  if (!result) return;
  const auto later = [&](auto check) {
    draft.checks.push_back([owner, name = field.name, check = std::move(check)](Draft& done) {
      const auto* entity = find_owner(done.manifest, owner);
      const auto* found = entity == nullptr ? nullptr : entity->find(name);
      if (found != nullptr) check(*entity, *found, done);
    });
  };
  if (formula)
    later([text = *formula](const Entity& entity, const Field& found, Draft& done) {
      if (found.formula == text.text) FormulaCheck(entity, found, text, done).run();
    });
  if (rollup)
    later([words = *rollup](const Entity& entity, const Field& found, Draft& done) {
      if (found.rollup) check_rollup(entity, found, words, done);
    });
}

void read_numbering(TableReader& root, Draft& draft) {
  std::set<std::pair<std::string, std::string>> taken;
  for (auto& table : root.tables("numbering", ManifestLimits::kItems)) {
    const auto name = table.text("entity", Need::required);
    const auto field = table.text("field", Need::required);
    const auto format = table.text("format", Need::optional);
    const auto mode = table.choice("mode", Need::optional, kModes);
    table.finish();
    data::Numbering numbering;
    if (mode) numbering.mode = static_cast<data::Numbering::Mode>(*mode);
    if (format) {
      numbering.format = format->text;
      if (const auto parsed = data::NumberFormat::parse(format->text); !parsed)
        draft.issues.add(format->spot, codes::kNumbering, parsed.error().message());
    }
    if (!name || !field) continue;
    Entity* entity = nullptr;
    for (auto& one : draft.manifest.entities)
      if (one.name == name->text) entity = &one;
    for (auto& one : draft.manifest.extensions)
      if (one.extends + "." + one.name == name->text) entity = &one;
    if (entity == nullptr) {
      must_be_entity(*name, draft);
      continue;
    }
    const auto found = std::ranges::find(entity->fields, field->text, &Field::name);
    if (found == entity->fields.end() || found->type != FieldType::sequence)
      draft.issues.add(field->spot,
                       found == entity->fields.end() ? codes::kDangling : codes::kContradiction,
                       quoted(field->text) + " is no sequence of " + quoted(entity->name),
                       did_you_mean(field->text, names_if(*entity, [](const Field& one) {
                                      return one.type == FieldType::sequence;
                                    })));
    else if (!taken.emplace(name->text, field->text).second)
      draft.issues.add(field->spot, codes::kDuplicate,
                       "the numbers of " + quoted(field->text) + " were declared already");
    else
      found->numbering = std::move(numbering);
  }
}

}  // namespace tenon::plugins
