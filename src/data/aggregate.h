#pragma once
// Groups and their sums. A sum of an integer field is a JSON number, of a decimal a text with the
// field's digits; an average is a text with four digits more, rounded half away from zero; a bucket
// is the date it begins on. All is exact: no floating point, and a sum that a field of its kind
// could not hold is refused, not cut.

#include <string>

#include "data/planner.h"

namespace tenon::data {

/// Appends one group of plan_aggregate()'s answer. Errors: invalid (`query.overflow`).
[[nodiscard]] Result<> write_group(std::string& out, Sight sight, const Query& query,
                                   const storage::Row& row);

}  // namespace tenon::data
