// What comes in pieces of any size is the same text; what is no text is refused.
#include "data/bulk/charset.h"

#include <gtest/gtest.h>

namespace tenon::data {
namespace {

Result<std::string> read(Charset charset, std::string_view bytes, std::size_t piece) {
  ToUtf8 reader(charset);
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    TENON_TRY(reader.feed(bytes.substr(at, piece), out));
  TENON_TRY(reader.finish(out));
  return out;
}

constexpr std::string_view kText = "名称,city\r\n上海𠀀,é\r\n";
// The same in GB18030; 𠀀 and é have four bytes and two.
constexpr std::string_view kGb =
    "\xC3\xFB\xB3\xC6,city\r\n\xC9\xCF\xBA\xA3\x95\x32\x82\x36,\xA8\xA6\r\n";

TEST(CharsetTest, pieces_of_any_size_give_the_same_text) {
  for (std::size_t piece = 1; piece <= kText.size(); ++piece) {
    EXPECT_EQ(read(Charset::utf8, kText, piece).value_or(""), kText) << piece;
    EXPECT_EQ(read(Charset::gb18030, kGb, piece).value_or(""), kText) << piece;
  }
  const std::string longer(20'000, 'x');
  EXPECT_EQ(read(Charset::gb18030, longer, 20'000).value_or(""), longer);
}

TEST(CharsetTest, what_is_no_such_text_is_refused_with_what_to_do) {
  const auto gb = read(Charset::utf8, kGb, 7);
  ASSERT_FALSE(gb);
  EXPECT_EQ(gb.error().reason(), "csv.encoding");
  EXPECT_NE(gb.error().message().find("charset=gb18030"), std::string::npos);
  const auto utf16 = read(Charset::utf8,
                          std::string_view("\xFF\xFE"
                                           "a\0",
                                           4),
                          1);
  ASSERT_FALSE(utf16);
  EXPECT_NE(utf16.error().message().find("UTF-16"), std::string::npos);
  EXPECT_FALSE(read(Charset::utf8, "a\xE4\xB8", 3)) << "a character that is cut";
  EXPECT_FALSE(read(Charset::gb18030, "a\xFF\xFF", 3));
  EXPECT_FALSE(read(Charset::gb18030, "a\xC3", 2));
}

TEST(CharsetTest, names_are_known_without_case) {
  EXPECT_EQ(charset_from("UTF-8"), Charset::utf8);
  EXPECT_EQ(charset_from("GBK"), Charset::gb18030);
  EXPECT_EQ(charset_from("latin1"), std::nullopt);
}

}  // namespace
}  // namespace tenon::data
