#pragma once
// Shapes as SQL, in the words of one database: a whole table, a column, an index, and the way a
// table is rebuilt where ALTER cannot change it.

#include <string>
#include <utility>
#include <vector>

#include "data/shape.h"

namespace tenon::data {

using Statements = std::vector<std::string>;

[[nodiscard]] std::string create_table(const TableShape& shape, Dialect dialect);
[[nodiscard]] std::string column_sql(const ColumnShape& column, Dialect dialect);
[[nodiscard]] std::string create_index(const TableShape& shape, const IndexShape& index);
[[nodiscard]] std::string drop_index(const IndexShape& index);
/// Table and indexes of an entity. Errors: those of shape_of().
[[nodiscard]] Result<Statements> create_statements(const TableShape& shape, Dialect dialect);

/// What a column of the new table is filled with: an expression over the old one.
using Filling = std::pair<std::string, std::string>;  // quoted new column, expression

/// SQLite's way where ALTER cannot: new table, copy, drop, rename, indexes. To be run with
/// references off (Session::without_references), since dropping a table that others refer to would
/// carry out their ON DELETE.
[[nodiscard]] Statements rebuild(const TableShape& before, const TableShape& after,
                                 const std::vector<Filling>& fillings,
                                 Dialect dialect = Dialect::sqlite);

/// PostgreSQL's names of the constraints of a column, so that they can be dropped again.
[[nodiscard]] std::string check_name_of(const ColumnShape& column);
[[nodiscard]] std::string reference_name_of(const ColumnShape& column);

}  // namespace tenon::data
