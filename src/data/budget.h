#pragma once
// A question that no index serves costs as much as its table is large. It is answered while the
// table is small and refused, with the name of the index that is missing, once it is not: the page
// that a company opens every day must not grow slower by the year until it fails.

#include <optional>
#include <string>

#include "data/query.h"
#include "data/sight.h"
#include "storage/session.h"

namespace tenon::data {

/// Rows that a question without an index may walk, and an aggregate over a whole table.
inline constexpr std::int64_t kBudgetRows = 20'000;
inline constexpr std::int64_t kAggregateRows = 1'000'000;

/// The field whose index is missing; empty when one serves. Cost: nanoseconds, no database.
[[nodiscard]] std::optional<std::size_t> missing_index(Sight sight, const Query& query);

/// About how many rows a table has, without counting them. Cost: one probe.
[[nodiscard]] Result<std::int64_t> estimated_rows(storage::Session& session,
                                                  const EntityInfo& entity);

/// Errors: exhausted (`query.budget`), details `{"entity","index":[field],"rows","limit"}`.
[[nodiscard]] Result<> check_budget(storage::Session& session, Sight sight, const Query& query);

}  // namespace tenon::data
