#pragma once
// Conditions of a question: `city=eq.上海`, `name=like(any).{A*,B*}`,
// `or=(level.eq.A,not.and(active.is.true,city.in.(a,b)))`.

#include <expected>
#include <string_view>

#include "data/fields/number.h"
#include "data/query.h"
#include "data/query_words.h"

namespace tenon::data {

/// Reads conditions and counts them; one reader per question.
class FilterReader {
 public:
  explicit FilterReader(Sight sight) : sight_(sight), entity_(sight.entity()) {}

  /// The condition of a parameter `name=text` on a column.
  [[nodiscard]] std::expected<Filter, Reason> parameter(std::string_view name,
                                                        std::string_view text);
  /// `fts=text`: the words anywhere in the record.
  [[nodiscard]] std::expected<Filter, Reason> words(std::string_view text);
  /// `(a.eq.1,or(…))` of the parameters and, or, not.and, not.or.
  [[nodiscard]] std::expected<Filter, Reason> tree(Filter::Kind kind, bool negated,
                                                   std::string_view text, std::size_t depth = 1);

 private:
  enum class Quotes : std::uint8_t { literal, removed };
  enum class Each : std::uint8_t { any, all };  // of a list of operands
  [[nodiscard]] std::expected<Filter, Reason> item(std::string_view text, std::size_t depth);
  [[nodiscard]] std::expected<Filter, Reason> condition(std::string_view name,
                                                        std::string_view text, Quotes quotes);
  [[nodiscard]] std::expected<Filter, Reason> searched(std::size_t column, std::string_view word,
                                                       std::string_view text, Quotes quotes);
  [[nodiscard]] std::expected<Filter, Reason> each(const Filter& leaf, Each which,
                                                   std::string_view text);
  [[nodiscard]] std::expected<void, Reason> operand(Filter& leaf, std::string_view text,
                                                    Quotes quotes);
  [[nodiscard]] std::expected<void, Reason> list(Filter& leaf, std::string_view text);
  [[nodiscard]] std::expected<void, Reason> options(Filter& leaf, std::string_view text);

  Sight sight_;
  const EntityInfo& entity_;
  ConditionCount conditions_;
};

}  // namespace tenon::data
