#include "data/index_rules.h"

#include <algorithm>

namespace tenon::data {
namespace {

bool orderable(FieldType type) noexcept {
  return type != FieldType::json && type != FieldType::multi_select && type != FieldType::computed;
}

bool small(FieldType type) noexcept {
  return !orderable(type) || type == FieldType::boolean || type == FieldType::select ||
         type == FieldType::text;
}

/// A partial index does not count: it holds some of the rows only.
bool leads_declared(const Entity& entity, const Field& field) {
  return std::ranges::any_of(entity.indexes, [&](const Index& index) {
    return index.where.empty() && !index.fields.empty() && index.fields.front() == field.name;
  });
}

}  // namespace

FieldType type_of_values(const Field& field) noexcept {
  return field.formula || field.rollup ? field.result.value_or(FieldType::decimal) : field.type;
}

OwnIndex own_index(const Entity& entity, const Field& field) {
  if (field.unique) return OwnIndex::unique;
  const auto type = type_of_values(field);
  const bool sought = field.filterable || field.type == FieldType::reference;
  const bool wanted = (field.sortable && orderable(type)) ||
                      (sought && !small(type) && !leads_declared(entity, field));
  return wanted ? OwnIndex::plain : OwnIndex::none;
}

bool leads_index(const Entity& entity, const Field& field) {
  return leads_declared(entity, field) || own_index(entity, field) != OwnIndex::none;
}

}  // namespace tenon::data
