#pragma once
// What a search text asks for, in the four manners of PostgREST: as operators between words
// (`fts.a & (b | !c)`), as plain words (`plfts`), as one phrase (`phfts`), and as people write to a
// search engine (`wfts.a "b c" or -d`). Each becomes a tree of plain conditions on the search
// index.

#include <expected>
#include <string>
#include <string_view>

#include "data/fields/number.h"
#include "data/query.h"

namespace tenon::data {

enum class WordSyntax : std::uint8_t { operators, plain, phrase, web };

/// Counts the conditions that a question may have.
class ConditionCount {
 public:
  /// Errors: `limit` beyond kMaxConditions.
  [[nodiscard]] std::expected<void, Reason> add();

 private:
  std::size_t count_ = 0;
};

/// A condition on `column` (kNoColumn: anywhere in the record). A text without operators has its
/// last word searched for as the beginning of one. Requires: `text` is valid UTF-8 without NUL.
/// Errors: `syntax`, `limit`, `operand` (a phrase that is too long).
[[nodiscard]] std::expected<Filter, Reason> read_words(std::size_t column, WordSyntax syntax,
                                                       std::string_view text,
                                                       ConditionCount& conditions);

}  // namespace tenon::data
