#include "api/problem.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace tenon::api {
namespace {

json::object document(const Error& error, std::string_view locale) {
  return json::parse_object(problem_json(error, locale, "abc")).value();
}

TEST(Problem, maps_each_code_to_one_status) {
  const std::pair<ErrorCode, unsigned> expected[] = {
      {ErrorCode::invalid, 400},   {ErrorCode::not_found, 404}, {ErrorCode::conflict, 409},
      {ErrorCode::denied, 403},    {ErrorCode::exhausted, 429}, {ErrorCode::unavailable, 503},
      {ErrorCode::cancelled, 503}, {ErrorCode::internal, 500}};
  for (const auto& [code, status] : expected) EXPECT_EQ(http_status(Error(code, "x")), status);
}

TEST(Problem, lets_a_reason_name_a_status_of_its_own) {
  EXPECT_EQ(http_status(Error(ErrorCode::denied, "x").because("http.unauthenticated")), 401U);
  EXPECT_EQ(http_status(Error(ErrorCode::conflict, "x").because("data.version")), 412U);
  EXPECT_EQ(http_status(Error(ErrorCode::invalid, "x").because("http.media_type")), 415U);
}

TEST(Problem, is_422_when_fields_are_named) {
  EXPECT_EQ(
      http_status(Error(ErrorCode::invalid, "x").with_field({"/name", "required", "is missing"})),
      422U);
}

TEST(Problem, carries_every_member_of_the_protocol_in_the_readers_language) {
  const Error error = Error(ErrorCode::invalid, "wrong")
                          .because("schema.fields")
                          .with_field({"/name", "required", "is missing"});
  const auto english = document(error, "en");
  EXPECT_EQ(english.at("message").as_string(), "wrong");
  EXPECT_EQ(english.at("fields").at(0).at("message").as_string(), "is missing");
  EXPECT_EQ(english.at("trace_id").as_string(), "abc");
  const auto chinese = document(error, "zh-CN");
  EXPECT_EQ(chinese.at("message").as_string(), "有字段填写不正确");
  EXPECT_EQ(chinese.at("fields").at(0).at("message").as_string(), "必填");
  for (const auto& problem : {english, chinese})
    for (const std::string_view member :
         {"type", "title", "status", "code", "message", "details", "hint", "fields", "trace_id"})
      EXPECT_TRUE(problem.contains(member)) << member;
}

TEST(Problem, leaves_what_a_plugin_has_said_in_chinese_as_it_said_it) {
  const Error error = Error(ErrorCode::invalid, "客户信息有误")
                          .because("plugin.refused")
                          .with_field({"/name", "required", "请填写客户名称"})
                          .with_field({"/phone", "required", "is missing"});
  const auto chinese = document(error, "zh-CN");
  EXPECT_EQ(chinese.at("fields").at(0).at("message").as_string(), "请填写客户名称");
  EXPECT_EQ(chinese.at("fields").at(1).at("message").as_string(), "必填")
      << "what it left in English";
}

TEST(Problem, stays_readable_when_a_name_was_cut_off_in_the_midst_of_a_character) {
  const std::string cut = std::string("/query/") + "\xE5\xAE\xA2\xE6\x88";
  const auto problem =
      document(Error(ErrorCode::invalid, "no \xE6\x88").with_field({cut, "unknown", cut}), "en");
  EXPECT_EQ(problem.at("fields").at(0).at("path").as_string(), "/query/客");
  EXPECT_EQ(problem.at("message").as_string(), "no ");
}

TEST(Problem, keeps_what_is_private_to_itself) {
  const std::string text = problem_json(
      Error(ErrorCode::internal, "failed").in_context("SELECT secret FROM /srv/x.db"), "en", "abc");
  EXPECT_EQ(text.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace tenon::api
