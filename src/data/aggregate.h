#pragma once
// Groups and their sums. A sum of an integer field is a JSON number, of a decimal a text with the
// field's digits; an average is a text with four digits more, rounded half away from zero; a bucket
// is the date it begins on. All is exact: no floating point, and a sum that a field of its kind
// could not hold is refused, not cut.

#include <string>

#include "data/planner.h"

namespace tenon::data {

/// The columns of what is computed over rows under `alias`, as plan_aggregate() has them, comma
/// separated; `selected` groups by nothing.
[[nodiscard]] std::string aggregate_columns(Sight sight, const Query& query, std::string_view alias,
                                            Dialect dialect);
/// How many columns aggregate_columns() gives.
[[nodiscard]] std::size_t aggregate_width(const Query& query);
/// Appends what there is to say of no rows at all: counts of 0, the rest null.
void write_no_group(std::string& out, const Query& query);
/// Appends one group of plan_aggregate()'s answer. Errors: invalid (`query.overflow`).
[[nodiscard]] Result<> write_group(std::string& out, Sight sight, const Query& query,
                                   const storage::Row& row);

}  // namespace tenon::data
