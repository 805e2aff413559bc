#include "modules/event_pattern.h"

#include <gtest/gtest.h>

namespace tenon::modules {
namespace {

bool matches(std::string_view pattern, std::string_view type) {
  const auto made = EventPattern::parse(pattern);
  EXPECT_TRUE(made) << pattern;
  return made && made->matches(type);
}

TEST(EventPattern, a_whole_type_matches_itself_only) {
  EXPECT_TRUE(matches("crm.customer.created", "crm.customer.created"));
  EXPECT_FALSE(matches("crm.customer.created", "crm.customer.updated"));
  EXPECT_FALSE(matches("crm.customer", "crm.customer.created"));
  EXPECT_FALSE(matches("crm.customer.created", "crm.customer"));
}

TEST(EventPattern, a_star_at_the_end_takes_whatever_follows_but_not_nothing) {
  EXPECT_TRUE(matches("order.*", "order.created"));
  EXPECT_TRUE(matches("order.*", "order.line.created"));
  EXPECT_FALSE(matches("order.*", "order"));
  EXPECT_FALSE(matches("order.*", "orders.created"));
}

TEST(EventPattern, a_star_at_the_beginning_takes_whatever_comes_before) {
  EXPECT_TRUE(matches("*.deleted", "customer.deleted"));
  EXPECT_TRUE(matches("*.deleted", "crm.customer.deleted"));
  EXPECT_FALSE(matches("*.deleted", "deleted"));
  EXPECT_FALSE(matches("*.deleted", "crm.customer.undeleted"));
  EXPECT_FALSE(matches("*.deleted", "crm.deleted.customer"));
}

TEST(EventPattern, stars_in_the_middle_and_alone) {
  EXPECT_TRUE(matches("crm.*.deleted", "crm.customer.deleted"));
  EXPECT_TRUE(matches("crm.*.deleted", "crm.deleted.deleted"));
  EXPECT_FALSE(matches("crm.*.deleted", "crm.deleted"));
  EXPECT_TRUE(matches("*", "anything"));
  EXPECT_TRUE(matches("*", "any.thing"));
  EXPECT_TRUE(matches("*.customer.*", "crm.customer.created"));
}

TEST(EventPattern, what_is_no_pattern_is_refused) {
  for (const std::string& text :
       {std::string(), std::string("."), std::string("a."), std::string(".a"), std::string("a..b"),
        std::string("or*"), std::string("Order.*"), std::string("a b"), std::string(64, 'a'),
        std::string("*.*.*.*")}) {
    const auto made = EventPattern::parse(text);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().reason(), "event.pattern");
  }
}

}  // namespace
}  // namespace tenon::modules
