#include "base/json.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/testing.h"

namespace tenon::json {
namespace {

std::string reason_of(std::string_view text, ParseLimits limits = {}) {
  auto result = parse(text, limits);
  return result ? "" : result.error().reason();
}

TEST(Json, reads_every_valid_text_of_the_test_suite_but_duplicate_names) {
  TENON_NEED_CORPUS("json");
  // RFC 8259 leaves these to the implementation; ours refuses them, see json.h.
  const std::set<std::string> refused = {"y_object_duplicated_key.json",
                                         "y_object_duplicated_key_and_value.json"};
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(testing::corpus("json/test_parsing"))) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("y_")) continue;
    ++count;
    EXPECT_EQ(reason_of(testing::read_file(entry.path())),
              refused.contains(name) ? "json.duplicate" : "")
        << name;
  }
  EXPECT_GE(count, 95);
}

TEST(Json, refuses_every_invalid_text_of_the_test_suite) {
  TENON_NEED_CORPUS("json");
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(testing::corpus("json/test_parsing"))) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("n_")) continue;
    ++count;
    EXPECT_NE(reason_of(testing::read_file(entry.path())), "") << name;
  }
  EXPECT_GE(count, 188);
}

TEST(Json, takes_no_harm_from_the_doubtful_texts_of_the_test_suite) {
  TENON_NEED_CORPUS("json");
  for (const auto* folder : {"json/test_parsing", "json/test_transform"})
    for (const auto& entry : std::filesystem::directory_iterator(testing::corpus(folder))) {
      auto first = parse(testing::read_file(entry.path()));
      if (!first) continue;
      auto again = parse(serialize(*first));
      ASSERT_TRUE(again) << entry.path() << again.error().for_log();
      EXPECT_EQ(*again, *first) << entry.path();
    }
}

TEST(Json, keeps_naughty_strings_as_they_are) {
  TENON_NEED_CORPUS("naughty-strings");
  auto list = parse(testing::read_file(testing::corpus("naughty-strings/blns.json")));
  ASSERT_TRUE(list) << list.error().for_log();
  ASSERT_GT(list->as_array().size(), 500U);
  for (const auto& text : list->as_array()) {
    auto again = parse(serialize(object{{text.as_string(), text}}));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->as_object().at(text.as_string()), text);
  }
}

TEST(Json, refuses_a_name_that_stands_twice_and_says_which_and_where) {
  auto result = parse(R"({"a":1,"b":{"c":[{"d":1},{"d":1,"\u0064":2}]}})");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::invalid);
  EXPECT_EQ(result.error().reason(), "json.duplicate");
  EXPECT_THAT(result.error().message(), ::testing::HasSubstr("\"d\""));
  EXPECT_THAT(result.error().message(), ::testing::HasSubstr("(byte 3"));
  EXPECT_EQ(reason_of(R"({"a":{"x":1},"a":{"x":1}})"), "json.duplicate");
  EXPECT_EQ(reason_of(R"([{"a":1},{"a":1}])"), "");
}

TEST(Json, says_at_which_byte_the_text_is_wrong) {
  auto result = parse(R"({"a": ?})");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason(), "json.syntax");
  EXPECT_THAT(result.error().message(), ::testing::HasSubstr("(byte 6)"));
}

TEST(Json, refuses_depth_size_and_members_beyond_the_limits) {
  EXPECT_EQ(reason_of(std::string(64, '[') + std::string(64, ']')), "");
  EXPECT_EQ(reason_of(std::string(65, '[') + std::string(65, ']')), "json.depth");
  EXPECT_EQ(reason_of("[1,2]", {.bytes = 5}), "");
  EXPECT_EQ(reason_of("[1,2]", {.bytes = 4}), "json.size");
  std::string many = "{\"n0\":0";
  for (int i = 1; i <= 16'384; ++i) many += ",\"n" + std::to_string(i) + "\":0";
  EXPECT_EQ(reason_of(many + "}"), "json.size");
}

TEST(Json, refuses_text_behind_the_value_and_accepts_space_there) {
  EXPECT_EQ(reason_of("{} "), "");
  EXPECT_EQ(reason_of("{} x"), "json.syntax");
  EXPECT_EQ(reason_of("{}{}"), "json.syntax");
  EXPECT_EQ(reason_of(""), "json.syntax");
  EXPECT_EQ(reason_of(" "), "json.syntax");
}

TEST(Json, refuses_numbers_out_of_range_and_reads_the_others_exactly) {
  EXPECT_EQ(reason_of("1e400"), "json.syntax");
  EXPECT_EQ(reason_of("-1e400"), "json.syntax");
  EXPECT_EQ(parse("1e-400").value(), value(0.0));
  for (const double number : {0.1, 123456.789012345, 2.2250738585072014e-308,
                              1.7976931348623157e308, 8.41e21, 5e-324, 3.141592653589793}) {
    const auto text = fmt::format("{}", number);
    EXPECT_EQ(parse(text).value(), value(number)) << text;
    EXPECT_EQ(parse("[" + text + "]")->as_array().at(0), value(number)) << text;
  }
  EXPECT_EQ(parse("9223372036854775807")->as_int64(), INT64_MAX);
  EXPECT_EQ(parse("18446744073709551615")->as_uint64(), UINT64_MAX);
}

TEST(Json, parse_object_refuses_anything_else) {
  EXPECT_EQ(parse_object("[]").error().reason(), "json.not_object");
  EXPECT_EQ(parse_object(R"({"a":1})")->at("a"), value(1));
}

}  // namespace
}  // namespace tenon::json
