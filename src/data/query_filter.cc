#include "data/query_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "data/decode.h"
#include "data/names.h"
#include "data/query_text.h"

namespace tenon::data {
namespace {

constexpr std::size_t kLongestPattern = 1000;  // bytes; the database's own limit

using Word = std::pair<std::string_view, Operator>;
constexpr std::array<Word, 15> kOperators = {{
    {"eq", Operator::eq},
    {"neq", Operator::neq},
    {"gt", Operator::gt},
    {"gte", Operator::gte},
    {"lt", Operator::lt},
    {"lte", Operator::lte},
    {"in", Operator::in},
    {"like", Operator::like},
    {"ilike", Operator::ilike},
    {"is", Operator::is_null},
    {"isdistinct", Operator::is_distinct},
    {"contains", Operator::contains},
    {"cs", Operator::holds},
    {"cd", Operator::held_by},
    {"ov", Operator::overlaps},
}};
constexpr std::array<std::pair<std::string_view, WordSyntax>, 4> kSearches = {{
    {"fts", WordSyntax::operators},
    {"plfts", WordSyntax::plain},
    {"phfts", WordSyntax::phrase},
    {"wfts", WordSyntax::web},
}};

std::unexpected<Reason> wrong(std::string code, std::string message) {
  return std::unexpected(Reason{std::move(code), std::move(message)});
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::expected<void, Reason> is_operand(Filter& leaf, const Column& column, std::string_view text) {
  if (text == "not_null") leaf.negated = !leaf.negated;
  if (text == "null" || text == "not_null") {
    leaf.op = Operator::is_null;
    return {};
  }
  if (text != "true" && text != "false" && text != "unknown")
    return wrong("operand", "is takes null, not_null, true, false or unknown.");
  if (column.type != FieldType::boolean)
    return wrong("operand", "is.true, is.false and is.unknown test boolean fields only.");
  if (text == "unknown") {
    leaf.op = Operator::is_null;
    return {};
  }
  leaf.op = text == "true" ? Operator::is_true : Operator::is_false;
  return {};
}

bool plain_text(const Column& column) noexcept {
  return column.storage == Storage::text && column.type != FieldType::json &&
         column.type != FieldType::computed && column.type != FieldType::multi_select;
}

std::expected<void, Reason> text_operand(Filter& leaf, const Column& column,
                                         const std::string& text) {
  if (!plain_text(column)) return wrong("operator", "contains tests text fields only.");
  auto value = decode_text(column, text);
  if (!value) return std::unexpected(std::move(value.error()));
  if (std::get<std::string>(*value).size() > kLongestPattern / 2)
    return wrong("operand",
                 fmt::format("A text to look for has at most {} bytes.", kLongestPattern / 2));
  leaf.values.push_back(std::move(*value));
  return {};
}

std::expected<void, Reason> check_search_text(std::string_view text) {
  if (text.size() > kLongestPattern)
    return wrong("operand", fmt::format("A search text has at most {} bytes.", kLongestPattern));
  if (text.find('\0') != std::string_view::npos || !utf8::is_valid(text))
    return wrong("characters", "The search text is no text.");
  return {};
}

std::unexpected<Reason> no_operator(std::string_view word, bool whole) {
  std::vector<std::string_view> known;
  for (const auto& [known_word, op] : kOperators) known.push_back(known_word);
  for (const auto& [known_word, syntax] : kSearches) known.push_back(known_word);
  return wrong(
      "operator",
      fmt::format("\"{}\" is no operator; write <operator>.<value>, such as eq.{}.{}",
                  word.substr(0, 32), whole ? "1" : "…", whole ? suggestion(word, known) : ""));
}

/// The word and what stands in parentheses behind it: `like(any)`, `fts(english)`.
struct Modified {
  std::string_view word, modifier;
};
Modified modified(std::string_view text) {
  const auto open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) return {text, {}};
  return {text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
}

bool takes_each(Operator op) noexcept {
  constexpr std::array kEach = {Operator::eq,  Operator::gt,   Operator::gte,  Operator::lt,
                                Operator::lte, Operator::like, Operator::ilike};
  return std::ranges::find(kEach, op) != kEach.end();
}

/// The parts of `{a,"b,c"}`, as PostgreSQL writes an array, without their quotes.
std::expected<std::vector<std::string>, Reason> braced(std::string_view text,
                                                       std::string_view expected) {
  const bool closes = text.size() >= 2 && text.front() == '{' && text.back() == '}';
  const auto inside = closes ? text.substr(1, text.size() - 2) : std::string_view();
  const auto parts = closes ? split_outside(inside, ',') : std::nullopt;
  if (!parts) return wrong("syntax", std::string(expected));
  if (parts->size() > kMaxList)
    return wrong("limit", fmt::format("A list has at most {} values.", kMaxList));
  std::vector<std::string> values;
  if (inside.empty()) return values;
  for (const auto part : *parts) {
    auto plain = unquote(part);
    if (!plain) return wrong("syntax", "The quotes do not close.");
    values.push_back(std::move(*plain));
  }
  return values;
}

std::expected<void, Reason> pattern_operand(Filter& leaf, const Column& column,
                                            std::string pattern) {
  if (!plain_text(column)) return wrong("operator", "like and ilike test text fields only.");
  std::ranges::replace(pattern, '*', '%');
  std::size_t slashes = 0;
  while (slashes < pattern.size() && pattern[pattern.size() - 1 - slashes] == '\\') ++slashes;
  if (slashes % 2 == 1) return wrong("operand", "A pattern must not end with a single backslash.");
  auto value = decode_text(column, pattern);
  if (!value) return std::unexpected(std::move(value.error()));
  if (std::get<std::string>(*value).size() > kLongestPattern)
    return wrong("operand", fmt::format("A pattern has at most {} bytes.", kLongestPattern));
  leaf.values.push_back(std::move(*value));
  return {};
}

}  // namespace

std::expected<Filter, Reason> FilterReader::parameter(std::string_view name,
                                                      std::string_view text) {
  return condition(name, text, Quotes::literal);
}

std::expected<Filter, Reason> FilterReader::condition(std::string_view name, std::string_view text,
                                                      Quotes quotes) {
  const auto column = sight_.column(name, "");
  if (!column) return wrong("unknown", column.error().message());
  const bool negated = take_prefix(text, "not.");
  const auto dot = text.find('.');
  const bool whole = dot != std::string_view::npos;
  const auto [word, modifier] = modified(text.substr(0, dot));
  if (word == "match" || word == "imatch")
    return wrong("operator", "Regular expressions are refused; use like, contains or fts.");
  const auto operand_text = whole ? text.substr(dot + 1) : std::string_view();
  std::expected<Filter, Reason> made;
  if (whole && word.ends_with("fts")) {
    made = searched(*column, word, operand_text, quotes);
  } else {
    const auto* const found = std::ranges::find(kOperators, word, &Word::first);
    if (!whole || found == kOperators.end()) return no_operator(word, whole);
    Filter leaf{.kind = Filter::Kind::leaf, .column = *column, .op = found->second};
    if (!modifier.empty() || text.substr(0, dot).ends_with("()")) {
      if ((modifier != "any" && modifier != "all") || !takes_each(leaf.op))
        return wrong("operator",
                     "Write (any) or (all) behind eq, gt, gte, lt, lte, like or ilike.");
      made = each(leaf, modifier == "any" ? Each::any : Each::all, operand_text);
    } else {
      if (auto counted = conditions_.add(); !counted)
        return std::unexpected(std::move(counted.error()));
      if (auto done = operand(leaf, operand_text, quotes); !done)
        return std::unexpected(std::move(done.error()));
      made = std::move(leaf);
    }
  }
  if (made) made->negated = made->negated != negated;
  return made;
}

/// `fts(chinese).words`: our tokens need to be told no language, so it is read over.
std::expected<Filter, Reason> FilterReader::searched(std::size_t column, std::string_view word,
                                                     std::string_view text, Quotes quotes) {
  const auto* const found =
      std::ranges::find(kSearches, word, &std::pair<std::string_view, WordSyntax>::first);
  if (found == kSearches.end()) return no_operator(word, true);
  if (entity_.columns()[column].fold_sql.empty())
    return wrong("operator", "fts searches searchable fields only.");
  const auto plain = quotes == Quotes::removed ? unquote(text) : std::string(text);
  if (!plain) return wrong("syntax", "The quotes do not close.");
  if (auto done = check_search_text(*plain); !done) return std::unexpected(std::move(done.error()));
  return read_words(column, found->second, *plain, conditions_);
}

/// `like(any).{A*,B*}`: one condition for each operand.
std::expected<Filter, Reason> FilterReader::each(const Filter& leaf, Each which,
                                                 std::string_view text) {
  const auto values = braced(text, "A list in braces is expected: like(any).{a*,b*}.");
  if (!values) return std::unexpected(values.error());
  Filter branch{.kind = which == Each::any ? Filter::Kind::any : Filter::Kind::all};
  for (const auto& value : *values) {
    if (auto counted = conditions_.add(); !counted)
      return std::unexpected(std::move(counted.error()));
    auto& child = branch.children.emplace_back(leaf);
    if (auto done = operand(child, value, Quotes::literal); !done)
      return std::unexpected(std::move(done.error()));
  }
  if (branch.children.empty()) return wrong("operand", "The list is empty.");
  return branch;
}

std::expected<void, Reason> FilterReader::operand(Filter& leaf, std::string_view text,
                                                  Quotes quotes) {
  const auto& column = entity_.columns()[leaf.column];
  if (leaf.op == Operator::is_null) return is_operand(leaf, column, text);
  if (leaf.op == Operator::in) return list(leaf, text);
  if (leaf.op == Operator::holds || leaf.op == Operator::held_by || leaf.op == Operator::overlaps)
    return options(leaf, text);
  auto plain = quotes == Quotes::removed ? unquote(text) : std::string(text);
  if (!plain) return wrong("syntax", "The quotes do not close.");
  if (leaf.op == Operator::like || leaf.op == Operator::ilike)
    return pattern_operand(leaf, column, std::move(*plain));
  if (leaf.op == Operator::contains) return text_operand(leaf, column, *plain);
  auto value = decode_text(column, *plain);
  if (!value) return std::unexpected(std::move(value.error()));
  leaf.values.push_back(std::move(*value));
  return {};
}

std::expected<void, Reason> FilterReader::list(Filter& leaf, std::string_view text) {
  const auto inside = inside_parentheses(text);
  if (!inside) return wrong("syntax", "in takes a list in parentheses: in.(a,b).");
  if (inside->empty()) return {};
  const auto values = list_values(*inside);
  if (!values) return wrong("syntax", "The quotes do not close.");
  if (values->size() > kMaxList)
    return wrong("limit", fmt::format("A list has at most {} values.", kMaxList));
  for (const auto& plain : *values) {
    auto value = decode_text(entity_.columns()[leaf.column], plain);
    if (!value) return std::unexpected(std::move(value.error()));
    leaf.values.push_back(std::move(*value));
  }
  return {};
}

std::expected<void, Reason> FilterReader::options(Filter& leaf, std::string_view text) {
  const auto& column = entity_.columns()[leaf.column];
  if (column.type != FieldType::multi_select)
    return wrong("operator", "cs, cd and ov test fields with several options only.");
  auto values = braced(text, "A list of options in braces is expected: cs.{a,b}.");
  if (!values) return std::unexpected(std::move(values.error()));
  for (auto& value : *values) leaf.values.emplace_back(std::move(value));
  return {};
}

std::expected<Filter, Reason> FilterReader::words(std::string_view text) {
  if (auto counted = conditions_.add(); !counted)
    return std::unexpected(std::move(counted.error()));
  if (!entity_.searchable())
    return wrong("unsupported", "Records of this kind have no searchable field.");
  if (auto done = check_search_text(text); !done) return std::unexpected(std::move(done.error()));
  Filter leaf{.kind = Filter::Kind::leaf, .column = kNoColumn, .op = Operator::fts};
  leaf.values.emplace_back(std::string(text));
  return leaf;
}

std::expected<Filter, Reason> FilterReader::tree(Filter::Kind kind, bool negated,
                                                 std::string_view text, std::size_t depth) {
  if (depth > kMaxNesting)
    return wrong("limit", fmt::format("Conditions nest at most {} deep.", kMaxNesting));
  const auto inside = inside_parentheses(text);
  const auto parts = inside ? split_conditions(*inside) : std::nullopt;
  if (!parts || inside->empty())
    return wrong("syntax", "A list of conditions in parentheses is expected: (a.eq.1,b.gt.2).");
  Filter branch;
  branch.kind = kind;
  branch.negated = negated;
  for (const auto part : *parts) {
    auto child = item(part, depth);
    if (!child) return child;
    branch.children.push_back(std::move(*child));
  }
  return branch;
}

std::expected<Filter, Reason> FilterReader::item(std::string_view text, std::size_t depth) {
  auto rest = text;
  const bool negated = take_prefix(rest, "not.");
  if (rest.starts_with("and(")) return tree(Filter::Kind::all, negated, rest.substr(3), depth + 1);
  if (rest.starts_with("or(")) return tree(Filter::Kind::any, negated, rest.substr(2), depth + 1);
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || text.starts_with('('))
    return wrong("syntax", fmt::format("\"{}\" is no condition; write field.operator.value.",
                                       text.substr(0, 64)));
  return condition(text.substr(0, dot), text.substr(dot + 1), Quotes::removed);
}

}  // namespace tenon::data
