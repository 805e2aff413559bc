#include "data/query.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/names.h"
#include "data/query_filter.h"
#include "data/query_text.h"

namespace tenon::data {
namespace {

std::unexpected<Reason> wrong(std::string code, std::string message) {
  return std::unexpected(Reason{std::move(code), std::move(message)});
}

bool is_identifier(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::expected<std::size_t, Reason> position(const EntityInfo& entity, std::string_view name) {
  const auto column = entity.column(name, "");
  if (!column) return wrong("unknown", column.error().message());
  return *column;
}

std::expected<Selected, Reason> selected(const EntityInfo& entity, std::string_view text) {
  if (text.find('(') != std::string_view::npos)
    return wrong("unsupported",
                 "Related records cannot be embedded in this version; ask for them by their id.");
  if (text.find("::") != std::string_view::npos || text.find("->") != std::string_view::npos)
    return wrong("unsupported", "Casts and paths into JSON are not supported.");
  const auto colon = text.find(':');
  const auto name = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const auto alias = text.substr(0, colon);
  auto column = position(entity, name);
  if (!column) return std::unexpected(std::move(column.error()));
  if (!is_identifier(alias)) return wrong("syntax", "An alias is made of letters, digits and _.");
  return Selected{*column, std::string(alias)};
}

std::expected<void, Reason> read_select(const EntityInfo& entity, std::string_view text,
                                        Query& query) {
  const auto parts = split_outside(text, ',');
  if (!parts) return wrong("syntax", "The parentheses do not close.");
  for (const auto part : *parts) {
    if (part == "*") {
      for (std::size_t i = 0; i < entity.columns().size(); ++i)
        query.select.push_back({i, entity.columns()[i].name});
    } else {
      auto one = selected(entity, part);
      if (!one) return std::unexpected(std::move(one.error()));
      query.select.push_back(std::move(*one));
    }
    if (query.select.size() > 250) return wrong("limit", "At most 250 columns are selected.");
  }
  std::vector<std::string_view> names;
  for (const auto& one : query.select) names.push_back(one.name);
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end())
    return wrong("syntax", fmt::format("\"{}\" is selected twice.", *twice));
  return {};
}

std::expected<Order, Reason> order_term(const EntityInfo& entity, std::string_view text) {
  const auto parts = *split_outside(text, '.');
  auto column = position(entity, parts.front());
  if (!column) return std::unexpected(std::move(column.error()));
  const auto type = entity.columns()[*column].type;
  if (type == FieldType::json || type == FieldType::multi_select || type == FieldType::computed)
    return wrong("unsupported", fmt::format("Rows cannot be ordered by \"{}\".", parts.front()));
  Order term{.column = *column};
  std::optional<Nulls> nulls;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (i == 1 && (parts[i] == "asc" || parts[i] == "desc"))
      term.direction = parts[i] == "asc" ? Direction::ascending : Direction::descending;
    else if (i + 1 == parts.size() && (parts[i] == "nullsfirst" || parts[i] == "nullslast"))
      nulls = parts[i] == "nullsfirst" ? Nulls::first : Nulls::last;
    else
      return wrong("syntax", "Write field, then .asc or .desc, then .nullsfirst or .nullslast.");
  }
  // PostgreSQL's rule: NULL counts as the greatest.
  term.nulls = nulls.value_or(term.direction == Direction::ascending ? Nulls::last : Nulls::first);
  return term;
}

std::expected<void, Reason> read_order(const EntityInfo& entity, std::string_view text,
                                       Query& query) {
  const auto parts = split_outside(text, ',');
  if (!parts) return wrong("syntax", "A list of fields is expected.");
  if (parts->size() > kMaxOrder)
    return wrong("limit", fmt::format("At most {} fields in the order.", kMaxOrder));
  for (const auto part : *parts) {
    if (part.find_first_of("()\"") != std::string_view::npos)
      return wrong("syntax", "A field name is expected.");
    auto term = order_term(entity, part);
    if (!term) return std::unexpected(std::move(term.error()));
    query.order.push_back(*term);
  }
  return {};
}

std::expected<std::size_t, Reason> read_number(std::string_view text, std::size_t most) {
  const auto number = parse_integer(text);
  if (!number || *number < 0)
    return wrong("type", "A whole number that is not negative is expected.");
  if (static_cast<std::uint64_t>(*number) > most)
    return wrong("limit", fmt::format("At most {}.", most));
  return static_cast<std::size_t>(*number);
}

/// Reads one parameter into the question.
std::expected<void, Reason> read_parameter(const EntityInfo& entity, std::string_view name,
                                           std::string_view text, FilterReader& filters,
                                           Query& query) {
  const auto adopt = [&](std::expected<Filter, Reason> filter) -> std::expected<void, Reason> {
    if (!filter) return std::unexpected(std::move(filter.error()));
    query.filter.children.push_back(std::move(*filter));
    return {};
  };
  const auto number = [&](std::size_t& into, std::size_t most) -> std::expected<void, Reason> {
    auto value = read_number(text, most);
    if (!value) return std::unexpected(std::move(value.error()));
    into = *value;
    return {};
  };
  if (name == "select") return read_select(entity, text, query);
  if (name == "order") return read_order(entity, text, query);
  if (name == "limit") return number(query.limit, kMaxPage);
  if (name == "offset") return number(query.offset, kMaxOffset);
  if (name == "after") {
    query.after = std::string(text);
    return {};
  }
  if (name == "and") return adopt(filters.tree(Filter::Kind::all, false, text));
  if (name == "or") return adopt(filters.tree(Filter::Kind::any, false, text));
  if (name == "not.and") return adopt(filters.tree(Filter::Kind::all, true, text));
  if (name == "not.or") return adopt(filters.tree(Filter::Kind::any, true, text));
  if (name.find('.') != std::string_view::npos)
    return wrong("unsupported", "Filters on related records are not supported in this version.");
  return adopt(filters.parameter(name, text));
}

}  // namespace

Result<Query> parse_query(const EntityInfo& entity, const Parameters& parameters) {
  constexpr std::string_view kOnce[] = {"select", "order", "limit", "offset", "after"};
  Query query;
  FilterReader filters(entity);
  std::vector<FieldError> errors;
  std::vector<std::string_view> seen;
  for (const auto& [name, text] : parameters) {
    auto done = read_parameter(entity, name, text, filters, query);
    if (done && std::ranges::find(kOnce, name) != std::end(kOnce) &&
        std::ranges::find(seen, name) != seen.end())
      done = wrong("syntax", "This parameter is given twice.");
    seen.push_back(name);
    if (!done)
      errors.push_back({"/query/" + name.substr(0, 64), std::move(done.error().code),
                        std::move(done.error().message)});
  }
  if (query.after && query.offset > 0)
    errors.push_back({"/query/offset", "syntax", "after and offset exclude each other."});
  if (errors.empty()) return query;
  auto message = fmt::format("The parameter \"{}\" is wrong: {}", errors.front().path.substr(7),
                             errors.front().message);
  return fail(Error(ErrorCode::invalid, std::move(message))
                  .because("query.parameter")
                  .with_fields(std::move(errors)));
}

}  // namespace tenon::data
