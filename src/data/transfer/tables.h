#pragma once
// A tenant as rows. Whatever tables a tenant has (entities, tables of the system, tables that a
// native module made), the database itself says which columns they have and by what their rows are
// told apart; so a table that nobody told this room about is copied like any other.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/catalog.h"
#include "storage/session.h"

namespace tenon::data {

struct TableColumn {
  std::string name;  // as the database has it, unquoted
  Storage storage = Storage::text;
  bool nullable = true;
};

/// One table, without what belongs to one kind of database only (SQLite's `rid`).
struct TableInfo {
  std::string name;                    // unquoted
  std::vector<TableColumn> columns;    // in the order of their names
  std::vector<std::size_t> key;        // columns that tell its rows apart, in order
  std::optional<std::string> counter;  // the column that the database numbers

  [[nodiscard]] const TableColumn* find(std::string_view column) const noexcept {
    for (const auto& candidate : columns)
      if (candidate.name == column) return &candidate;
    return nullptr;
  }
};

/// All tables in the order of their names, but those that are made of the others: search tokens,
/// what the ledger notes of a table's looks, and what an archive has beside them. Errors: internal
/// (`transfer.key`: a table whose rows cannot be told apart).
[[nodiscard]] Result<std::vector<TableInfo>> read_tables(storage::Session& session,
                                                         const Catalog& catalog);

/// Columns of the unique constraints of a table, without its key and without indexes that hold
/// only some of the rows.
using UniqueKey = std::vector<std::string>;
[[nodiscard]] Result<std::vector<UniqueKey>> read_unique_keys(storage::Session& session,
                                                              const TableInfo& table);

/// The last number that each table's counter gave, by table. Nothing for a counter that gave none.
[[nodiscard]] Result<std::map<std::string, std::int64_t>> read_counters(
    storage::Session& session, const std::vector<TableInfo>& tables);
/// Sets the counter of `table` so that it goes on behind `last`.
[[nodiscard]] Result<> set_counter(storage::Session& session, const TableInfo& table,
                                   std::int64_t last);

/// Rows held in one piece of memory. Values are views into it.
class RowBatch {
 public:
  explicit RowBatch(std::size_t width) : width_(width) {}
  void add(const storage::Row& row, const TableInfo& table);
  [[nodiscard]] std::size_t rows() const noexcept { return cells_.size() / width_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size() + cells_.size() * 24; }
  /// Value of a column of a row. Lifetime: of the batch, until the next add().
  [[nodiscard]] storage::Value at(std::size_t row, std::size_t column) const noexcept;

 private:
  struct Cell {
    enum class Kind : std::uint8_t { null, integer, text, blob } kind = Kind::null;
    std::int64_t number = 0;  // the integer, or the size
    std::size_t offset = 0;
  };
  std::size_t width_;
  std::vector<Cell> cells_;
  std::string bytes_;
};

/// Visits all rows in the order of the key, in batches of about a megabyte. Memory is bounded by a
/// batch whatever the table holds, if no single row is larger.
[[nodiscard]] Result<> each_batch(storage::Session& session, const TableInfo& table,
                                  const std::function<Result<>(const RowBatch&)>& visit);

}  // namespace tenon::data
