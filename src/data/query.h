#pragma once
// The question a client asks of one entity, in PostgREST's words, checked against the schema while
// it is read: every name is already a column and every value already typed, so that nothing of the
// client's text can reach SQL.
//
// Limits: page of 1…1,000 rows (100 unless said), offset up to 100,000, 50 conditions, nesting of
// 8, 100 values in a list of `in`, 8 columns in `order`.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "data/catalog.h"
#include "data/value.h"

namespace tenon::data {

inline constexpr std::size_t kDefaultPage = 100;
inline constexpr std::size_t kMaxPage = 1000;
inline constexpr std::size_t kMaxOffset = 100'000;
inline constexpr std::size_t kMaxConditions = 50;
inline constexpr std::size_t kMaxNesting = 8;
inline constexpr std::size_t kMaxList = 100;
inline constexpr std::size_t kMaxOrder = 8;
inline constexpr std::uint64_t kCountCap = 1000;

enum class Operator : std::uint8_t {
  eq,
  neq,
  gt,
  gte,
  lt,
  lte,
  in,
  like,
  ilike,
  is_null,
  is_true,
  is_false
};

/// A tree of conditions: a leaf tests a column, a branch joins its children.
struct Filter {
  enum class Kind : std::uint8_t { leaf, all, any };
  Kind kind = Kind::all;
  bool negated = false;
  std::size_t column = 0;      // leaf
  Operator op = Operator::eq;  // leaf
  std::vector<Value> values;   // leaf: one, or several for `in`
  std::vector<Filter> children;
};

struct Selected {
  std::size_t column = 0;
  std::string name;  // in the answer
};

enum class Direction : std::uint8_t { ascending, descending };
enum class Nulls : std::uint8_t { first, last };

struct Order {
  std::size_t column = 0;
  Direction direction = Direction::ascending;
  Nulls nulls = Nulls::last;
};

enum class Count : std::uint8_t { none, exact, planned, estimated };

struct Query {
  std::vector<Selected> select;  // empty: all
  Filter filter;                 // root, joins with `and`
  std::vector<Order> order;      // as the client gave it; the planner adds the id
  std::size_t limit = kDefaultPage;
  std::size_t offset = 0;
  std::optional<std::string> after;  // opaque cursor
  Count count = Count::none;         // set by the caller (Prefer: count=…), not by a parameter

  [[nodiscard]] bool filtered() const noexcept { return !filter.children.empty(); }
};

using Parameters = std::vector<std::pair<std::string, std::string>>;  // decoded, in order

/// Errors: invalid, with one FieldError per wrong parameter (path `/query/<parameter>`), all at
/// once.
[[nodiscard]] Result<Query> parse_query(const EntityInfo& entity, const Parameters& parameters);

/// Splits and percent-decodes `a=1&b=2`. Errors: invalid (`query.encoding`).
[[nodiscard]] Result<Parameters> split_query(std::string_view text);

}  // namespace tenon::data
