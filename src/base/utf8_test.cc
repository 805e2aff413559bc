#include "base/utf8.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/testing.h"

namespace tenon::utf8 {
namespace {

TEST(Utf8, accepts_well_formed_text_only) {
  for (const auto* text : {"", "plain", "测试", "é", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"})
    EXPECT_TRUE(is_valid(text)) << text;
  EXPECT_TRUE(is_valid(std::string_view("a\0b", 3)));
  for (const auto* text :
       {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
        "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\xe6\xb5", "a\xe6"})
    EXPECT_FALSE(is_valid(text));
}

TEST(Utf8, names_the_first_wrong_byte) {
  EXPECT_EQ(first_invalid_byte("测\xff"), 3U);
  EXPECT_EQ(first_invalid_byte("ab\xe6\xb5"), 2U);
  EXPECT_EQ(first_invalid_byte("fine"), std::nullopt);
}

TEST(Utf8, counts_code_points_and_cuts_between_them) {
  EXPECT_EQ(count_code_points("榫卯 a😀"), 5U);
  EXPECT_EQ(truncated("榫卯", 5), "榫");
  EXPECT_EQ(truncated("榫卯", 6), "榫卯");
  EXPECT_EQ(truncated("榫卯", 2), "");
}

TEST(Utf8, composes) {
  EXPECT_EQ(to_nfc("e\u0301"), "é");
  EXPECT_EQ(to_nfc("\u212b"), "Å");
  EXPECT_EQ(to_nfc("plain"), "plain");
}

TEST(Utf8, folds_case_and_composition_without_a_language) {
  EXPECT_EQ(fold("HELLO"), "hello");
  EXPECT_EQ(fold("Straße"), fold("STRASSE"));
  EXPECT_EQ(fold("É"), fold("e\u0301"));
  EXPECT_EQ(fold("ΣΊΣΥΦΟΣ"), fold("σίσυφος"));
  EXPECT_EQ(fold("测试 A"), "测试 a");
  EXPECT_NE(fold("I"), fold("ı"));
}

TEST(Utf8, takes_no_harm_from_naughty_strings) {
  TENON_NEED_CORPUS("naughty-strings");
  const auto list =
      json::parse(tenon::testing::read_file(tenon::testing::corpus("naughty-strings/blns.json")));
  ASSERT_TRUE(list);
  for (const auto& entry : list->as_array()) {
    const std::string_view text = entry.as_string();
    ASSERT_TRUE(is_valid(text));
    EXPECT_LE(count_code_points(text), text.size());
    EXPECT_EQ(to_nfc(to_nfc(text)), to_nfc(text));
    EXPECT_EQ(fold(fold(text)), fold(text)) << text;
    EXPECT_EQ(fold(to_nfc(text)), fold(text)) << text;
    for (std::size_t size = 0; size <= text.size(); ++size)
      ASSERT_TRUE(is_valid(truncated(text, size)));
  }
}

}  // namespace
}  // namespace tenon::utf8
