#include "data/derived.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/catalog.h"
#include "data/index_rules.h"

namespace tenon::data {
namespace {

std::unexpected<Error> wrong(std::string_view field, std::string reason, std::string_view what) {
  return fail(Error(ErrorCode::invalid, fmt::format("Field \"{}\": {}", field, what))
                  .because(std::move(reason)));
}

bool is_number(FieldType type) noexcept {
  return type == FieldType::integer || type == FieldType::decimal || type == FieldType::money;
}

std::uint8_t scale_of(const Column& column) noexcept {
  return column.type == FieldType::decimal || column.type == FieldType::money ? column.scale
                                                                              : std::uint8_t{0};
}

std::optional<FormulaField> name_in(const EntityInfo& entity, std::string_view name) {
  const auto place = entity.find(name);
  if (!place || entity.columns()[*place].field == nullptr) return std::nullopt;
  return formula_field(*entity.columns()[*place].field, *place);
}

/// Values that change by themselves in the midst of a change of many rows would meet each other.
bool in_unique_index(const Entity& entity, const Field& field) {
  return field.unique || std::ranges::any_of(entity.indexes, [&](const Index& index) {
           return index.unique && std::ranges::find(index.fields, field.name) != index.fields.end();
         });
}

/// Each formula behind those whose result it reads.
Result<std::vector<Derived::Computed>> in_order(const EntityInfo& entity,
                                                std::vector<Derived::Computed> waiting) {
  std::vector<Derived::Computed> done;
  while (!waiting.empty()) {
    const auto ready = std::ranges::find_if(waiting, [&](const auto& one) {
      return std::ranges::none_of(one.formula.columns(), [&](std::size_t column) {
        return std::ranges::any_of(waiting,
                                   [&](const auto& other) { return other.column == column; });
      });
    });
    if (ready == waiting.end())
      return wrong(entity.columns()[waiting.front().column].name, "schema.formula",
                   "the formula comes back to itself.");
    done.push_back(std::move(*ready));
    waiting.erase(ready);
  }
  return done;
}

bool refers_to(const EntityInfo& rows, const Column& column, const EntityInfo& entity) {
  if (column.type != FieldType::reference || column.field == nullptr) return false;
  const auto& plugin = column.field->ref_plugin.empty() ? rows.plugin() : column.field->ref_plugin;
  return plugin == entity.plugin() && column.field->ref_entity == entity.name();
}

Result<Derived::Computed> computed(const EntityInfo& entity, std::size_t place) {
  const auto& column = entity.columns()[place];
  const bool truth = column.type == FieldType::boolean;
  if (!formula_gives(column.type))
    return wrong(column.name, "schema.formula",
                 "the result of a formula is an integer, decimal, money, boolean or date.");
  auto formula = Formula::parse(*column.field->formula,
                                [&](std::string_view name) { return name_in(entity, name); });
  if (!formula) return wrong(column.name, "schema.formula", formula.error().message());
  if ((formula->kind() == Formula::Kind::truth) != truth)
    return wrong(column.name, "schema.formula", "the formula gives another kind of value.");
  return Derived::Computed{.column = place, .formula = std::move(*formula)};
}

}  // namespace

std::optional<FormulaField> formula_field(const Field& field, std::size_t column) {
  const auto type = type_of_values(field);
  if (!formula_gives(type)) return std::nullopt;
  const bool scaled = type == FieldType::decimal || type == FieldType::money;
  return FormulaField{
      .column = column,
      .scale = scaled ? field.scale : std::uint8_t{0},
      .kind = type == FieldType::boolean ? FormulaField::Kind::truth : FormulaField::Kind::number};
}

bool formula_gives(FieldType type) noexcept {
  return is_number(type) || type == FieldType::boolean || type == FieldType::date;
}

Result<Derived> derive(const EntityInfo& entity) {
  Derived derived;
  std::vector<Derived::Computed> formulas;
  for (std::size_t place = 0; place < entity.columns().size(); ++place) {
    const auto& column = entity.columns()[place];
    if (column.field == nullptr) continue;
    const auto& field = *column.field;
    if (column.derived && (field.type != FieldType::computed || (field.formula && field.rollup)))
      return wrong(column.name, "schema.formula",
                   "a formula or a roll-up, one of them, belongs to a computed field.");
    if (column.derived && in_unique_index(entity.entity(), field))
      return wrong(column.name, "schema.index", "a computed field is in no unique index.");
    if (field.formula) {
      TENON_ASSIGN(one, computed(entity, place));
      formulas.push_back(std::move(one));
    }
    if (field.rollup &&
        (field.rollup->function == Aggregate::count || field.rollup->function == Aggregate::sum))
      derived.zeroes.push_back(place);
    if (field.type == FieldType::sequence) {
      auto format = NumberFormat::parse(field.numbering.format);
      if (!format) return wrong(column.name, "schema.number", format.error().message());
      derived.numbers.push_back({.column = place,
                                 .name = entity.full_name() + "." + column.name,
                                 .format = std::move(*format),
                                 .mode = field.numbering.mode});
    }
  }
  TENON_ASSIGN(ordered, in_order(entity, std::move(formulas)));
  derived.formulas = std::move(ordered);
  return derived;
}

Result<> link_rollups(
    const EntityInfo& entity,
    const std::function<std::pair<const EntityInfo*, Derived*>(const Rollup&)>& child) {
  for (std::size_t place = 0; place < entity.columns().size(); ++place) {
    const auto& column = entity.columns()[place];
    if (column.field == nullptr || !column.field->rollup) continue;
    const auto& rollup = *column.field->rollup;
    const auto [rows, derived] = child(rollup);
    if (rows == nullptr) continue;
    RollupOver over{.parent = &entity, .target = place, .function = rollup.function, .extreme = {}};
    const auto reference = rows->find(rollup.reference);
    if (!reference || !refers_to(*rows, rows->columns()[*reference], entity))
      return wrong(column.name, "schema.rollup",
                   fmt::format("\"{}\" is no field of \"{}\" that refers here.", rollup.reference,
                               rows->full_name()));
    over.reference = *reference;
    if (rollup.function == Aggregate::count) {
      if (column.type != FieldType::integer)
        return wrong(column.name, "schema.rollup", "a count is an integer.");
    } else {
      const auto value = rows->find(rollup.field);
      const bool good = value && rows->columns()[*value].storage == Storage::integer &&
                        rows->columns()[*value].type == column.type &&
                        scale_of(rows->columns()[*value]) == scale_of(column) &&
                        (rollup.function != Aggregate::sum || is_number(column.type));
      if (!good)
        return wrong(column.name, "schema.rollup",
                     "it must be of the same type and scale as the field it sums up.");
      over.value = *value;
      if (rollup.function != Aggregate::sum)
        over.extreme = fmt::format("SELECT {}({}) FROM {} WHERE {} = ?1 AND \"deleted_at\" IS NULL",
                                   rollup.function == Aggregate::minimum ? "min" : "max",
                                   rows->columns()[*value].sql, rows->table(),
                                   rows->columns()[*reference].sql);
    }
    derived->rollups.push_back(std::move(over));
  }
  return {};
}

}  // namespace tenon::data
