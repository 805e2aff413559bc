#pragma once
// The parts that plans of every kind are put together from.

#include <span>
#include <string>
#include <vector>

#include "data/condition.h"

namespace tenon::data {

/// One sort key.
struct Term {
  std::string sql;  // qualified; of a related record's column a subquery
  const Column* column = nullptr;
  bool nullable = false;
  bool related = false;
  Direction direction = Direction::ascending;
  Nulls nulls = Nulls::last;
};

/// Errors: exhausted (`query.departments`).
[[nodiscard]] Result<> check_departments(Sight sight);
/// Whether the viewer may read every column that the question names, related records included.
/// Errors: invalid (`query.unknown_field`).
[[nodiscard]] Result<> check_sight(Sight sight, const Query& query);
/// What is selected, or all that may be read.
[[nodiscard]] std::vector<Selected> selected_columns(Sight sight, const Query& query);
/// The client's order, closed by the id so that it is total. A search without an order gives the
/// newest first, as its index has them. Values go to `condition`, whose statement alone the terms
/// are for.
[[nodiscard]] std::vector<Term> total_order(Sight sight, const Query& query, Dialect dialect,
                                            Condition& condition);
/// `valued`: the first column holds no NULL, so that an index in its plain order serves.
[[nodiscard]] std::string order_by(std::span<const Term> order, bool valued = false);
/// ` FROM … WHERE …` of a question under the alias `t`; the search table is `s` where it drives.
[[nodiscard]] std::string from_where(Sight sight, const Query& query, Condition& condition,
                                     Dialect dialect);
/// Whether the search index drives the question.
[[nodiscard]] bool driven_by_search(const EntityInfo& entity, const Query& query);

}  // namespace tenon::data
