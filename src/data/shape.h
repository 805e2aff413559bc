#pragma once
// What a table really is: its columns and indexes as the database has them, in the order it has
// them. A shape is made from an entity, kept beside the table in the ledger, and compared with the
// shape a newer entity wants; every change of a table is the way from one shape to another.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/catalog.h"
#include "data/dialect.h"

namespace tenon::data {

struct ColumnShape {
  std::string name;  // quoted physical name
  Storage storage = Storage::text;
  bool nullable = true;
  std::string check;        // condition, or empty
  std::string references;   // quoted physical table, or empty
  std::string on_delete;    // ` ON DELETE CASCADE` …, or empty
  std::string default_sql;  // constant that an ALTER brought; a new table has none
  std::string fold_of;      // a shadow: the quoted name of the column it folds
  friend bool operator==(const ColumnShape&, const ColumnShape&) = default;
};

struct IndexShape {
  std::string name;  // quoted
  bool unique = false;
  std::vector<std::string> columns;  // quoted
  std::string where;                 // SQL condition
  friend bool operator==(const IndexShape&, const IndexShape&) = default;
};

struct TableShape {
  std::string name;                  // quoted
  std::vector<ColumnShape> columns;  // `rid` of SQLite is not listed
  std::vector<IndexShape> indexes;

  [[nodiscard]] const ColumnShape* find(std::string_view column) const noexcept {
    for (const auto& candidate : columns)
      if (candidate.name == column) return &candidate;
    return nullptr;
  }
  [[nodiscard]] const IndexShape* index(std::string_view name_of_index) const noexcept {
    for (const auto& candidate : indexes)
      if (candidate.name == name_of_index) return &candidate;
    return nullptr;
  }
  friend bool operator==(const TableShape&, const TableShape&) = default;
};

/// The one place where the columns and indexes of an entity's table are listed. References to
/// entities that `catalog` lacks get no foreign key: they degrade to a stored id.
/// Errors: those of predicate_sql().
[[nodiscard]] Result<TableShape> shape_of(const EntityInfo& entity, const Catalog& catalog,
                                          Dialect dialect);

[[nodiscard]] json::object to_json(const TableShape& shape);
[[nodiscard]] TableShape shape_from_json(const json::object& object);

}  // namespace tenon::data
