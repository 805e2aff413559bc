#pragma once
// The few pieces of a reading statement that the two databases do not write alike.

#include <string>
#include <string_view>

#include "data/query.h"
#include "storage/dialect.h"

namespace tenon::data {

using storage::Dialect;

/// `expression` as a comparison that is tested row by row and picks no index: SQLite, which keeps
/// no statistics, would rather fetch and sort all rows of a department than walk an order.
/// PostgreSQL decides by its statistics.
[[nodiscard]] std::string not_driving(Dialect dialect, std::string_view expression);

/// Behind the name of a table that is read as a whole: SQLite would walk an index in the order of
/// the groups and fetch each row from somewhere else.
[[nodiscard]] std::string_view as_a_whole(Dialect dialect) noexcept;

/// What ties a row to its search tokens: SQLite's row number, since FTS5 knows no other key, or the
/// id. Quoted; the first of the entity's table, the second of the search table.
[[nodiscard]] std::string_view row_key(Dialect dialect) noexcept;
[[nodiscard]] std::string_view search_key(Dialect dialect) noexcept;

/// The first day (since 1970-01-01) of the bucket that a date or a moment lies in.
[[nodiscard]] std::string bucket_of(Dialect dialect, std::string_view expression, FieldType type,
                                    Bucket bucket);

/// At most `limit` rows of each parent: `inner` selects the ids (PostgreSQL: the columns) of one
/// parent `p`. SQLite has no LATERAL; PostgreSQL would try every pair of rows for a correlated IN.
struct PerParent {
  std::string_view parent_table, child_table;
  std::string_view keys;                 // `IN (…)` of the parents
  std::string_view columns;              // of the child, qualified by `c`
  std::string_view where, order, limit;  // of one parent, qualified by `t1`
  std::string_view outer_order;          // qualified by `c`
  std::string_view bound;                // of all rows
};
[[nodiscard]] std::string per_parent(Dialect dialect, const PerParent& parts);

/// Gives one number, about the rows of a table, without counting them. ?1 = the table's name for
/// PostgreSQL; SQLite's is the highest row number ever given.
[[nodiscard]] std::string row_estimate(Dialect dialect, std::string_view table);

}  // namespace tenon::data
