#include "data/match.h"

#include <algorithm>
#include <compare>

#include "base/utf8.h"

namespace tenon::data {
namespace {

enum class Truth : std::uint8_t { no, unknown, yes };

Truth of(bool value) noexcept { return value ? Truth::yes : Truth::no; }

/// Requires: both of the same kind, neither null.
std::strong_ordering compare(const Value& left, const Value& right) {
  if (const auto* text = std::get_if<std::string>(&left))
    return text->compare(std::get<std::string>(right)) <=> 0;
  if (const auto* number = std::get_if<std::int64_t>(&left))
    return *number <=> std::get<std::int64_t>(right);
  return std::get<Uuid>(left) <=> std::get<Uuid>(right);
}

Truth leaf(const Filter& filter, const Value& value) {
  switch (filter.op) {
    case Operator::is_null:
      return of(is_null(value));
    case Operator::is_true:
    case Operator::is_false:
      return of(value == Value(std::int64_t{filter.op == Operator::is_true ? 1 : 0}));
    default:
      break;
  }
  if (is_null(value)) return Truth::unknown;
  const auto& operand = filter.values.front();
  switch (filter.op) {
    case Operator::in:
      return of(std::ranges::find(filter.values, value) != filter.values.end());
    case Operator::like:
      return of(like(std::get<std::string>(operand), std::get<std::string>(value)));
    case Operator::ilike:
      return of(like(utf8::fold(std::get<std::string>(operand)),
                     utf8::fold(std::get<std::string>(value))));
    case Operator::neq:
      return of(compare(value, operand) != 0);
    case Operator::gt:
      return of(compare(value, operand) > 0);
    case Operator::gte:
      return of(compare(value, operand) >= 0);
    case Operator::lt:
      return of(compare(value, operand) < 0);
    case Operator::lte:
      return of(compare(value, operand) <= 0);
    default:
      return of(compare(value, operand) == 0);
  }
}

Truth tree(const Filter& filter, const std::vector<Value>& row) {
  Truth truth = Truth::yes;
  if (filter.kind == Filter::Kind::leaf) {
    truth = leaf(filter, row[filter.column]);
  } else {
    const bool all = filter.kind == Filter::Kind::all;
    truth = of(all);
    for (const auto& child : filter.children) {
      const auto one = tree(child, row);
      truth = all ? std::min(truth, one) : std::max(truth, one);
    }
  }
  if (!filter.negated || truth == Truth::unknown) return truth;
  return of(truth == Truth::no);
}

/// Bytes of the code point at `at`. Requires: valid UTF-8.
std::size_t code_point(std::string_view text, std::size_t at) noexcept {
  std::size_t size = 1;
  while (at + size < text.size() && (static_cast<unsigned char>(text[at + size]) & 0xC0U) == 0x80U)
    ++size;
  return size;
}

}  // namespace

bool can_match(const Filter& filter) {
  if (filter.kind == Filter::Kind::leaf) return filter.op <= Operator::is_false;
  return std::ranges::all_of(filter.children, can_match);
}

bool matches(const Filter& filter, const std::vector<Value>& row) {
  return tree(filter, row) == Truth::yes;
}

bool comes_before(const std::vector<Order>& order, const std::vector<Value>& left,
                  const std::vector<Value>& right) {
  auto last = Direction::ascending;
  if (!order.empty()) last = order.front().direction;
  for (const auto& term : order) {
    const auto& a = left[term.column];
    const auto& b = right[term.column];
    if (a == b) continue;
    if (is_null(a) || is_null(b)) return is_null(a) == (term.nulls == Nulls::first);
    return (compare(a, b) < 0) == (term.direction == Direction::ascending);
  }
  const auto byid = compare(left.front(), right.front());
  return last == Direction::ascending ? byid < 0 : byid > 0;
}

bool like(std::string_view pattern, std::string_view text) {
  // Greedy with one place to come back to: after the last %.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = ++p;
      resume = t;
      continue;
    }
    if (p < pattern.size() && pattern[p] == '_') {
      ++p;
      t += code_point(text, t);
      continue;
    }
    if (p < pattern.size()) {
      const bool escaped = pattern[p] == '\\' && p + 1 < pattern.size();
      if (pattern[p + (escaped ? 1 : 0)] == text[t]) {
        p += escaped ? 2 : 1;
        ++t;
        continue;
      }
    }
    if (star == std::string_view::npos) return false;
    p = star;
    resume += code_point(text, resume);
    t = resume;
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

}  // namespace tenon::data
