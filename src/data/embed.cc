// Related records: one statement for each relation and page, whatever the number of rows.
#include <fmt/format.h>

#include "data/aggregate.h"
#include "data/plan_parts.h"

namespace tenon::data {
namespace {

std::vector<Term> terms(Sight sight, const Query& query, std::string_view alias) {
  const auto& columns = sight.entity().columns();
  std::vector<Term> order;
  for (const auto& term : query.order) {
    order.push_back({.sql = fmt::format("{}.{}", alias, columns[term.column].sql),
                     .column = &columns[term.column],
                     .nullable = columns[term.column].nullable,
                     .direction = term.direction,
                     .nulls = term.nulls});
    if (term.column == 0) return order;
  }
  order.push_back({.sql = fmt::format("{}.\"id\"", alias), .column = columns.data()});
  return order;
}

EmbedPlan plan_groups(Sight sight, const Embed& embed, const std::vector<Uuid>& parents,
                      Dialect dialect) {
  EmbedPlan plan;
  Condition condition(sight, dialect, "t1", plan.statement);
  const auto parent = condition.column(embed.there);
  auto where = fmt::format("{} {} AND ", parent, condition.in_list(parents));
  where += condition.base(Rows::living, ScopeUse::tests);
  where += condition.filter(embed.query.filter);
  plan.statement.sql = fmt::format("SELECT {}, {} FROM {} AS t1 WHERE {} GROUP BY {}",
                                   aggregate_columns(sight, embed.query, "t1", dialect), parent,
                                   sight.entity().table(), where, parent);
  return plan;
}

}  // namespace

Result<EmbedPlan> plan_embed(Sight parent, const Embed& embed, const std::vector<Uuid>& parents,
                             Dialect dialect) {
  const Sight sight(*embed.entity, parent.viewer());
  TENON_TRY(check_sight(sight, embed.query));
  if (embed.query.aggregated) return plan_groups(sight, embed, parents, dialect);
  EmbedPlan plan;
  plan.columns = selected_columns(sight, embed.query);
  const bool many = embed.kind == Embed::Kind::to_many;
  const auto* alias = many ? "c" : "t1";
  std::string select;
  const auto add = [&](std::size_t column) {
    select += fmt::format("{}{}.{}", select.empty() ? "" : ", ", alias,
                          sight.entity().columns()[column].sql);
  };
  for (const auto& selected : plan.columns) add(selected.column);
  for (const auto& inner : embed.query.embeds) {
    add(inner.here);
    plan.links.push_back(inner.here);
  }
  add(embed.there);

  Condition condition(sight, dialect, "t1", plan.statement);
  const auto keys = condition.in_list(parents);
  auto where = condition.base(Rows::living, ScopeUse::tests);
  where += condition.filter(embed.query.filter);
  where += condition.related(embed.query.embeds);
  const auto bound = fmt::format(" LIMIT {}", kMaxEmbeddedRows + 1);
  if (!many) {
    plan.statement.sql = fmt::format("SELECT {} FROM {} AS t1 WHERE t1.\"id\" {} AND {}{}", select,
                                     sight.entity().table(), keys, where, bound);
    return plan;
  }
  where = fmt::format("{} = p.\"id\" AND {}", condition.column(embed.there), where);
  auto limit = " LIMIT " + condition.bind(static_cast<std::int64_t>(embed.query.limit));
  if (embed.query.offset > 0)
    limit += " OFFSET " + condition.bind(static_cast<std::int64_t>(embed.query.offset));
  const auto order = order_by(terms(sight, embed.query, "t1"));
  const auto outer = order_by(terms(sight, embed.query, "c"));
  plan.statement.sql = per_parent(dialect, {.parent_table = parent.entity().table(),
                                            .child_table = sight.entity().table(),
                                            .keys = keys,
                                            .columns = select,
                                            .where = where,
                                            .order = order,
                                            .limit = limit,
                                            .outer_order = outer,
                                            .bound = bound});
  return plan;
}

}  // namespace tenon::data
