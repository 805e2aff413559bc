#include "data/query_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace tenon::data {
namespace {

constexpr std::size_t kLongestPhrase = 500;  // bytes, as `contains` has it

std::unexpected<Reason> wrong(std::string code, std::string message) {
  return std::unexpected(Reason{std::move(code), std::move(message)});
}

Filter leaf(std::size_t column, Operator op, std::string text) {
  Filter made{.kind = Filter::Kind::leaf, .column = column, .op = op};
  made.values.emplace_back(std::move(text));
  return made;
}

/// Whole words: a blank behind the last one says that it has ended.
Filter words(std::size_t column, std::string_view text) {
  return leaf(column, Operator::fts, std::string(text) + " ");
}

/// The words are there, and next to each other as they are written.
std::expected<Filter, Reason> phrase(std::size_t column, std::string_view text,
                                     ConditionCount& conditions) {
  if (text.size() > kLongestPhrase)
    return wrong("operand", fmt::format("A phrase has at most {} bytes.", kLongestPhrase));
  if (auto done = conditions.add(); !done) return std::unexpected(std::move(done.error()));
  if (column == kNoColumn) return words(column, text);
  Filter both;
  both.children.push_back(words(column, text));
  both.children.push_back(leaf(column, Operator::contains, utf8::to_nfc(text)));
  return both;
}

/// `a & (b | !c:*)`; words that only a space parts are joined by `&`.
class OperatorReader {
 public:
  OperatorReader(std::size_t column, std::string_view text, ConditionCount& conditions)
      : column_(column), rest_(text), conditions_(conditions) {}

  std::expected<Filter, Reason> read() {
    auto made = any(1);
    skip_blanks();
    if (made && !rest_.empty()) return unexpected_end();
    return made;
  }

 private:
  std::expected<Filter, Reason> any(std::size_t depth) {
    return joined(Filter::Kind::any, depth, [&] { return all(depth); });
  }
  std::expected<Filter, Reason> all(std::size_t depth) {
    return joined(Filter::Kind::all, depth, [&] { return one(depth); });
  }

  template <class Part>
  std::expected<Filter, Reason> joined(Filter::Kind kind, std::size_t depth, Part part) {
    if (depth > kMaxNesting)
      return wrong("limit", fmt::format("Conditions nest at most {} deep.", kMaxNesting));
    auto first = part();
    if (!first) return first;
    Filter branch{.kind = kind};
    branch.children.push_back(std::move(*first));
    while (goes_on(kind)) {
      auto next = part();
      if (!next) return next;
      branch.children.push_back(std::move(*next));
    }
    if (branch.children.size() > 1) return branch;
    Filter only = std::move(branch.children.front());
    return only;
  }

  bool goes_on(Filter::Kind kind) {
    skip_blanks();
    if (rest_.empty() || rest_.front() == ')') return false;
    if (kind == Filter::Kind::any) return take('|');
    if (rest_.front() == '|') return false;
    (void)take('&');
    return true;
  }

  std::expected<Filter, Reason> one(std::size_t depth) {
    skip_blanks();
    if (take('!')) {
      if (depth >= kMaxNesting)
        return wrong("limit", fmt::format("Conditions nest at most {} deep.", kMaxNesting));
      auto made = one(depth + 1);
      if (made) made->negated = !made->negated;
      return made;
    }
    if (take('(')) {
      auto made = any(depth + 1);
      skip_blanks();
      if (made && !take(')')) return wrong("syntax", "The parentheses do not close.");
      return made;
    }
    return word();
  }

  std::expected<Filter, Reason> word() {
    std::string_view text;
    if (take('\'')) {
      const auto end = rest_.find('\'');
      if (end == std::string_view::npos) return wrong("syntax", "The quotes do not close.");
      text = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
    } else {
      const auto end = std::min(rest_.find_first_of(" \t&|!()':"), rest_.size());
      text = rest_.substr(0, end);
      rest_.remove_prefix(end);
    }
    if (text.empty()) return unexpected_end();
    if (auto done = conditions_.add(); !done) return std::unexpected(std::move(done.error()));
    if (!rest_.starts_with(":*")) return words(column_, text);
    rest_.remove_prefix(2);
    return leaf(column_, Operator::fts, std::string(text));
  }

  static std::unexpected<Reason> unexpected_end() {
    return wrong("syntax", "Write words with &, | and ! between them, or use plfts or wfts.");
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
  }

  std::size_t column_;
  std::string_view rest_;
  ConditionCount& conditions_;
};

bool is_or(std::string_view word) { return word == "or" || word == "OR" || word == "Or"; }

/// Whatever people write has a meaning: nothing here is refused but for its size.
std::expected<Filter, Reason> web(std::size_t column, std::string_view rest,
                                  ConditionCount& conditions) {
  Filter any{.kind = Filter::Kind::any};
  any.children.emplace_back();
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (rest.empty()) break;
    const bool negated = rest.size() > 1 && rest.front() == '-';
    if (negated) rest.remove_prefix(1);
    const bool quoted = rest.front() == '"';
    if (quoted) rest.remove_prefix(1);
    const auto end = std::min(rest.find_first_of(quoted ? "\"" : " \t"), rest.size());
    const auto text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!quoted && !negated && is_or(text)) {
      if (!any.children.back().children.empty()) any.children.emplace_back();
      continue;
    }
    if (text.empty()) continue;
    auto made = std::expected<Filter, Reason>(words(column, text));
    if (quoted) {
      made = phrase(column, text, conditions);
    } else if (auto done = conditions.add(); !done) {
      return std::unexpected(std::move(done.error()));
    }
    if (!made) return made;
    made->negated = negated;
    any.children.back().children.push_back(std::move(*made));
  }
  if (any.children.back().children.empty()) any.children.pop_back();
  if (any.children.empty()) return words(column, "");
  if (any.children.size() > 1) return any;
  Filter only = std::move(any.children.front());
  return only;
}

}  // namespace

std::expected<void, Reason> ConditionCount::add() {
  if (++count_ > kMaxConditions)
    return wrong("limit", fmt::format("At most {} conditions.", kMaxConditions));
  return {};
}

std::expected<Filter, Reason> read_words(std::size_t column, WordSyntax syntax,
                                         std::string_view text, ConditionCount& conditions) {
  switch (syntax) {
    case WordSyntax::phrase:
      return phrase(column, text, conditions);
    case WordSyntax::web:
      return web(column, text, conditions);
    case WordSyntax::operators:
      if (text.find_first_of("&|!()'") != std::string_view::npos || text.ends_with(":*"))
        return OperatorReader(column, text, conditions).read();
      [[fallthrough]];
    case WordSyntax::plain:
      break;
  }
  if (auto done = conditions.add(); !done) return std::unexpected(std::move(done.error()));
  if (syntax == WordSyntax::plain) return words(column, text);
  return leaf(column, Operator::fts, std::string(text));
}

}  // namespace tenon::data
