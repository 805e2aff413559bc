#include "data/plan_parts.h"

#include <fmt/format.h>

#include <algorithm>

namespace tenon::data {
namespace {

const Column& row_number() {
  static const Column column = [] {
    Column made;
    made.name = "rid";
    made.sql = "\"rid\"";
    made.type = FieldType::integer;
    made.storage = Storage::integer;
    made.nullable = false;
    return made;
  }();
  return column;
}

/// Errors: invalid, as if the column were not there.
Result<> check_column(Sight sight, std::size_t column) {
  if (column == kNoColumn || sight.readable(column)) return {};
  TENON_TRY(sight.column(sight.entity().columns()[column].name, "/query"));
  return {};
}

Result<> check_filter(Sight sight, const Filter& filter) {
  if (filter.kind == Filter::Kind::leaf) return check_column(sight, filter.column);
  for (const auto& child : filter.children) TENON_TRY(check_filter(sight, child));
  return {};
}

/// Without an order of its own a narrow scope is walked by its own index; a whole subtree is not,
/// since its rows would have to be sorted.
ScopeUse use_of(Sight sight, const Query& query) {
  const bool free = query.filter.children.empty() && query.order.empty();
  const bool one = sight.scope() == Scope::self || sight.scope() == Scope::department;
  return free && one ? ScopeUse::drives : ScopeUse::tests;
}

}  // namespace

Result<> check_departments(Sight sight) {
  if (sight.scope() != Scope::department_tree ||
      sight.viewer().departments.size() <= kMaxDepartments)
    return {};
  return fail(Error(ErrorCode::exhausted,
                    fmt::format("More than {} departments lie below yours.", kMaxDepartments))
                  .because("query.departments"));
}

Result<> check_sight(Sight sight, const Query& query) {
  TENON_TRY(check_departments(sight));
  if (!sight.whole()) {
    for (const auto& selected : query.select) TENON_TRY(check_column(sight, selected.column));
    for (const auto& term : query.order)
      if (term.embed == kNoColumn) TENON_TRY(check_column(sight, term.column));
    TENON_TRY(check_filter(sight, query.filter));
  }
  for (const auto& term : query.order)
    if (term.embed != kNoColumn)
      TENON_TRY(check_column(Sight(*query.embeds[term.embed].entity, sight.viewer()), term.column));
  for (const auto& embed : query.embeds) {
    const Sight inner(*embed.entity, sight.viewer());
    TENON_TRY(check_column(sight, embed.here));
    TENON_TRY(check_column(inner, embed.there));
    TENON_TRY(check_sight(inner, embed.query));
  }
  return {};
}

std::vector<Selected> selected_columns(Sight sight, const Query& query) {
  if (!query.select.empty()) return query.select;
  std::vector<Selected> all;
  for (const auto column : sight.columns())
    all.push_back({.column = column, .name = sight.entity().columns()[column].name});
  return all;
}

bool driven_by_search(const EntityInfo& entity, const Query& query) {
  return std::ranges::any_of(query.filter.children, [&](const Filter& child) {
    if (child.kind != Filter::Kind::leaf || child.negated) return false;
    if (child.op == Operator::fts) return true;
    return (child.op == Operator::contains || child.op == Operator::ilike) &&
           !wanted_tokens(entity, child).empty();
  });
}

std::vector<Term> total_order(Sight sight, const Query& query, Dialect dialect,
                              Condition& condition) {
  const auto& columns = sight.entity().columns();
  std::vector<Term> order;
  if (query.order.empty() && driven_by_search(sight.entity(), query)) {
    const bool numbered = dialect == Dialect::sqlite;
    order.push_back({.sql = numbered ? "s.\"rowid\"" : "t.\"id\"",
                     .column = numbered ? &row_number() : columns.data(),
                     .direction = Direction::descending});
    return order;
  }
  for (const auto& term : query.order) {
    Term made{.direction = term.direction, .nulls = term.nulls};
    if (term.embed != kNoColumn) {
      const auto& embed = query.embeds[term.embed];
      made.sql = condition.of_related(embed, term.column);
      made.column = &embed.entity->columns()[term.column];
      made.nullable = made.related = true;
      order.push_back(std::move(made));
      continue;
    }
    made.sql = "t." + columns[term.column].sql;
    made.column = &columns[term.column];
    made.nullable = made.column->nullable;
    order.push_back(std::move(made));
    if (term.column == 0) return order;
  }
  const auto direction = order.empty() ? Direction::ascending : order.front().direction;
  order.push_back({.sql = "t.\"id\"", .column = columns.data(), .direction = direction});
  return order;
}

std::string order_by(std::span<const Term> order, bool valued) {
  std::string text;
  for (const auto& term : order) {
    text += fmt::format("{} {} {}", text.empty() ? "" : ",", term.sql,
                        term.direction == Direction::ascending ? "ASC" : "DESC");
    if (term.nullable && !(valued && &term == order.data()))
      text += term.nulls == Nulls::first ? " NULLS FIRST" : " NULLS LAST";
  }
  return " ORDER BY" + text;
}

std::string from_where(Sight sight, const Query& query, Condition& condition, Dialect dialect) {
  const auto& table = sight.entity().table();
  auto text = condition.base(query.rows, use_of(sight, query));
  text += condition.filter(query.filter, Condition::Search::driven);
  text += condition.related(query.embeds);
  const bool whole =
      query.aggregated && !query.filtered() && use_of(sight, query) == ScopeUse::tests;
  if (condition.match().empty() && !condition.match().nothing())
    return fmt::format(" FROM {} AS t{} WHERE {}", table, whole ? as_a_whole(dialect) : "", text);
  // CROSS JOIN: SQLite keeps this order of the loops.
  return fmt::format(" FROM {} AS s CROSS JOIN {} AS t WHERE {} AND t.{} = s.{} AND {}",
                     sight.entity().search_table(), table, condition.matched(), row_key(dialect),
                     search_key(dialect), text);
}

}  // namespace tenon::data
