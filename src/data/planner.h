#pragma once
// The one way to read. Every question, from a single row to a count, becomes SQL here and gets what
// no caller may forget: the rows that the viewer may see, the trash rule, the columns, the limits.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/catalog.h"
#include "data/query.h"
#include "data/value.h"
#include "data/viewer.h"

namespace tenon::data {

/// SQL with its values. The text depends on the shape of a question only, so that it is prepared
/// once.
struct Statement {
  std::string sql;
  std::vector<Value> values;
};

/// Statements that are run one after another until the page is full. A nullable first sort column
/// takes two: rows with a value, rows without; each of them walks an index in order, which one
/// statement with NULLS LAST could not resume.
struct ListPlan {
  std::vector<Statement> legs;    // the last value of each is the LIMIT, to be set by the runner
  std::vector<Selected> columns;  // first columns of the answer
  std::vector<std::size_t> keys;  // columns that follow, the sort keys, the id last
  std::string shape;              // same question, same text: what a cursor is bound to
};

/// Errors: invalid (`query.cursor`).
[[nodiscard]] Result<ListPlan> plan_list(const EntityInfo& entity, const Query& query,
                                         const Viewer& viewer, std::string_view cursor_key);
/// Gives one number. `cap` 0 counts all.
[[nodiscard]] Statement plan_count(const EntityInfo& entity, const Query& query,
                                   const Viewer& viewer, std::uint64_t cap);
/// Ids of what matches, at most `bound` + 1.
[[nodiscard]] Statement plan_matching(const EntityInfo& entity, const Query& query,
                                      const Viewer& viewer, std::size_t bound);

}  // namespace tenon::data
