#include "data/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "data/query_filter.h"
#include "data/query_select.h"
#include "data/query_text.h"

namespace tenon::data {
namespace {

std::unexpected<Reason> wrong(std::string code, std::string message) {
  return std::unexpected(Reason{std::move(code), std::move(message)});
}

std::expected<Order, Reason> order_term(Sight sight, std::string_view text) {
  const auto parts = *split_outside(text, '.');
  auto column = sight.column(parts.front(), "");
  if (!column) return wrong("unknown", column.error().message());
  const auto type = sight.entity().columns()[*column].type;
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

std::expected<void, Reason> read_order(Sight sight, std::string_view text, Query& query) {
  const auto parts = split_outside(text, ',');
  if (!parts) return wrong("syntax", "A list of fields is expected.");
  if (parts->size() > kMaxOrder)
    return wrong("limit", fmt::format("At most {} fields in the order.", kMaxOrder));
  for (const auto part : *parts) {
    if (part.find_first_of("()\"") != std::string_view::npos)
      return wrong("syntax", "A field name is expected.");
    auto term = order_term(sight, part);
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

/// Reads the parameters of one question; those of related records by their path.
class QueryReader {
 public:
  QueryReader(Sight sight, std::shared_ptr<const Catalog> catalog)
      : sight_(sight), catalog_(std::move(catalog)) {}

  std::expected<void, Reason> select(std::string_view text, Query& query) {
    return SelectReader(sight_.viewer(), catalog_).read(sight_, text, query);
  }

  /// All but `select`.
  std::expected<void, Reason> parameter(std::string_view name, std::string_view text,
                                        Query& query) {
    auto* at = &query;
    auto sight = sight_;
    while (auto* embed = head(name, *at)) {
      name.remove_prefix(name.find('.') + 1);
      at = &embed->query;
      sight = Sight(*embed->entity, sight_.viewer());
      if (name == "offset" || name == "after" || name == "select" || name == "fts")
        return wrong("unsupported", "Related records take filters, an order and a limit.");
    }
    return read(sight, name, text, *at);
  }

 private:
  static Embed* head(std::string_view name, Query& query) {
    const auto dot = name.find('.');
    if (dot == std::string_view::npos) return nullptr;
    const auto found = std::ranges::find(query.embeds, name.substr(0, dot), &Embed::name);
    return found == query.embeds.end() ? nullptr : &*found;
  }

  std::expected<void, Reason> read(Sight sight, std::string_view name, std::string_view text,
                                   Query& query) {
    auto& filters = filters_.try_emplace(&query, sight).first->second;
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
    if (name == "order") return read_order(sight, text, query);
    if (name == "limit") {
      query.limited = true;
      return number(query.limit, kMaxPage);
    }
    if (name == "offset") return number(query.offset, kMaxOffset);
    if (name == "after") {
      query.after = std::string(text);
      return {};
    }
    if (name == "fts") return adopt(filters.words(text));
    if (name == "and") return adopt(filters.tree(Filter::Kind::all, false, text));
    if (name == "or") return adopt(filters.tree(Filter::Kind::any, false, text));
    if (name == "not.and") return adopt(filters.tree(Filter::Kind::all, true, text));
    if (name == "not.or") return adopt(filters.tree(Filter::Kind::any, true, text));
    if (const auto dot = name.find('.'); dot != std::string_view::npos)
      return wrong("unknown", fmt::format("\"{}\" is not among the selected related records.",
                                          name.substr(0, std::min<std::size_t>(dot, 64))));
    return adopt(filters.parameter(name, text));
  }

  Sight sight_;
  std::shared_ptr<const Catalog> catalog_;
  std::map<const Query*, FilterReader> filters_;
};

/// What holds between parameters.
std::expected<void, FieldError> check(const Query& query) {
  if (query.after && query.offset > 0)
    return std::unexpected(
        FieldError{"/query/offset", "syntax", "after and offset exclude each other."});
  if (!query.aggregated) return {};
  if (query.after || query.offset > 0)
    return std::unexpected(FieldError{query.after ? "/query/after" : "/query/offset", "unsupported",
                                      "Groups come in one answer."});
  for (const auto& term : query.order)
    if (std::ranges::none_of(query.select, [&](const Selected& selected) {
          return selected.column == term.column && selected.function == Function::none;
        }))
      return std::unexpected(
          FieldError{"/query/order", "unsupported", "Groups are ordered by what they group by."});
  return {};
}

}  // namespace

Result<Query> parse_query(const EntityInfo& entity, const Parameters& parameters,
                          const Viewer& viewer, std::shared_ptr<const Catalog> catalog) {
  constexpr std::string_view kOnce[] = {"select", "order", "limit", "offset", "after", "fts"};
  Query query;
  query.catalog = catalog;
  QueryReader reader(Sight(entity, viewer), std::move(catalog));
  std::vector<FieldError> errors;
  // Related records are named by `select`, wherever it stands.
  std::map<std::size_t, FieldError> wrong_at;  // in the order the client wrote them
  for (const bool select : {true, false}) {
    std::vector<std::string_view> seen;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const auto& [name, text] = parameters[i];
      if ((name == "select") != select) continue;
      auto done = select ? reader.select(text, query) : reader.parameter(name, text, query);
      const std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
      const bool once = std::ranges::find(kOnce, last) != std::end(kOnce);
      if (done && once && std::ranges::find(seen, name) != seen.end())
        done = wrong("syntax", "This parameter is given twice.");
      seen.push_back(name);
      if (!done)
        wrong_at.emplace(i, FieldError{"/query/" + name.substr(0, 64), std::move(done.error().code),
                                       std::move(done.error().message)});
    }
  }
  for (auto& [place, error] : wrong_at) errors.push_back(std::move(error));
  if (auto done = check(query); !done) errors.push_back(std::move(done.error()));
  if (errors.empty()) return query;
  auto message = fmt::format("The parameter \"{}\" is wrong: {}", errors.front().path.substr(7),
                             errors.front().message);
  return fail(Error(ErrorCode::invalid, std::move(message))
                  .because("query.parameter")
                  .with_fields(std::move(errors)));
}

}  // namespace tenon::data
