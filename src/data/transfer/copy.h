#pragma once
// Carries a tenant from one database into another, new one: backup, restore and move are all this.
// The tables are made by the same code that an install runs, in the words of the target; rows go
// over as they are, so ids, versions, counters and the seals of the audit stay what they were.
//
// The target is nobody's until the caller gives it a name, and it says so itself: a mark in `meta`
// is there until the last transaction takes it away.

#include <functional>
#include <memory>

#include "base/random.h"
#include "data/native_scripts.h"
#include "data/transfer/table_hash.h"
#include "storage/database.h"
#include "storage/filling.h"

namespace tenon::data {

/// A new PostgreSQL tenant (or any other database) that is filled through its leases. Blocks.
/// Requires: opened with a lease cap that no batch comes near. Lifetime: `database` outlives it.
[[nodiscard]] Result<std::unique_ptr<storage::Filling>> fill_database(storage::Database& database);

struct CopyReport {
  TableHashes tables;  // as they are on the other side
  std::uint64_t rows = 0;
  std::uint64_t sealed = 0;  // audit rows that had no seal yet and got one
};

/// Reads `from`, which must stay on one moment, into `to`, which must be new. Every table is read
/// back and compared. Memory: a few batches. Blocks. Errors: conflict (`transfer.not_empty`,
/// `schema.migration_running`), internal (`transfer.table`, `transfer.different`: with the table's
/// name), those of the sessions.
[[nodiscard]] Result<CopyReport> copy_tenant(storage::Session& from, storage::Filling& to,
                                             Random& random,
                                             std::span<const NativeModule> native = {});

/// Whether this database is a copy that was never finished.
[[nodiscard]] Result<bool> is_unfinished_copy(storage::Session& session);

}  // namespace tenon::data
