#include "data/conversion.h"

#include <fmt/format.h>

#include "data/predicate.h"

namespace tenon::data {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;
constexpr std::int64_t kLargest = 999'999'999'999'999'999;  // 18 digits, as decimals have

std::int64_t power(int digits) {
  std::int64_t value = 1;
  while (digits-- > 0) value *= 10;
  return value;
}

int scale_of(const Column& column) {
  return column.type == FieldType::decimal || column.type == FieldType::money ? column.scale : 0;
}

bool number(FieldType type) {
  return type == FieldType::integer || type == FieldType::decimal || type == FieldType::money;
}

bool text(FieldType type) {
  return type == FieldType::string || type == FieldType::text || type == FieldType::select;
}

Conversion same(const Column& before, const Column& after) {
  return {.forward = before.sql, .backward = after.sql, .loses = {}, .refuses = {}};
}

Conversion rescaled(const Column& before, const Column& after) {
  const int more = scale_of(after) - scale_of(before);
  auto made = same(before, after);
  if (more > 0) {
    const auto factor = power(more);
    made.forward = fmt::format("{} * {}", before.sql, factor);
    // A value that got more digits meanwhile has no way back: better no undo than a wrong one.
    made.backward = fmt::format("{} / {}", after.sql, factor);
    made.refuses = fmt::format("({0} > {1} OR {0} < -{1})", before.sql, kLargest / factor);
  } else if (more < 0) {
    const auto factor = power(-more);
    made.forward = fmt::format("(CASE WHEN {0} < 0 THEN {0} - {2} ELSE {0} + {2} END) / {1}",
                               before.sql, factor, factor / 2);
    made.backward = fmt::format("{} * {}", after.sql, factor);
    made.loses = fmt::format("{} % {} <> 0", before.sql, factor);
  }
  return made;
}

std::string options_of(const Column& column, Dialect dialect) {
  std::string list;
  for (const auto& option : column.field->options)
    list += (list.empty() ? "" : ", ") + literal(Value(option.value), dialect);
  return list.empty() ? "NULL" : list;
}

/// Between the kinds of text: longer ones are cut, unknown options are emptied.
Conversion retold(const Column& before, const Column& after, Dialect dialect) {
  auto made = same(before, after);
  if (after.type == FieldType::select) {
    const auto options = options_of(after, dialect);
    made.loses = fmt::format("({} NOT IN ({}))", before.sql, options);
    made.forward = fmt::format("CASE WHEN {0} IN ({1}) THEN {0} END", before.sql, options);
    return made;
  }
  const auto longest = after.rules.max_length;
  if (before.type == FieldType::text && after.type == FieldType::string) {
    made.loses = fmt::format(
        "(length({0}) > {1} OR {0} <> replace(replace({0}, {2}, ' '), {3}, "
        "' '))",
        before.sql, longest, dialect == Dialect::sqlite ? "char(10)" : "chr(10)",
        dialect == Dialect::sqlite ? "char(13)" : "chr(13)");
    made.forward =
        fmt::format("substr(replace(replace({0}, {2}, ' '), {3}, ' '), 1, {1})", before.sql,
                    longest, dialect == Dialect::sqlite ? "char(10)" : "chr(10)",
                    dialect == Dialect::sqlite ? "char(13)" : "chr(13)");
  } else if (before.type != FieldType::select && longest < before.rules.max_length) {
    made.loses = fmt::format("length({}) > {}", before.sql, longest);
    made.forward = fmt::format("substr({}, 1, {})", before.sql, longest);
  }
  return made;
}

}  // namespace

std::optional<Conversion> conversion(const Column& before, const Column& after, Dialect dialect) {
  if (before.field == nullptr || after.field == nullptr) return same(before, after);
  // What people wrote does not become what is computed: it is put away, not written over.
  if (after.derived && !before.derived) return std::nullopt;
  // What is computed is computed anew.
  if (after.derived && (before.type != after.type || scale_of(before) != scale_of(after)))
    return Conversion{.forward = "NULL", .backward = "NULL", .loses = {}, .refuses = {}};
  if (number(before.type) && number(after.type)) return rescaled(before, after);
  if (text(before.type) && text(after.type)) return retold(before, after, dialect);
  if (before.type == FieldType::reference && after.type == FieldType::reference) {
    if (before.field->ref_entity == after.field->ref_entity &&
        before.field->ref_plugin == after.field->ref_plugin)
      return same(before, after);
    return std::nullopt;
  }
  if (before.type == after.type) return same(before, after);
  if (before.type == FieldType::boolean && after.type == FieldType::integer)
    return same(before, after);
  if (before.type == FieldType::date && after.type == FieldType::datetime)
    return Conversion{
        .forward = fmt::format("{} * {}", before.sql, kDay),
        .backward = fmt::format("({0} - (({0} % {1}) + {1}) % {1}) / {1}", after.sql, kDay),
        .loses = {},
        .refuses = {}};
  if (before.type == FieldType::datetime && after.type == FieldType::date)
    return Conversion{
        .forward = fmt::format("({0} - (({0} % {1}) + {1}) % {1}) / {1}", before.sql, kDay),
        .backward = fmt::format("{} * {}", after.sql, kDay),
        .loses = fmt::format("{} % {} <> 0", before.sql, kDay),
        .refuses = {}};
  if (before.type == FieldType::integer &&
      (after.type == FieldType::string || after.type == FieldType::text))
    return Conversion{.forward = fmt::format("CAST({} AS TEXT)", before.sql),
                      .backward = fmt::format("CAST({} AS {})", after.sql,
                                              dialect == Dialect::sqlite ? "INTEGER" : "BIGINT"),
                      .loses = {},
                      .refuses = fmt::format("length(CAST({} AS TEXT)) > {}", before.sql,
                                             after.rules.max_length)};
  return std::nullopt;
}

}  // namespace tenon::data
