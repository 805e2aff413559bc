#include "customer.h"

#include <gmock/gmock.h>

namespace crm {
namespace {

using tenon::plugin::Change;
using tenon::plugin::Json;
using tenon::plugin::Operation;
using testing::ElementsAre;
using testing::IsEmpty;

Change insert(std::string_view fields) {
  Change change;
  change.after = *Json::parse(fields);
  return change;
}

TEST(Customer, brings_text_into_one_form) {
  Change change = insert(
      R"({"name":"　Ａｃｍｅ  贸易（上海）有限公司 ","code":"ｓｈ－００１","city":" 上海 ","email":"Li@ACME.cn"})");
  EXPECT_THAT(normalise(change), IsEmpty());
  EXPECT_EQ(change.after.write(),
            R"({"name":"Acme 贸易(上海)有限公司","code":"SH-001","city":"上海",)"
            R"("email":"li@acme.cn","name_key":"acme贸易上海有限公司"})");
}

TEST(Customer, stores_null_for_text_of_blanks) {
  Change change = insert(R"({"name":"甲","phone":" ","code":"　"})");
  EXPECT_THAT(normalise(change), IsEmpty());
  EXPECT_TRUE(change.after["phone"].is_null());
  EXPECT_TRUE(change.after["code"].is_null());
}

TEST(Customer, brings_phone_numbers_into_one_form) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"138 0013 8000", "13800138000"},    {"+86 138-0013-8000", "13800138000"},
      {"0086-13800138000", "13800138000"}, {"(010)6554 3210", "010-65543210"},
      {"0571-87654321", "0571-87654321"},  {"01065543210", "01065543210"},
      {"400-800-1234", "4008001234"},
  };
  for (const auto& [given, stored] : kCases) EXPECT_EQ(normalise_phone(given), stored) << given;
}

TEST(Customer, refuses_what_is_no_phone_number) {
  for (const auto* given : {"12345", "abc", "11800138000", "+1 202 555 0100", "138001380001",
                            "010-123", "+", "-", "()"})
    EXPECT_EQ(normalise_phone(given), "") << given;
}

TEST(Customer, reports_every_field_that_is_wrong) {
  Change change =
      insert(R"({"name":"　","phone":"12","email":"x@y","level":"D","credit_limit":"10.00"})");
  EXPECT_THAT(normalise(change), ElementsAre(Problem::phone_format, Problem::email_format,
                                             Problem::name_missing, Problem::credit_without_level));
}

TEST(Customer, needs_a_name_at_insert_but_not_in_every_update) {
  Change change = insert(R"({"city":"上海"})");
  EXPECT_THAT(normalise(change), ElementsAre(Problem::name_missing));
  change.operation = Operation::update;
  EXPECT_THAT(normalise(change), IsEmpty());
  EXPECT_EQ(change.after.find("name_key"), nullptr);
}

TEST(Customer, judges_an_update_together_with_what_is_stored) {
  Change change = insert(R"({"level":"D"})");
  change.operation = Operation::update;
  change.before = *Json::parse(R"({"name":"甲","level":"A","credit_limit":"0.01"})");
  EXPECT_THAT(normalise(change), ElementsAre(Problem::credit_without_level));
  change.after.set("credit_limit", "0.00");
  EXPECT_THAT(normalise(change), IsEmpty());
}

TEST(Customer, leaves_values_of_another_type_to_the_host) {
  Change change = insert(R"({"name":"甲","phone":13800138000,"city":["x"]})");
  EXPECT_THAT(normalise(change), IsEmpty());
  EXPECT_EQ(change.after["phone"].write(), "13800138000");
  EXPECT_EQ(change.after["city"].write(), R"(["x"])");
}

}  // namespace
}  // namespace crm
