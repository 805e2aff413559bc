// Groups and their sums: the plan of an aggregate, and how its answer is written.
#include "data/aggregate.h"

#include <fmt/format.h>

#include <utility>

#include "data/cast.h"
#include "data/encode.h"
#include "data/fields/number.h"
#include "data/plan_parts.h"

namespace tenon::data {
namespace {

__extension__ using Wide = __int128;

constexpr unsigned kAverageDigits = 4;  // behind those of the field

bool sums(const Selected& selected) noexcept {
  return selected.function == Function::sum || selected.function == Function::avg;
}

std::string expression(const Selected& selected, const Column& column, std::string_view alias,
                       Dialect dialect) {
  auto text = fmt::format("{}.{}", alias, column.sql);
  if (selected.bucket != Bucket::none)
    text = bucket_of(dialect, text, column.type, selected.bucket);
  switch (selected.function) {
    case Function::none:
      return text;
    case Function::count:
      return fmt::format("count({})", text);
    case Function::min:
      return fmt::format("min({})", text);
    case Function::max:
      return fmt::format("max({})", text);
    default:
      // Halves cannot overflow; put together again in 128 bits, they say on both databases alike
      // whether the sum does.
      return fmt::format("CAST(sum({0} >> 32) AS BIGINT), CAST(sum({0} & 4294967295) AS BIGINT){1}",
                         text, selected.function == Function::avg ? ", count(" + text + ")" : "");
  }
}

struct Sum {
  Wide total = 0;
  std::int64_t count = 0;  // for an average
};

/// Columns of the answer that one selected thing takes.
int width_of(const Selected& selected) noexcept {
  if (selected.column == kNoColumn || !sums(selected)) return 1;
  return selected.function == Function::avg ? 3 : 2;
}

Sum read_sum(const storage::Row& row, int place, const Selected& selected) {
  return {.total = static_cast<Wide>(row.integer(place)) * (Wide{1} << 32) + row.integer(place + 1),
          .count = selected.function == Function::avg ? row.integer(place + 2) : 0};
}

bool fits(Wide value) noexcept {
  return value >= std::numeric_limits<std::int64_t>::min() &&
         value <= std::numeric_limits<std::int64_t>::max();
}

/// Half away from zero.
std::optional<std::int64_t> average(const Sum& sum) {
  Wide scaled = sum.total;
  for (unsigned i = 0; i < kAverageDigits; ++i) scaled *= 10;
  const Wide half = sum.count / 2;
  const Wide rounded = (scaled + (scaled < 0 ? -half : half)) / sum.count;
  return fits(rounded) ? std::optional(static_cast<std::int64_t>(rounded)) : std::nullopt;
}

Error overflow(const Selected& selected) {
  return Error(ErrorCode::invalid,
               fmt::format("The sum \"{}\" is too large to be a number of this field.",
                           selected.name))
      .because("query.overflow")
      .with_field({"/query/select", "overflow", "The sum is too large."});
}

void write_scaled(std::string& out, std::int64_t value, unsigned scale) {
  out += '"';
  write_decimal(out, value, scale);
  out += '"';
}

void write_scaled_sum(std::string& out, std::int64_t value, const Column& column) {
  if (column.type == FieldType::integer)
    write_integer(out, value);
  else
    write_scaled(out, value, column.scale);
}

Result<> write_sum(std::string& out, const Selected& selected, const Column& column,
                   const storage::Row& row, int place) {
  if (row.is_null(place)) {
    out += "null";
    return {};
  }
  const auto sum = read_sum(row, place, selected);
  if (selected.function != Function::avg) {
    if (!fits(sum.total)) return fail(overflow(selected));
    write_scaled_sum(out, static_cast<std::int64_t>(sum.total), column);
    return {};
  }
  const auto value = average(sum);
  if (!value) return fail(overflow(selected));
  const unsigned scale = column.type == FieldType::integer ? 0 : column.scale;
  write_scaled(out, *value, scale + kAverageDigits);
  return {};
}

}  // namespace

std::string aggregate_columns(Sight sight, const Query& query, std::string_view alias,
                              Dialect dialect) {
  std::string text;
  for (const auto& selected : query.select) {
    text += text.empty() ? "" : ", ";
    text += selected.column == kNoColumn
                ? "count(*)"
                : expression(selected, sight.entity().columns()[selected.column], alias, dialect);
  }
  return text;
}

std::size_t aggregate_width(const Query& query) {
  std::size_t width = 0;
  for (const auto& selected : query.select) width += static_cast<std::size_t>(width_of(selected));
  return width;
}

void write_no_group(std::string& out, const Query& query) {
  char before = '{';
  for (const auto& selected : query.select) {
    out.append(1, std::exchange(before, ',')).append(1, '"').append(selected.name).append("\":");
    const auto from = out.size();
    out += selected.function == Function::count ? "0" : "null";
    recast(out, from, selected.cast);
  }
  out += '}';
}

Result<Statement> plan_aggregate(Sight sight, const Query& query, Dialect dialect) {
  TENON_TRY(check_sight(sight, query));
  Statement statement;
  Condition condition(sight, dialect, "t", statement);
  const auto where = from_where(sight, query, condition, dialect);
  std::string select;
  std::string groups;
  std::string order;
  std::vector<std::size_t> places;  // ordinal of each selected
  std::size_t ordinal = 1;
  for (const auto& selected : query.select) {
    places.push_back(ordinal);
    select += select.empty() ? "" : ", ";
    if (selected.column == kNoColumn) {
      select += "count(*)";
    } else {
      select += expression(selected, sight.entity().columns()[selected.column], "t", dialect);
      if (selected.function == Function::none)
        groups += fmt::format("{}{}", groups.empty() ? " GROUP BY " : ", ", ordinal);
    }
    ordinal += static_cast<std::size_t>(width_of(selected));
  }
  const auto add = [&](std::size_t selected, Direction direction, Nulls nulls) {
    order += fmt::format("{}{} {} NULLS {}", order.empty() ? " ORDER BY " : ", ", places[selected],
                         direction == Direction::ascending ? "ASC" : "DESC",
                         nulls == Nulls::first ? "FIRST" : "LAST");
  };
  std::vector<bool> ordered(query.select.size());
  for (const auto& term : query.order)
    for (std::size_t i = 0; i < query.select.size(); ++i)
      if (query.select[i].column == term.column && query.select[i].function == Function::none) {
        add(i, term.direction, term.nulls);
        ordered[i] = true;
      }
  for (std::size_t i = 0; i < query.select.size(); ++i)
    if (query.select[i].column != kNoColumn && query.select[i].function == Function::none &&
        !ordered[i])
      add(i, Direction::ascending, Nulls::last);
  const auto most = query.limited ? std::min(query.limit, kMaxGroups) : kMaxGroups + 1;
  statement.sql = "SELECT " + select + where + groups + order + " LIMIT " +
                  condition.bind(static_cast<std::int64_t>(most));
  return statement;
}

Result<> write_group(std::string& out, Sight sight, const Query& query, const storage::Row& row) {
  static const Column day = [] {
    Column made;
    made.type = FieldType::date;
    made.storage = Storage::integer;
    return made;
  }();
  char before = '{';
  int place = 0;
  for (const auto& selected : query.select) {
    out += before;
    before = ',';
    out.append(1, '"').append(selected.name).append("\":");
    const auto from = out.size();
    if (selected.column == kNoColumn || selected.function == Function::count) {
      write_integer(out, row.integer(place));
    } else if (const auto& column = sight.entity().columns()[selected.column]; sums(selected)) {
      TENON_TRY(write_sum(out, selected, column, row, place));
    } else {
      write_value(out, selected.bucket == Bucket::none ? column : day, row, place);
    }
    place += width_of(selected);
    recast(out, from, selected.cast);
  }
  out += '}';
  return {};
}

}  // namespace tenon::data
