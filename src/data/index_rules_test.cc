// What the table has and what a question is told agree, for every kind of field and every mark.
#include "data/index_rules.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "data/shape.h"

namespace tenon::data {
namespace {

constexpr auto kTypes = static_cast<int>(FieldType::computed) + 1;

Field marked(FieldType type, int marks) {
  Field field;
  field.name = fmt::format("f{}_{}", static_cast<int>(type), marks);
  field.type = type;
  field.filterable = (marks & 1) != 0;
  field.sortable = (marks & 2) != 0;
  field.unique = (marks & 4) != 0;
  if (type == FieldType::select || type == FieldType::multi_select)
    field.options = {{.value = "a", .label = {}}};
  if (type == FieldType::reference) field.ref_entity = "thing";
  return field;
}

std::vector<Field> every_field() {
  std::vector<Field> fields;
  for (int type = 0; type < kTypes; ++type)
    for (int marks = 0; marks < 8; ++marks)
      fields.push_back(marked(static_cast<FieldType>(type), marks));
  for (const auto result : {FieldType::integer, FieldType::boolean, FieldType::date})
    for (int marks = 0; marks < 4; ++marks) {
      auto field = marked(FieldType::computed, marks);
      field.name = fmt::format("r{}_{}", static_cast<int>(result), marks);
      field.result = result;
      field.formula = result == FieldType::boolean ? "true" : "1";
      fields.push_back(field);
    }
  return fields;
}

/// Whether the table has an index over all living rows that begins with the column.
bool in_table(const TableShape& shape, const Column& column) {
  return std::ranges::any_of(shape.indexes, [&](const IndexShape& index) {
    return index.columns.front() == column.sql && index.where == "\"deleted_at\" IS NULL";
  });
}

TEST(IndexRules, tell_a_question_exactly_what_the_table_has) {
  Entity entity{.plugin = "lab", .name = "thing"};
  entity.fields = every_field();
  for (const auto& name : {"f0_0", "f2_1", "f5_1", "f10_3"})
    entity.indexes.push_back({.fields = {name, "f1_0"}, .unique = false, .where = {}});
  entity.indexes.push_back({.fields = {"f6_0"}, .unique = false, .where = "f0_0.eq.a"});
  const auto catalog = Catalog::make({{.number = 1, .id = "lab"}}, {entity});
  ASSERT_TRUE(catalog) << catalog.error().for_log();
  const auto* thing = (*catalog)->find("lab", "thing");
  const auto shape = shape_of(*thing, **catalog, Dialect::sqlite);
  ASSERT_TRUE(shape) << shape.error().for_log();
  int indexed = 0;
  for (const auto& column : thing->columns()) {
    if (column.system) continue;
    EXPECT_EQ(column.indexed, in_table(*shape, column)) << column.name;
    indexed += column.indexed ? 1 : 0;
  }
  EXPECT_GT(indexed, 60);
  EXPECT_TRUE(thing->columns()[*thing->find("f0_0")].indexed) << "it leads a declared index";
  EXPECT_FALSE(thing->columns()[*thing->find("f6_0")].indexed) << "it leads a partial one only";
}

}  // namespace
}  // namespace tenon::data
