// Related records: one statement for each relation and page, whatever the number of rows.
#include <fmt/format.h>

#include "data/plan_parts.h"

namespace tenon::data {
namespace {

std::vector<Term> terms(Sight sight, const Query& query, std::string_view alias) {
  const auto& columns = sight.entity().columns();
  std::vector<Term> order;
  for (const auto& term : query.order) {
    order.push_back({.sql = fmt::format("{}.{}", alias, columns[term.column].sql),
                     .column = &columns[term.column],
                     .direction = term.direction,
                     .nulls = term.nulls});
    if (term.column == 0) return order;
  }
  order.push_back({.sql = fmt::format("{}.\"id\"", alias), .column = columns.data()});
  return order;
}

}  // namespace

Result<EmbedPlan> plan_embed(Sight parent, const Embed& embed, const std::vector<Uuid>& parents,
                             Dialect dialect) {
  const Sight sight(*embed.entity, parent.viewer());
  TENON_TRY(check_sight(sight, embed.query));
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
  const auto limit = " LIMIT " + condition.bind(static_cast<std::int64_t>(embed.query.limit));
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
