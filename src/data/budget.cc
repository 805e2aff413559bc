#include "data/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "data/condition.h"

namespace tenon::data {
namespace {

enum class Served : std::uint8_t { no, range, equality };  // by what kind of seek

Served leaf_served(const EntityInfo& entity, const Filter& leaf) {
  if (leaf.negated) return Served::no;
  if (leaf.op == Operator::fts) return Served::equality;
  if (leaf.op == Operator::contains || leaf.op == Operator::ilike)
    return wanted_tokens(entity, leaf).empty() ? Served::no : Served::equality;
  if (!entity.columns()[leaf.column].indexed) return Served::no;
  switch (leaf.op) {
    case Operator::eq:
    case Operator::in:
    case Operator::is_null:
    case Operator::is_true:
    case Operator::is_false:
      return Served::equality;
    case Operator::gt:
    case Operator::gte:
    case Operator::lt:
    case Operator::lte:
      return Served::range;
    case Operator::like:
      return literal_prefix(std::get<std::string>(leaf.values.front())).empty() ? Served::no
                                                                                : Served::range;
    default:
      return Served::no;
  }
}

Served served(const EntityInfo& entity, const Filter& filter) {
  if (filter.kind == Filter::Kind::leaf) return leaf_served(entity, filter);
  if (filter.negated || filter.children.empty()) return Served::no;
  const bool any = filter.kind == Filter::Kind::any;
  auto result = any ? Served::equality : Served::no;
  for (const auto& child : filter.children) {
    const auto one = served(entity, child);
    result = any ? std::min(result, one) : std::max(result, one);
  }
  return result;
}

const Filter* first_leaf(const Filter& filter) {
  if (filter.kind == Filter::Kind::leaf) return &filter;
  for (const auto& child : filter.children)
    if (const auto* leaf = first_leaf(child)) return leaf;
  return nullptr;
}

/// The record's own column that its order depends on first.
std::size_t ordered_by(const Query& query) noexcept {
  const auto& first = query.order.front();
  return first.embed == kNoColumn ? first.column : query.embeds[first.embed].here;
}

Result<std::int64_t> number(storage::Session& session, const std::string& sql,
                            storage::Values values) {
  std::int64_t found = 0;
  TENON_TRY(session.query(sql, values, [&](const storage::Row& row) {
    found = row.integer(0);
    return storage::Visit::more;
  }));
  return found;
}

/// The trash has no index but its own; it is counted up to the bound.
Result<std::int64_t> rows_of(storage::Session& session, const EntityInfo& entity, Rows rows) {
  if (rows == Rows::living) return estimated_rows(session, entity);
  const std::array<storage::Value, 1> values{kBudgetRows + 1};
  return number(session,
                fmt::format("SELECT count(*) FROM (SELECT 1 AS one FROM {} WHERE \"deleted_at\" IS "
                            "NOT NULL LIMIT ?1) AS n",
                            entity.table()),
                values);
}

}  // namespace

std::optional<std::size_t> missing_index(Sight sight, const Query& query) {
  const auto& entity = sight.entity();
  const bool filtered = query.filtered();
  const auto filter = filtered ? served(entity, query.filter) : Served::no;
  if (query.rows == Rows::deleted && (filtered || !query.order.empty())) {
    const auto* leaf = first_leaf(query.filter);
    return leaf == nullptr ? ordered_by(query) : leaf->column;
  }
  if (filtered && filter == Served::no) {
    const auto* leaf = first_leaf(query.filter);
    return leaf == nullptr ? std::optional<std::size_t>() : leaf->column;
  }
  if (!filtered)
    for (const auto& embed : query.embeds)
      if (embed.join != Embed::Join::left && embed.query.filtered()) return embed.here;
  if (query.aggregated || query.order.empty() || filter == Served::equality) return std::nullopt;
  const auto first = ordered_by(query);
  if (query.order.front().embed == kNoColumn && entity.columns()[first].indexed)
    return std::nullopt;
  return first;
}

Result<std::int64_t> estimated_rows(storage::Session& session, const EntityInfo& entity) {
  const auto dialect = session.dialect();
  const auto sql = row_estimate(dialect, entity.table());
  const std::array<storage::Value, 1> values{std::string_view(entity.table())};
  return number(session, sql,
                dialect == Dialect::sqlite ? storage::Values() : storage::Values(values));
}

Result<> check_budget(storage::Session& session, Sight sight, const Query& query) {
  auto missing = missing_index(sight, query);
  if (query.aggregated && !missing && !query.filtered()) missing = 0;
  if (!missing) return {};
  const auto most = query.aggregated ? kAggregateRows : kBudgetRows;
  TENON_ASSIGN(rows, rows_of(session, sight.entity(), query.rows));
  if (rows <= most) return {};
  const std::string field = *missing == kNoColumn ? "" : sight.entity().columns()[*missing].name;
  if (query.aggregated && !query.filtered())
    return fail(
        Error(ErrorCode::exhausted,
              fmt::format("\"{}\" has too many records to be grouped as a whole; filter them.",
                          sight.entity().name()))
            .because("query.budget")
            .with_details(fmt::format("{{\"entity\":\"{}\",\"rows\":{},\"limit\":{}}}",
                                      sight.entity().full_name(), rows, most)));
  return fail(
      Error(ErrorCode::exhausted,
            fmt::format("This question would walk all records of \"{0}\": an index on \"{1}\" is "
                        "missing. Filter by an indexed field too, or ask for the index.",
                        sight.entity().name(), field))
          .because("query.budget")
          .with_details(
              fmt::format("{{\"entity\":\"{}\",\"index\":[\"{}\"],\"rows\":{},\"limit\":{}}}",
                          sight.entity().full_name(), field, rows, most)));
}

}  // namespace tenon::data
