#pragma once
// What a text is found by. The tokens are made here and nowhere else, so that SQLite's FTS5 and
// PostgreSQL's tsvector, which only store them, find the same rows.
//
// Words: each folded word; each single character and each pair of neighbours of Chinese, Japanese
// and Korean. Grams: each three neighbouring characters of the folded text, for `contains`. A token
// has no space, no quote and no backslash in it; ASCII marks inside a gram stand for themselves in
// Unicode's private area.
//
// Limits: 20,000 different words and 50,000 different grams of one text; what goes beyond is not
// found. A word counts by its first 64 characters.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::data {

inline constexpr std::size_t kMaxWords = 20'000;
inline constexpr std::size_t kMaxGrams = 50'000;
inline constexpr std::size_t kLongestWord = 64;
inline constexpr std::size_t kMaxWantedTokens = 32;

/// Tokens of a text that is stored, each once, separated by spaces.
[[nodiscard]] std::string word_tokens(std::string_view text);
[[nodiscard]] std::string gram_tokens(std::string_view text);

enum class TokenKind : std::uint8_t { word, gram };

struct Token {
  std::string text;
  TokenKind kind = TokenKind::word;
  bool prefix = false;  // any token that starts so
};

/// What a search text asks for; a row must have all. The last word, when nothing follows it, is
/// searched for as a prefix. At most kMaxWantedTokens; empty when the text names nothing.
[[nodiscard]] std::vector<Token> wanted_words(std::string_view text);

/// Tokens that every text with this folded piece in it must have; empty when no index can help
/// (fewer than three characters that are not all ideographs). What they find must be checked again.
[[nodiscard]] std::vector<Token> wanted_inside(std::string_view folded);

}  // namespace tenon::data
