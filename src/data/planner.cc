#include "data/planner.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/condition.h"
#include "data/cursor.h"

namespace tenon::data {
namespace {

/// The client's order, closed by the id so that it is total.
std::vector<Order> total_order(const Query& query) {
  std::vector<Order> order;
  for (const auto& term : query.order) {
    order.push_back(term);
    if (term.column == 0) return order;
  }
  const auto direction = order.empty() ? Direction::ascending : order.front().direction;
  order.push_back({.column = 0, .direction = direction, .nulls = Nulls::last});
  return order;
}

/// `valued`: the first column holds no NULL, so that an index in its plain order serves.
std::string order_by(const EntityInfo& entity, std::span<const Order> order, bool valued = false) {
  std::string text;
  for (const auto& term : order) {
    const auto& column = entity.columns()[term.column];
    text += fmt::format("{} {} {}", text.empty() ? "" : ",", column.sql,
                        term.direction == Direction::ascending ? "ASC" : "DESC");
    if (column.nullable && !(valued && &term == order.data()))
      text += term.nulls == Nulls::first ? " NULLS FIRST" : " NULLS LAST";
  }
  return " ORDER BY" + text;
}

/// Rows behind `value` in the order of one column; empty when none can be.
std::string behind(const Column& column, const Order& term, const Value& value,
                   Condition& condition) {
  if (is_null(value)) return term.nulls == Nulls::first ? column.sql + " IS NOT NULL" : "1 = 0";
  auto text =
      fmt::format("{} {} {}", column.sql, term.direction == Direction::ascending ? ">" : "<",
                  condition.bind(value));
  if (column.nullable && term.nulls == Nulls::last)
    text = fmt::format("({} OR {} IS NULL)", text, column.sql);
  return text;
}

std::string same(const Column& column, const Value& value, Condition& condition) {
  if (is_null(value)) return column.sql + " IS NULL";
  return fmt::format("{} = {}", column.sql, condition.bind(value));
}

/// Rows after the one with `keys`: behind in the first column, or the same there and behind in the
/// rest. `first_not_null` says that the leg has excluded NULL in the first column.
std::string after(const EntityInfo& entity, std::span<const Order> order,
                  std::span<const Value> keys, bool first_not_null, Condition& condition) {
  const auto& column = entity.columns()[order.front().column];
  auto term = order.front();
  if (first_not_null) term.nulls = Nulls::first;
  const auto strictly = behind(column, term, keys.front(), condition);
  if (order.size() == 1) return strictly;
  const auto equal = same(column, keys.front(), condition);
  const auto rest = after(entity, order.subspan(1), keys.subspan(1), false, condition);
  return fmt::format("({} OR ({} AND {}))", strictly, equal, rest);
}

/// A bound on the first column alone, which an index can seek to; the exact condition follows it.
std::string seek(const EntityInfo& entity, const Order& term, const Value& value,
                 Condition& condition) {
  return fmt::format(" AND {} {} {}", entity.columns()[term.column].sql,
                     term.direction == Direction::ascending ? ">=" : "<=", condition.bind(value));
}

enum class Part : std::uint8_t { whole, valued, null };

struct Leg {
  const EntityInfo& entity;
  const Query& query;
  const Viewer& viewer;
  const std::string& select;
  std::span<const Order> order;
  std::span<const Value> keys;  // empty: from the start

  [[nodiscard]] Statement make(Part part) const {
    Statement statement;
    Condition condition(entity, statement);
    statement.sql = fmt::format("SELECT {} FROM {} WHERE ", select, entity.table());
    condition.base(viewer);
    condition.filter(query.filter);
    const auto& first = entity.columns()[order.front().column];
    auto sorted = order;
    auto from = keys;
    if (part == Part::valued) statement.sql += fmt::format(" AND {} IS NOT NULL", first.sql);
    if (part == Part::null) {
      statement.sql += fmt::format(" AND {} IS NULL", first.sql);
      sorted = order.subspan(1);
      if (!from.empty()) from = from.subspan(1);
    }
    const bool not_null = part == Part::valued || !entity.columns()[sorted.front().column].nullable;
    if (!from.empty()) {
      if (not_null && part != Part::null)
        statement.sql += seek(entity, sorted.front(), from.front(), condition);
      statement.sql += " AND " + after(entity, sorted, from, not_null, condition);
    }
    statement.sql += order_by(entity, sorted, part == Part::valued);
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

std::string shape_of(const EntityInfo& entity, const Query& query, std::span<const Order> order) {
  Statement filter;
  Condition condition(entity, filter);
  condition.filter(query.filter);
  auto shape = fmt::format("{} {}{}", entity.full_name(), filter.sql, order_by(entity, order));
  return make_cursor(std::string(32, '\0'), shape, filter.values);
}

}  // namespace

Result<ListPlan> plan_list(const EntityInfo& entity, const Query& query, const Viewer& viewer,
                           std::string_view cursor_key) {
  ListPlan plan;
  plan.columns = query.select;
  if (plan.columns.empty())
    for (std::size_t i = 0; i < entity.columns().size(); ++i)
      plan.columns.push_back({i, entity.columns()[i].name});
  const auto order = total_order(query);
  plan.shape = shape_of(entity, query, order);

  std::string select;
  for (const auto& selected : plan.columns)
    select += (select.empty() ? "" : ", ") + entity.columns()[selected.column].sql;
  for (const auto& term : order) {
    select += ", " + entity.columns()[term.column].sql;
    plan.keys.push_back(term.column);
  }

  std::vector<Value> keys;
  if (query.after) {
    TENON_ASSIGN(read, read_cursor(cursor_key, plan.shape, *query.after));
    TENON_ASSERT(read.size() == order.size());
    keys = std::move(read);
  }
  const Leg leg{entity, query, viewer, select, order, keys};
  if (!entity.columns()[order.front().column].nullable || query.offset > 0) {
    plan.legs.push_back(leg.make(Part::whole));
    return plan;
  }
  const Leg fresh{entity, query, viewer, select, order, {}};
  const bool nulls_first = order.front().nulls == Nulls::first;
  const auto first = nulls_first ? Part::null : Part::valued;
  const auto second = nulls_first ? Part::valued : Part::null;
  const bool in_second = !keys.empty() && is_null(keys.front()) != nulls_first;
  if (!in_second) plan.legs.push_back(leg.make(first));
  plan.legs.push_back((in_second ? leg : fresh).make(second));
  return plan;
}

Statement plan_count(const EntityInfo& entity, const Query& query, const Viewer& viewer,
                     std::uint64_t cap) {
  Statement statement;
  Condition condition(entity, statement);
  statement.sql =
      cap == 0 ? fmt::format("SELECT count(*) FROM {} WHERE ", entity.table())
               : fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} WHERE ", entity.table());
  condition.base(viewer);
  condition.filter(query.filter);
  if (cap != 0)
    statement.sql +=
        fmt::format(" LIMIT {}) AS counted", condition.bind(static_cast<std::int64_t>(cap) + 1));
  return statement;
}

Statement plan_matching(const EntityInfo& entity, const Query& query, const Viewer& viewer,
                        std::size_t bound) {
  Statement statement;
  Condition condition(entity, statement);
  statement.sql = fmt::format("SELECT \"id\" FROM {} WHERE ", entity.table());
  condition.base(viewer);
  condition.filter(query.filter);
  statement.sql += " ORDER BY \"id\"";
  statement.sql += fmt::format(" LIMIT {}", condition.bind(static_cast<std::int64_t>(bound) + 1));
  return statement;
}

}  // namespace tenon::data
