#include "base/words.h"

#include <gtest/gtest.h>

#include <string>

namespace tenon::utf8 {
namespace {

std::string shown(std::string_view text) {
  std::string all;
  for (const auto& segment : segments(text))
    all += (segment.kind == SegmentKind::word ? "w:" : "i:") + std::string(segment.text) + " ";
  return all;
}

TEST(Words, come_apart_at_spaces_and_punctuation_and_where_the_script_changes) {
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown(" ,.!? "), "");
  EXPECT_EQ(shown("acme ltd."), "w:acme w:ltd ");
  EXPECT_EQ(shown("上海acme贸易2号"), "i:上海 w:acme i:贸易 w:2 i:号 ");
  EXPECT_EQ(shown("ラーメン屋、서울"), "i:ラーメン屋 i:서울 ");
  EXPECT_EQ(shown("straße_x-1"), "w:straße w:x w:1 ");
  EXPECT_EQ(shown("e\xCC\x81t"), "w:e\xCC\x81t ") << "a mark belongs to its letter";
  EXPECT_EQ(shown("客户（老）"), "i:客户 i:老 ");
}

TEST(Words, code_points_are_whole) {
  const auto all = code_points("a客😀");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1], "客");
  EXPECT_EQ(all[2], "😀");
}

}  // namespace
}  // namespace tenon::utf8
