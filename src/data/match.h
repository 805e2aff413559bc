#pragma once
// A filter and an order on rows in memory, with the same answers as the databases give:
// three-valued logic, texts by their bytes, NULLs where the order says.

#include <vector>

#include "data/query.h"

namespace tenon::data {

/// Whether match() knows every operator of `filter`.
[[nodiscard]] bool can_match(const Filter& filter);
/// Whether a row (values in the order of columns()) passes. Requires: can_match().
[[nodiscard]] bool matches(const Filter& filter, const std::vector<Value>& row);
/// Whether `left` comes before `right`; the id decides last.
[[nodiscard]] bool comes_before(const std::vector<Order>& order, const std::vector<Value>& left,
                                const std::vector<Value>& right);
/// SQL's LIKE with `\` as escape, case-sensitive, over code points.
[[nodiscard]] bool like(std::string_view pattern, std::string_view text);

}  // namespace tenon::data
