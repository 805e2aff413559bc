#include "data/read_dialect.h"

#include <fmt/format.h>

namespace tenon::data {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;  // microseconds

/// `%` keeps the sign of its left side on both databases.
std::string floored(std::string_view value, std::int64_t step) {
  return fmt::format("({0} - (({0} % {1}) + {1}) % {1})", value, step);
}

std::string start_of(Dialect dialect, std::string_view days, std::string_view unit) {
  if (dialect == Dialect::postgres)
    return fmt::format(
        "CAST(date_trunc('{}', TIMESTAMP '1970-01-01' + {} * INTERVAL '1 day')::date - "
        "DATE '1970-01-01' AS BIGINT)",
        unit, days);
  if (unit == "quarter")
    return fmt::format(
        "(unixepoch({0} * 86400, 'unixepoch', 'start of month', '-' || ((CAST(strftime('%m', {0} * "
        "86400, 'unixepoch') AS INTEGER) - 1) % 3) || ' months') / 86400)",
        days);
  return fmt::format("(unixepoch({} * 86400, 'unixepoch', 'start of {}') / 86400)", days, unit);
}

}  // namespace

std::string not_driving(Dialect dialect, std::string_view expression) {
  return dialect == Dialect::sqlite ? fmt::format("+{}", expression) : std::string(expression);
}

std::string_view as_a_whole(Dialect dialect) noexcept {
  return dialect == Dialect::sqlite ? " NOT INDEXED" : "";
}

std::string_view row_key(Dialect dialect) noexcept {
  return dialect == Dialect::sqlite ? "\"rid\"" : "\"id\"";
}
std::string_view search_key(Dialect dialect) noexcept {
  return dialect == Dialect::sqlite ? "\"rowid\"" : "\"id\"";
}

std::string bucket_of(Dialect dialect, std::string_view expression, FieldType type, Bucket bucket) {
  const auto days = type == FieldType::date
                        ? std::string(expression)
                        : fmt::format("({} / {})", floored(expression, kDay), kDay);
  switch (bucket) {
    case Bucket::week:  // 1970-01-01 was a Thursday
      return fmt::format("({} - 3)", floored(fmt::format("({} + 3)", days), 7));
    case Bucket::month:
      return start_of(dialect, days, "month");
    case Bucket::quarter:
      return start_of(dialect, days, "quarter");
    case Bucket::year:
      return start_of(dialect, days, "year");
    default:
      return days;
  }
}

std::string per_parent(Dialect dialect, const PerParent& parts) {
  if (dialect == Dialect::postgres)
    return fmt::format(
        "SELECT {} FROM {} AS p CROSS JOIN LATERAL (SELECT * FROM {} AS t1 WHERE {}{}{}) AS c "
        "WHERE p.\"id\" {}{}{}",
        parts.columns, parts.parent_table, parts.child_table, parts.where, parts.order, parts.limit,
        parts.keys, parts.outer_order, parts.bound);
  return fmt::format(
      "SELECT {} FROM {} AS p CROSS JOIN {} AS c WHERE p.\"id\" {} AND c.\"id\" IN (SELECT "
      "t1.\"id\" FROM {} AS t1 WHERE {}{}{}){}{}",
      parts.columns, parts.parent_table, parts.child_table, parts.keys, parts.child_table,
      parts.where, parts.order, parts.limit, parts.outer_order, parts.bound);
}

std::string row_estimate(Dialect dialect, std::string_view table) {
  if (dialect == Dialect::postgres)
    // As its own planner does: what a page held when the table was last looked at, times the pages
    // of now; of a table that was never looked at, a page's worth of small rows.
    return "SELECT CAST(CASE WHEN relpages > 0 AND reltuples >= 0 THEN CAST(reltuples AS FLOAT8) / "
           "relpages ELSE 50 END * (pg_relation_size(oid) / "
           "CAST(current_setting('block_size') AS BIGINT)) AS BIGINT) FROM pg_class WHERE oid = "
           "to_regclass(CAST(?1 AS TEXT))";
  return fmt::format("SELECT max(\"rid\") FROM {}", table);
}

}  // namespace tenon::data
