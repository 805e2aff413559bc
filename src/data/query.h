#pragma once
// The question a client asks of one entity, in PostgREST's words, checked against the schema and
// the viewer's rights while it is read: every name is already a column and every value already
// typed, so that nothing of the client's text can reach SQL. Every way of reading (list, count,
// search, aggregate, related records, export) is one of these.
//
// Limits: page of 1…1,000 rows (100 unless said), offset up to 100,000, 50 conditions, nesting of
// 8, 100 values in a list of `in`, 8 columns in `order`, related records 4 deep, 10 relations in
// all, 10,000 rows of one relation on a page, 1,000 groups of an aggregate.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "data/catalog.h"
#include "data/sight.h"
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
inline constexpr std::size_t kMaxEmbedDepth = 4;
inline constexpr std::size_t kMaxEmbeds = 10;
inline constexpr std::size_t kMaxEmbeddedRows = 10'000;
inline constexpr std::size_t kMaxGroups = 1000;
/// In place of a column: none.
inline constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

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
  is_false,
  is_distinct,
  fts,       // words of the search index; without a column: of every searchable one
  contains,  // text anywhere inside, whatever its case
  holds,     // multi_select: all of these (cs)
  held_by,   // multi_select: none but these (cd)
  overlaps   // multi_select: at least one of these (ov)
};

/// A tree of conditions: a leaf tests a column, a branch joins its children.
struct Filter {
  enum class Kind : std::uint8_t { leaf, all, any };
  Kind kind = Kind::all;
  bool negated = false;
  std::size_t column = 0;      // leaf
  Operator op = Operator::eq;  // leaf
  std::vector<Value> values;   // leaf: one, or several for `in` and lists of options
  std::vector<Filter> children;
};

/// Days and moments by the day they begin on: a bucket is a date, weeks begin on Monday, all in
/// UTC.
enum class Bucket : std::uint8_t { none, day, week, month, quarter, year };
enum class Function : std::uint8_t { none, count, sum, avg, min, max };

/// How a value is shown instead of in its own form: `credit_limit::float8`.
enum class Cast : std::uint8_t { none, text, number, integer, date };

struct Selected {
  std::size_t column = 0;  // kNoColumn for `count()`
  std::string name;        // in the answer
  Bucket bucket = Bucket::none;
  Function function = Function::none;
  Cast cast = Cast::none;
};

enum class Direction : std::uint8_t { ascending, descending };
enum class Nulls : std::uint8_t { first, last };

struct Order {
  std::size_t column = 0;
  std::size_t embed = kNoColumn;  // `employer(name)`: the place in `embeds` of whose column it is
  Direction direction = Direction::ascending;
  Nulls nulls = Nulls::last;
};

enum class Count : std::uint8_t { none, exact, planned, estimated };

/// The trash is a list of its own: no question sees both.
enum class Rows : std::uint8_t { living, deleted };

struct Embed;

struct Query {
  std::vector<Selected> select;  // empty: all
  std::vector<Embed> embeds;     // related records
  bool aggregated = false;       // `select` groups
  Filter filter;                 // root, joins with `and`
  std::vector<Order> order;      // as the client gave it; the planner adds the id
  std::size_t limit = kDefaultPage;
  bool limited = false;  // by the client; groups come all of them otherwise
  std::size_t offset = 0;
  std::optional<std::string> after;  // opaque cursor
  Count count = Count::none;         // set by the caller (Prefer: count=…), not by a parameter
  Rows rows = Rows::living;          // set by the caller (the trash page), not by a parameter
  bool with_ids = false;             // set by the caller, who orders by the id: Page::ids wanted
  std::shared_ptr<const Catalog> catalog;  // shared: keeps the entities of `embeds` alive

  [[nodiscard]] bool filtered() const noexcept { return !filter.children.empty(); }
};

/// Related records inside a record: `employer(name)`, `contacts(phone)`.
struct Embed {
  enum class Kind : std::uint8_t { to_one, to_many };
  /// inner: only records that have one; none: only records that have none.
  enum class Join : std::uint8_t { left, inner, none };
  std::string name;                    // in the answer
  const EntityInfo* entity = nullptr;  // of query.catalog
  Kind kind = Kind::to_one;
  Join join = Join::left;
  bool spread = false;    // to_one: its members stand in the record itself
  bool shown = true;      // `contacts!inner()`: asked for its join alone
  std::size_t here = 0;   // column of the record: the reference, or the id
  std::size_t there = 0;  // column of the related: the id, or the reference
  Query query;            // its limit counts per record; aggregated: one group per record
};

using Parameters = std::vector<std::pair<std::string, std::string>>;  // decoded, in order

/// Errors: invalid, with one FieldError per wrong parameter (path `/query/<parameter>`), all at
/// once. Without a catalog related records are unknown.
[[nodiscard]] Result<Query> parse_query(const EntityInfo& entity, const Parameters& parameters,
                                        const Viewer& viewer = {},
                                        std::shared_ptr<const Catalog> catalog = nullptr);

/// Splits and percent-decodes `a=1&b=2`. Errors: invalid (`query.encoding`).
[[nodiscard]] Result<Parameters> split_query(std::string_view text);

}  // namespace tenon::data
