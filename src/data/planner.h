#pragma once
// The one way to read. Every question, from a single row to a count, becomes SQL here and gets what
// no caller may forget: the rows that the viewer may see, the trash rule, the columns, the limits.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/catalog.h"
#include "data/query.h"
#include "data/read_dialect.h"
#include "data/sight.h"
#include "data/value.h"
#include "data/viewer.h"

namespace tenon::data {

/// SQL with its values. The text depends on the shape of a question only, so that it is prepared
/// once.
struct Statement {
  std::string sql;
  std::vector<Value> values;
};

/// For whom and for which database a statement is made.
struct Planning {
  const Viewer& viewer;
  Dialect dialect = Dialect::sqlite;
  std::string_view cursor_key;
};

/// Statements that are run one after another until the page is full. A nullable first sort column
/// takes two: rows with a value, rows without; each of them walks an index in order, which one
/// statement with NULLS LAST could not resume.
struct ListPlan {
  std::vector<Statement> legs;      // the last value of each is the LIMIT, to be set by the runner
  std::vector<Selected> columns;    // first columns of the answer
  std::vector<const Column*> keys;  // columns that follow, the sort keys, the last makes it total
  std::vector<std::size_t> links;   // columns that follow, one for each of query.embeds
  std::string shape;                // same question, same text: what a cursor is bound to
};

/// Errors of all: invalid (`query.unknown_field`) for a column that the viewer may not read,
/// exhausted (`query.departments`) for a viewer of too many departments.

enum class Fields : std::uint8_t {
  readable,
  all
};  // all: for the room itself, never for an answer

/// The columns of one row, then its version.
[[nodiscard]] Result<Statement> plan_get(Sight sight, Dialect dialect, const Uuid& id,
                                         Rows rows = Rows::living,
                                         Fields fields = Fields::readable);
/// A row when there is one for this viewer.
[[nodiscard]] Result<Statement> plan_exists(Sight sight, Dialect dialect, const Uuid& id);
/// Errors: invalid (`query.cursor`).
[[nodiscard]] Result<ListPlan> plan_list(Sight sight, const Query& query, const Planning& planning);
/// Gives one number. `cap` 0 counts all.
[[nodiscard]] Result<Statement> plan_count(Sight sight, const Query& query, Dialect dialect,
                                           std::uint64_t cap);
/// Ids of what matches, at most `bound` + 1.
[[nodiscard]] Result<Statement> plan_matching(Sight sight, const Query& query, Dialect dialect,
                                              std::size_t bound);
/// The columns of the groups in the order of query.select; a sum takes two, that of the
/// upper halves and that of the lower halves, an average the number of values too. At most
/// kMaxGroups + 1.
[[nodiscard]] Result<Statement> plan_aggregate(Sight sight, const Query& query, Dialect dialect);
/// The related records of `parents`: the columns of `embed.query`, then its links, then the value
/// of the column that ties each to its parent. Aggregated: what is computed over those of each
/// parent that has any, then that value.
struct EmbedPlan {
  Statement statement;
  std::vector<Selected> columns;
  std::vector<std::size_t> links;
};
[[nodiscard]] Result<EmbedPlan> plan_embed(Sight parent, const Embed& embed,
                                           const std::vector<Uuid>& parents, Dialect dialect);

}  // namespace tenon::data
