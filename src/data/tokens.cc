#include "data/tokens.h"

#include <unordered_set>

#include "base/utf8.h"
#include "base/words.h"

namespace tenon::data {
namespace {

using utf8::SegmentKind;

/// Different tokens in the order they came, with a space between.
class TokenList {
 public:
  explicit TokenList(std::size_t bound) : bound_(bound) {}
  void add(std::string token) {
    if (seen_.size() >= bound_) return;
    const auto [place, fresh] = seen_.insert(std::move(token));
    if (!fresh) return;
    if (!text_.empty()) text_ += ' ';
    text_ += *place;
  }
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::size_t bound_;
  std::unordered_set<std::string> seen_;
  std::string text_;
};

std::string cut(std::string_view word) {
  const auto points = utf8::code_points(word);
  if (points.size() <= kLongestWord) return std::string(word);
  return std::string(
      word.substr(0, static_cast<std::size_t>(points[kLongestWord].data() - word.data())));
}

/// ASCII that is no letter or digit would end a token or a quoted text of the database.
void append_safely(std::string& gram, std::string_view point) {
  const auto c = static_cast<unsigned char>(point.front());
  const bool plain = c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
  if (plain) {
    gram += point;
    return;
  }
  const auto stand_in = 0xE000U + c;
  gram += static_cast<char>(0xE0U | stand_in >> 12U);
  gram += static_cast<char>(0x80U | (stand_in >> 6U & 0x3FU));
  gram += static_cast<char>(0x80U | (stand_in & 0x3FU));
}

template <class Add>
void for_each_gram(std::string_view folded, Add add) {
  const auto points = utf8::code_points(folded);
  for (std::size_t i = 0; i + 2 < points.size(); ++i) {
    std::string gram;
    for (std::size_t j = i; j < i + 3; ++j) append_safely(gram, points[j]);
    add(std::move(gram));
  }
}

/// The pairs of a run, or its only character.
void want_run(std::string_view run, std::vector<Token>& wanted) {
  const auto points = utf8::code_points(run);
  if (points.size() == 1) wanted.push_back({.text = std::string(run)});
  for (std::size_t i = 0; i + 1 < points.size(); ++i)
    wanted.push_back({.text = std::string(points[i]) + std::string(points[i + 1])});
}

}  // namespace

std::string word_tokens(std::string_view text) {
  const auto folded = utf8::fold(text);
  TokenList tokens(kMaxWords);
  for (const auto& segment : utf8::segments(folded)) {
    if (segment.kind == SegmentKind::word) {
      tokens.add(cut(segment.text));
      continue;
    }
    const auto points = utf8::code_points(segment.text);
    for (std::size_t i = 0; i < points.size(); ++i) {
      tokens.add(std::string(points[i]));
      if (i + 1 < points.size()) tokens.add(std::string(points[i]) + std::string(points[i + 1]));
    }
  }
  return std::move(tokens).take();
}

std::string gram_tokens(std::string_view text) {
  TokenList tokens(kMaxGrams);
  for_each_gram(utf8::fold(text), [&](std::string gram) { tokens.add(std::move(gram)); });
  return std::move(tokens).take();
}

std::vector<Token> wanted_words(std::string_view text) {
  const auto folded = utf8::fold(text);
  std::vector<Token> wanted;
  for (const auto& segment : utf8::segments(folded)) {
    if (segment.kind == SegmentKind::ideographs) {
      want_run(segment.text, wanted);
    } else {
      const bool last = segment.text.data() + segment.text.size() == folded.data() + folded.size();
      wanted.push_back({.text = cut(segment.text), .prefix = last});
    }
    if (wanted.size() > kMaxWantedTokens) break;
  }
  if (wanted.size() > kMaxWantedTokens) wanted.resize(kMaxWantedTokens);
  return wanted;
}

std::vector<Token> wanted_inside(std::string_view folded) {
  std::vector<Token> wanted;
  for_each_gram(folded, [&](std::string gram) {
    if (wanted.size() < kMaxWantedTokens)
      wanted.push_back({.text = std::move(gram), .kind = TokenKind::gram});
  });
  if (!wanted.empty()) return wanted;
  const auto all = utf8::segments(folded);
  if (all.size() == 1 && all.front().kind == SegmentKind::ideographs &&
      all.front().text.size() == folded.size())
    want_run(all.front().text, wanted);
  return wanted;
}

}  // namespace tenon::data
