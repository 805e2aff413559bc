#include "server/demo_customers.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace tenon::server {
namespace {

std::string words() {
  std::ifstream file("plugins/crm/demo/words.json");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

DemoCustomers customers() {
  return DemoCustomers::read(words(),
                             Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 11 / 1)))
      .value();
}

TEST(DemoCustomers, are_the_same_every_time) {
  auto first = customers();
  auto second = customers();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(first.next(), second.next());
}

TEST(DemoCustomers, have_names_and_codes_of_their_own) {
  auto made = customers();
  std::set<std::string> names, codes;
  for (int i = 0; i < 10'000; ++i) {
    const auto customer = made.next();
    names.emplace(customer.at("name").as_string());
    codes.emplace(customer.at("code").as_string());
  }
  EXPECT_EQ(names.size(), 10'000U);
  EXPECT_EQ(codes.size(), 10'000U);
}

TEST(DemoCustomers, refuse_words_that_miss_a_list) {
  auto object = json::parse_object(words()).value();
  object.erase("levels");
  const auto refused = DemoCustomers::read(json::serialize(object), Timestamp());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("levels"), std::string::npos);
}

}  // namespace
}  // namespace tenon::server
