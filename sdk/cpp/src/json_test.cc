#include "tenon/plugin/json.h"

#include <gmock/gmock.h>

#include <limits>

namespace tenon::plugin {
namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, writes_what_it_read_with_members_in_their_order) {
  for (const std::string_view text : {R"({"b":1,"a":[true,false,null,"x"],"":{}})", "[]", "-0.50",
                                      R"("户\"\\\n\u0001")", "12e+3"}) {
    const auto json = Json::parse(text);
    ASSERT_TRUE(json) << text;
    EXPECT_EQ(json->write(), text);
  }
}

TEST(Json, reads_escapes_and_blanks) {
  const auto json = Json::parse(" { \"a\" : \"\\u6237\\ud83d\\ude00\\/\\b\" }\n");
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["a"].text(), "户😀/\b");
}

TEST(Json, refuses_what_is_no_json) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "01",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "-",
                                      "nul",
                                      "nullx",
                                      "true false",
                                      "'x'",
                                      "\"\n\"",
                                      "\"\\x\"",
                                      "\"\\u12g4\"",
                                      "\"\\ud800\"",
                                      "\"\\udc00\"",
                                      "\"\\ud800\\u0041\"",
                                      "\"x",
                                      "[1 2]",
                                      "{\"a\":1,\"a\":2}",
                                      "NaN",
                                      "\"\\u123",
                                      "[",
                                      "{\"a\"",
                                      "{\"a\":"})
    EXPECT_FALSE(Json::parse(text)) << text;
}

TEST(Json, refuses_a_byte_of_zero_outside_and_inside_of_strings) {
  EXPECT_FALSE(Json::parse(std::string_view("1\0", 2)));
  EXPECT_FALSE(Json::parse(std::string_view("\"\0\"", 3)));
}

TEST(Json, refuses_nesting_deeper_than_its_bound) {
  EXPECT_TRUE(Json::parse(nested(64)));
  EXPECT_FALSE(Json::parse(nested(65)));
  EXPECT_FALSE(Json::parse(std::string(1'000'000, '[')));
}

TEST(Json, keeps_numbers_as_they_were_written) {
  EXPECT_EQ(Json::parse("12345678901234567890.10")->text(), "12345678901234567890.10");
  EXPECT_EQ(Json::parse("-42")->to_integer(), -42);
  EXPECT_EQ(Json::integer(std::numeric_limits<std::int64_t>::min()).text(), "-9223372036854775808");
  EXPECT_EQ(Json::integer(0).text(), "0");
  EXPECT_EQ(Json::parse("\"42\"")->to_integer(), 42);
  EXPECT_EQ(Json::parse("4.2")->to_integer(), std::nullopt);
  EXPECT_EQ(Json::parse("9223372036854775808")->to_integer(), std::nullopt);
}

TEST(Json, gives_null_for_members_that_are_not_there) {
  const Json json = Json::object({{"a", 1 == 1}});
  EXPECT_TRUE(json["a"].is_true());
  EXPECT_TRUE(json["b"]["c"].is_null());
  EXPECT_EQ(json.find("b"), nullptr);
}

TEST(Json, replaces_a_member_in_its_place) {
  Json json = Json::object({{"a", "1"}, {"b", "2"}});
  json.set("a", Json::integer(3));
  EXPECT_EQ(json.write(), R"({"a":3,"b":"2"})");
}

}  // namespace
}  // namespace tenon::plugin
