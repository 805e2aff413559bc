#include "base/regex.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(Regex, matches_the_whole_text_or_finds_a_part) {
  const auto code = Regex::compile("[A-Z]{2}-\\d+");
  ASSERT_TRUE(code);
  EXPECT_TRUE(code->matches("AB-12"));
  EXPECT_FALSE(code->matches("xAB-12"));
  EXPECT_TRUE(code->found_in("xAB-12y"));
  EXPECT_EQ(code->pattern(), "[A-Z]{2}-\\d+");
  EXPECT_TRUE(Regex::compile("^\\p{Han}{2}$")->matches("榫卯"));
}

TEST(Regex, refuses_wrong_and_costly_patterns_when_they_are_written) {
  EXPECT_EQ(Regex::compile("(").error().reason(), "regex.syntax");
  EXPECT_EQ(Regex::compile("(a)\\1").error().reason(), "regex.syntax");
  EXPECT_EQ(Regex::compile("\xff").error().reason(), "regex.syntax");
  EXPECT_EQ(Regex::compile(std::string(1001, 'a')).error().reason(), "regex.size");
  EXPECT_EQ(Regex::compile("(\\pL{100}){10}").error().reason(), "regex.size");
  EXPECT_EQ(Regex::compile("((a{100}){100}){100}").error().reason(), "regex.syntax");
}

TEST(Regex, is_linear_where_backtracking_is_not) {
  const auto evil = Regex::compile("(a+)+$");
  ASSERT_TRUE(evil);
  EXPECT_FALSE(evil->matches(std::string(100'000, 'a') + "b"));
}

}  // namespace
}  // namespace tenon
