#include "http/query.h"

#include <gtest/gtest.h>

namespace tenon::http {
namespace {

TEST(Query, keeps_order_and_duplicates_and_decodes) {
  const auto query = parse_query("city=eq.%E4%B8%8A%E6%B5%B7&a=1&a=2&b&c=x+y%2B&=z&&d=e=f");
  ASSERT_TRUE(query.has_value());
  std::string text;
  for (const auto& [name, value] : *query) text.append(name).append("=").append(value).append(";");
  EXPECT_EQ(text, "city=eq.\xE4\xB8\x8A\xE6\xB5\xB7;a=1;a=2;b=;c=x y+;=z;d=e=f;");
}

TEST(Query, refuses_bad_escapes_and_bad_utf8_and_names_the_place) {
  for (const std::string_view bad : {"a=%", "a=%4", "a=%zz", "%g1=a", "a=%00", "a=%C0%80",
                                     "a=%ED%A0%80", "a=%F5%80%80%80", "a=%E4%B8", "a=%FF"}) {
    const auto query = parse_query("x=1&" + std::string(bad));
    ASSERT_FALSE(query.has_value()) << bad;
    EXPECT_EQ(query.error().reason(), "query.escape");
    EXPECT_NE(query.error().message().find("parameter 2"), std::string::npos);
  }
}

TEST(Query, refuses_more_parameters_than_the_bound) {
  EXPECT_TRUE(parse_query("a&b", 2).has_value());
  const auto query = parse_query("a&b&c", 2);
  ASSERT_FALSE(query.has_value());
  EXPECT_EQ(query.error().reason(), "query.count");
}

TEST(Query, encodes_what_it_decodes) {
  std::string all;
  for (int c = 1; c < 128; ++c) all.push_back(static_cast<char>(c));
  all += "\xE4\xB8\x8A\xF0\x9F\x98\x80";
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a b/\xC3\xA9"), "a%20b%2F%C3%A9");
}

}  // namespace
}  // namespace tenon::http
