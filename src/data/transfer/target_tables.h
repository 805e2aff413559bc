#pragma once
// The empty tables of a copy, in the words of its database: those of the system and of the
// installed entities by the code that makes them everywhere, any other by what the source says of
// it. Indexes and references of entities come when the rows are there: that is faster, and rows may
// then come in any order.

#include <vector>

#include "base/random.h"
#include "data/catalog.h"
#include "data/shape.h"
#include "data/transfer/tables.h"
#include "storage/session.h"

namespace tenon::data {

[[nodiscard]] Result<> create_target_system(storage::Session& to, Random& random);
/// Tables of `catalog`, with the columns that `source` has beyond it, and tables that nobody else
/// makes: of a native module, or put away by an upgrade. Gives what the entities' tables are to be.
[[nodiscard]] Result<std::vector<TableShape>> create_target_tables(
    storage::Session& from, storage::Session& to, const Catalog& catalog,
    const std::vector<TableInfo>& source);
/// Indexes, references and empty search tables, and what the ledger notes of all that. Errors:
/// conflict (`storage.foreign_key`, `storage.unique`) when the rows do not hold what they must.
[[nodiscard]] Result<> finish_target_tables(storage::Session& to, const Catalog& catalog,
                                            const std::vector<TableShape>& shapes);

}  // namespace tenon::data
