#include "tenon/plugin/text.h"

#include <gtest/gtest.h>

namespace tenon::plugin::text {
namespace {

TEST(Text, makes_every_full_width_character_half_width) {
  EXPECT_EQ(to_half_width("！０９Ａｚ～　（）｀｟。户"), "!09Az~ ()`｟。户");
  EXPECT_EQ(to_half_width("\xEF\xBC"), "\xEF\xBC");
}

TEST(Text, collapses_blanks_inside_and_drops_them_outside) {
  EXPECT_EQ(collapse_spaces("  a \t\n b\x01 c  "), "a b c");
  EXPECT_EQ(collapse_spaces(" \t "), "");
}

TEST(Text, changes_the_case_of_ascii_letters_only) {
  EXPECT_EQ(to_upper("aZ户é1"), "AZ户é1");
  EXPECT_EQ(to_lower("aZ户É1"), "az户É1");
}

TEST(Text, counts_code_points_and_keeps_digits) {
  EXPECT_EQ(count_code_points("a户😀"), 3U);
  EXPECT_EQ(digits("+86 (0)1-2"), "86012");
}

}  // namespace
}  // namespace tenon::plugin::text
