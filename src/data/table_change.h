#pragma once
// One table's way from its shape to another: which columns are the same, which come, which go, and
// the statements for it in the words of one database, forth and back.

#include <string>
#include <vector>

#include "data/conversion.h"
#include "data/migration.h"

namespace tenon::data {

/// A column that stays, perhaps under another name or of another kind.
struct ColumnPair {
  const Column* was = nullptr;  // null: a shadow or a hidden column
  const Column* now = nullptr;
  ColumnShape from, to;
  Conversion conversion;
  std::string fallback;  // constant for rows that lack a value that becomes required

  [[nodiscard]] bool renamed() const noexcept { return from.name != to.name; }
  [[nodiscard]] bool lossy() const noexcept {
    return !conversion.loses.empty() || !fallback.empty() || conversion.backward.empty();
  }
  /// Whether more than the name changes.
  [[nodiscard]] bool changed() const noexcept;
};

struct TableDelta {
  TableShape before, after;
  std::vector<ColumnPair> pairs;     // in the order of `before`
  std::vector<ColumnShape> added;    // in the order of the entity
  std::vector<ColumnShape> removed;  // with their values
  std::vector<IndexShape> new_unique;

  [[nodiscard]] bool renames() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return before == after && pairs_same(); }
  [[nodiscard]] bool pairs_same() const noexcept;
};

/// Errors: those of shape_of().
[[nodiscard]] Result<TableDelta> compare(const EntityInfo& was, const EntityInfo& now,
                                         const TableShape& stored, const Catalog& before,
                                         const Catalog& after, Dialect dialect);

struct TablePart {
  StepKind kind = StepKind::add_column;
  StepClass step_class = StepClass::expand;
  std::string what;
  Statements sql, undo;
  bool without_references = false;
  bool concurrently = false;
  bool last = false;
  std::int64_t microseconds_per_row = 0;
};

/// `quarantine` is the unquoted name of the table that keeps what is lost.
[[nodiscard]] std::vector<TablePart> migrate_table(const TableDelta& delta,
                                                   const std::string& quarantine, Dialect dialect);

[[nodiscard]] std::string add_reference(const std::string& table, const ColumnShape& column);

}  // namespace tenon::data
