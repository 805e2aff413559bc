#include "data/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "data/query_filter.h"
#include "data/query_select.h"
#include "data/query_text.h"

namespace tenon::data {
namespace {

std::unexpected<Reason> wrong(std::string code, std::string message) {
  return std::unexpected(Reason{std::move(code), std::move(message)});
}

/// `name`, or `employer(name)` of a related record that is selected.
std::expected<Order, Reason> order_column(Sight sight, std::string_view text, const Query& query) {
  Order term;
  const auto open = text.find('(');
  auto name = text;
  if (open != std::string_view::npos) {
    const auto embed = std::ranges::find(query.embeds, text.substr(0, open), &Embed::name);
    const auto inside = inside_parentheses(text.substr(open));
    if (!inside || embed == query.embeds.end() || embed->kind != Embed::Kind::to_one)
      return wrong("unknown", fmt::format("\"{}\" is no single related record that is selected.",
                                          text.substr(0, std::min<std::size_t>(open, 64))));
    sight = Sight(*embed->entity, sight.viewer());
    term.embed = static_cast<std::size_t>(embed - query.embeds.begin());
    name = *inside;
  }
  const auto column = sight.column(name, "");
  if (!column) return wrong("unknown", column.error().message());
  const auto type = sight.entity().columns()[*column].type;
  if (type == FieldType::json || type == FieldType::multi_select || type == FieldType::computed)
    return wrong("unsupported", fmt::format("Rows cannot be ordered by \"{}\".", name));
  term.column = *column;
  return term;
}

std::expected<Order, Reason> order_term(Sight sight, std::string_view text, const Query& query) {
  const auto parts = split_outside(text, '.');
  if (!parts) return wrong("syntax", "The parentheses do not close.");
  auto made = order_column(sight, parts->front(), query);
  if (!made) return made;
  std::optional<Nulls> nulls;
  for (std::size_t i = 1; i < parts->size(); ++i) {
    const auto word = (*parts)[i];
    if (i == 1 && (word == "asc" || word == "desc"))
      made->direction = word == "asc" ? Direction::ascending : Direction::descending;
    else if (i + 1 == parts->size() && (word == "nullsfirst" || word == "nullslast"))
      nulls = word == "nullsfirst" ? Nulls::first : Nulls::last;
    else
      return wrong("syntax", "Write field, then .asc or .desc, then .nullsfirst or .nullslast.");
  }
  // PostgreSQL's rule: NULL counts as the greatest.
  made->nulls =
      nulls.value_or(made->direction == Direction::ascending ? Nulls::last : Nulls::first);
  return made;
}

std::expected<void, Reason> read_order(Sight sight, std::string_view text, Query& query) {
  const auto parts = split_outside(text, ',');
  if (!parts) return wrong("syntax", "A list of fields is expected.");
  if (parts->size() > kMaxOrder)
    return wrong("limit", fmt::format("At most {} fields in the order.", kMaxOrder));
  for (const auto part : *parts) {
    auto term = order_term(sight, part, query);
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
      if (name == "after" || name == "select" || name == "fts")
        return wrong("unsupported", "Related records take filters, an order, a limit and offset.");
      if (at->aggregated && (name == "order" || name == "limit" || name == "offset"))
        return wrong("unsupported", "What is aggregated has no order and no limit.");
      if (name == "order" && text.find('(') != std::string_view::npos)
        return wrong("unsupported", "Related records are ordered by their own fields.");
    }
    if (const auto embed = std::ranges::find(at->embeds, name, &Embed::name);
        embed != at->embeds.end() && !sight.find(name))
      return presence(*embed, text);
    return read(sight, name, text, *at);
  }

 private:
  /// `contacts=is.null`, `contacts=not.is.null`: whether there is a related record at all.
  static std::expected<void, Reason> presence(Embed& embed, std::string_view text) {
    if (text == "is.null")
      embed.join = Embed::Join::none;
    else if (text == "not.is.null" || text == "is.not_null")
      embed.join = Embed::Join::inner;
    else
      return wrong("operator", "Related records are tested with is.null or not.is.null.");
    return {};
  }

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
      // What is joined by `and` stands side by side, where an index can serve each.
      if (filter->kind == Filter::Kind::all && !filter->negated)
        std::ranges::move(filter->children, std::back_inserter(query.filter.children));
      else
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
