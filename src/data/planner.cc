#include "data/planner.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/condition.h"
#include "data/cursor.h"
#include "data/plan_parts.h"

namespace tenon::data {
namespace {

/// Rows behind `value` in the order of one column; false when none can be.
std::string behind(const Term& term, const Value& value, Condition& condition) {
  if (is_null(value)) return term.nulls == Nulls::first ? term.sql + " IS NOT NULL" : "1 = 0";
  auto text = fmt::format("{} {} {}", term.sql, term.direction == Direction::ascending ? ">" : "<",
                          condition.bind(value));
  if (term.nullable && term.nulls == Nulls::last)
    text = fmt::format("({} OR {} IS NULL)", text, term.sql);
  return text;
}

std::string same(const Term& term, const Value& value, Condition& condition) {
  if (is_null(value)) return term.sql + " IS NULL";
  return fmt::format("{} = {}", term.sql, condition.bind(value));
}

/// Rows after the one with `keys`: behind in the first column, or the same there and behind in the
/// rest. `first_not_null` says that the leg has excluded NULL in the first column.
std::string after(std::span<const Term> order, std::span<const Value> keys, bool first_not_null,
                  Condition& condition) {
  auto term = order.front();
  if (first_not_null) term.nulls = Nulls::first;
  auto strictly = behind(term, keys.front(), condition);
  if (order.size() == 1) return strictly;
  const auto equal = same(term, keys.front(), condition);
  const auto rest = after(order.subspan(1), keys.subspan(1), false, condition);
  return fmt::format("({} OR ({} AND {}))", strictly, equal, rest);
}

/// A bound on the first column alone, which an index can seek to; the exact condition follows it.
std::string seek(const Term& term, const Value& value, Condition& condition) {
  return fmt::format(" AND {} {} {}", term.sql,
                     term.direction == Direction::ascending ? ">=" : "<=", condition.bind(value));
}

enum class Part : std::uint8_t { whole, valued, null };

std::string columns_of(Sight sight, const Query& query, const std::vector<Selected>& columns,
                       std::span<const Term> order) {
  std::string select;
  for (const auto& selected : columns)
    select += fmt::format("{}t.{}", select.empty() ? "" : ", ",
                          sight.entity().columns()[selected.column].sql);
  for (const auto& term : order) select += ", " + term.sql;
  for (const auto& embed : query.embeds)
    select += ", t." + sight.entity().columns()[embed.here].sql;
  return select;
}

struct Leg {
  Sight sight;
  const Query& query;
  Dialect dialect;
  const std::vector<Selected>& columns;
  std::span<const Value> keys;  // empty: from the start

  [[nodiscard]] Statement make(Part part) const {
    Statement statement;
    Condition condition(sight, dialect, "t", statement);
    const auto order = total_order(sight, query, dialect, condition);
    const auto select = columns_of(sight, query, columns, order);
    auto where = from_where(sight, query, condition, dialect);
    const auto& first = order.front();
    auto sorted = std::span(order);
    auto from = keys;
    if (part == Part::valued) where += fmt::format(" AND {} IS NOT NULL", first.sql);
    if (part == Part::null) {
      where += fmt::format(" AND {} IS NULL", first.sql);
      sorted = sorted.subspan(1);
      if (!from.empty()) from = from.subspan(1);
    }
    const bool not_null = part == Part::valued || !sorted.front().nullable;
    if (!from.empty()) {
      if (not_null && part != Part::null) where += seek(sorted.front(), from.front(), condition);
      where += " AND " + after(sorted, from, not_null, condition);
    }
    // PostgreSQL walks an index in order only when the order names its first column too, though it
    // is NULL in all rows.
    const bool all = part == Part::null && dialect == Dialect::postgres;
    statement.sql = "SELECT " + select + where +
                    order_by(all ? std::span(order) : sorted, part == Part::valued || all);
    add_limit(statement);
    return statement;
  }

  /// The LIMIT is the last value, whatever its place in the text.
  void add_limit(Statement& statement) const {
    std::string offset;
    if (query.offset > 0) {
      statement.values.emplace_back(static_cast<std::int64_t>(query.offset));
      offset = fmt::format(" OFFSET ?{}", statement.values.size());
    }
    statement.values.emplace_back(std::int64_t{0});
    statement.sql += fmt::format(" LIMIT ?{}{}", statement.values.size(), offset);
  }
};

std::string shape_of(Sight sight, const Query& query, Dialect dialect) {
  Statement asked;
  Condition condition(sight, dialect, "t", asked);
  const auto order = total_order(sight, query, dialect, condition);
  asked.sql = condition.filter(query.filter);
  asked.sql += condition.related(query.embeds);
  const auto shape =
      fmt::format("{} {} {}{}", sight.entity().full_name(),
                  query.rows == Rows::living ? "living" : "deleted", asked.sql, order_by(order));
  return make_cursor(std::string(32, '\0'), shape, asked.values);
}

}  // namespace

Result<ListPlan> plan_list(Sight sight, const Query& query, const Planning& planning) {
  TENON_TRY(check_sight(sight, query));
  ListPlan plan;
  plan.columns = selected_columns(sight, query);
  plan.shape = shape_of(sight, query, planning.dialect);
  Statement unused;
  Condition condition(sight, planning.dialect, "t", unused);
  const auto order = total_order(sight, query, planning.dialect, condition);
  for (const auto& term : order) plan.keys.push_back(term.column);
  for (const auto& embed : query.embeds) plan.links.push_back(embed.here);

  std::vector<Value> keys;
  if (query.after) {
    TENON_ASSIGN(read, read_cursor(planning.cursor_key, plan.shape, *query.after));
    TENON_ASSERT(read.size() == order.size());
    keys = std::move(read);
  }
  const Leg leg{sight, query, planning.dialect, plan.columns, keys};
  // Nothing orders by a related record's column but a sort: one statement serves.
  const auto& by = order.front();
  if (!by.nullable || by.related || query.offset > 0) {
    plan.legs.push_back(leg.make(Part::whole));
    return plan;
  }
  const Leg fresh{sight, query, planning.dialect, plan.columns, {}};
  const bool nulls_first = by.nulls == Nulls::first;
  const auto first = nulls_first ? Part::null : Part::valued;
  const auto second = nulls_first ? Part::valued : Part::null;
  const bool in_second = !keys.empty() && is_null(keys.front()) != nulls_first;
  if (!in_second) plan.legs.push_back(leg.make(first));
  plan.legs.push_back((in_second ? leg : fresh).make(second));
  return plan;
}

Result<Statement> plan_get(Sight sight, Dialect dialect, const Uuid& id, Rows rows, Fields fields) {
  TENON_TRY(check_departments(sight));
  Statement statement;
  Condition condition(sight, dialect, "t", statement);
  auto& sql = statement.sql;
  sql.reserve(1024);
  sql = "SELECT ";
  if (sight.whole() || fields == Fields::all) {
    sql += sight.entity().sql().columns;
  } else {
    const char* before = "";
    for (const auto column : sight.columns())
      sql.append(std::exchange(before, ", ")).append(sight.entity().columns()[column].sql);
  }
  sql.append(", \"version\" FROM ")
      .append(sight.entity().table())
      .append(" AS t WHERE t.\"id\" = ");
  sql.append(condition.bind(id)).append(" AND ").append(condition.base(rows));
  return statement;
}

Result<Statement> plan_exists(Sight sight, Dialect dialect, const Uuid& id) {
  TENON_TRY(check_departments(sight));
  Statement statement;
  Condition condition(sight, dialect, "t", statement);
  const auto place = condition.bind(id);
  statement.sql = fmt::format("SELECT 1 FROM {} AS t WHERE t.\"id\" = {} AND {}",
                              sight.entity().table(), place, condition.base(Rows::living));
  return statement;
}

Result<Statement> plan_count(Sight sight, const Query& query, Dialect dialect, std::uint64_t cap) {
  TENON_TRY(check_sight(sight, query));
  Statement statement;
  Condition condition(sight, dialect, "t", statement);
  const auto where = from_where(sight, query, condition, dialect);
  if (cap == 0)
    statement.sql = "SELECT count(*)" + where;
  else
    statement.sql = fmt::format("SELECT count(*) FROM (SELECT 1 AS one{} LIMIT {}) AS n", where,
                                condition.bind(static_cast<std::int64_t>(cap) + 1));
  return statement;
}

Result<Statement> plan_matching(Sight sight, const Query& query, Dialect dialect,
                                std::size_t bound) {
  TENON_TRY(check_sight(sight, query));
  Statement statement;
  Condition condition(sight, dialect, "t", statement);
  const auto where = from_where(sight, query, condition, dialect);
  statement.sql = fmt::format("SELECT t.\"id\"{} ORDER BY t.\"id\" LIMIT {}", where,
                              condition.bind(static_cast<std::int64_t>(bound) + 1));
  return statement;
}

}  // namespace tenon::data
