#include "data/tokens.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tenon::data {
namespace {

std::string shown(const std::vector<Token>& tokens) {
  std::string text;
  for (const auto& token : tokens)
    text += (token.kind == TokenKind::gram ? "g:" : "") + token.text + (token.prefix ? "* " : " ");
  return text;
}

TEST(Tokens, of_a_text_are_its_folded_words_and_its_characters_and_pairs) {
  EXPECT_EQ(word_tokens("Acme GmbH acme"), "acme gmbh");
  EXPECT_EQ(word_tokens("客户甲"), "客 客户 户 户甲 甲");
  EXPECT_EQ(word_tokens("\" ' * : ( ) \\ %"), "");
  EXPECT_EQ(gram_tokens("ABCA"), "abc bca");
  EXPECT_EQ(gram_tokens("ab"), "");
  for (const char c : gram_tokens("a \"'\\:*()%_-"))
    EXPECT_TRUE(c == ' ' || c == 'a' || (c & 0x80)) << c;
}

TEST(Tokens, that_are_wanted_are_pairs_and_the_last_word_as_a_beginning) {
  EXPECT_EQ(shown(wanted_words("ACME gm")), "acme gm* ");
  EXPECT_EQ(shown(wanted_words("acme ")), "acme ");
  EXPECT_EQ(shown(wanted_words("客")), "客 ");
  EXPECT_EQ(shown(wanted_words("客户甲")), "客户 户甲 ");
  EXPECT_EQ(shown(wanted_words("acme客户")), "acme 客户 ");
  EXPECT_EQ(shown(wanted_inside("cme")), "g:cme ");
  EXPECT_EQ(shown(wanted_inside("贸易")), "贸易 ");
  EXPECT_EQ(shown(wanted_inside("ab")), "");
  EXPECT_EQ(shown(wanted_inside("a贸")), "") << "no index knows this pair";
}

TEST(Tokens, are_bounded) {
  std::string words;
  for (int i = 0; i < 20'010; ++i) words += " w" + std::to_string(i);
  const auto tokens = word_tokens(words);
  EXPECT_EQ(std::ranges::count(tokens, ' '), static_cast<std::ptrdiff_t>(kMaxWords) - 1);
  std::string many;
  for (int i = 0; i < 40; ++i) many += " w" + std::to_string(i);
  EXPECT_EQ(wanted_words(many).size(), kMaxWantedTokens);
  EXPECT_EQ(word_tokens(std::string(100, 'a')), std::string(64, 'a'));
  std::string text;
  for (unsigned i = 0; i < 60'000; ++i) {
    text += static_cast<char>(0xF0);
    text += static_cast<char>(0x90 + (i >> 12 & 0xF));
    text += static_cast<char>(0x80 + (i >> 6 & 0x3F));
    text += static_cast<char>(0x80 + (i & 0x3F));
  }
  EXPECT_EQ(std::ranges::count(gram_tokens(text), ' '), static_cast<std::ptrdiff_t>(kMaxGrams) - 1);
}

}  // namespace
}  // namespace tenon::data
