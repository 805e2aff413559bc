#pragma once
// Whether two tables hold the same rows, asked without holding them side by side: one number for
// all rows in any order, equal on SQLite and PostgreSQL.

#include <cstdint>
#include <map>
#include <string>

#include "base/hash.h"
#include "data/transfer/tables.h"

namespace tenon::data {

/// The sum (modulo 2^256) of the SHA-256 of each row. A row counts with the names of its columns
/// and with the kind, length and bytes of each value, so that no two rows read the same.
struct TableHash {
  std::uint64_t rows = 0;
  Digest sum{};
  friend bool operator==(const TableHash&, const TableHash&) = default;
};

/// Takes rows batch by batch. Thread: one.
class TableHasher {
 public:
  explicit TableHasher(const TableInfo& table);
  void add(const RowBatch& batch);
  [[nodiscard]] const TableHash& hash() const noexcept { return hash_; }

 private:
  std::size_t width_;
  std::string head_;
  std::string text_;
  TableHash hash_;
};

/// Cost: reads the whole table.
[[nodiscard]] Result<TableHash> table_hash(storage::Session& session, const TableInfo& table);
/// By table, of all that read_tables() gives.
using TableHashes = std::map<std::string, TableHash>;
[[nodiscard]] Result<TableHashes> hash_tables(storage::Session& session, const Catalog& catalog);
/// The name of a table that is not the same in both, or empty.
[[nodiscard]] std::string first_difference(const TableHashes& left, const TableHashes& right);

}  // namespace tenon::data
