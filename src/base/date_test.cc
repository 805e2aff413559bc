#include "base/date.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(Date, reads_and_writes_days_that_exist) {
  for (const auto* text : {"0001-01-01", "1582-10-10", "1900-02-28", "2000-02-29", "2024-02-29",
                           "2026-11-23", "9999-12-31"}) {
    const auto date = Date::parse(text);
    ASSERT_TRUE(date) << text;
    EXPECT_EQ(date->to_string(), text);
  }
}

TEST(Date, refuses_days_that_do_not_exist_and_other_forms) {
  for (const auto* text :
       {"", "0000-01-01", "1900-02-29", "2026-02-29", "2026-04-31", "2026-13-01", "2026-00-10",
        "2026-01-00", "2026-01-32", "2026-1-1", "20260101", "2026/01/01", "2026-01-01 ",
        "+026-01-01", "2026-01-01T00:00:00Z", "２０２６-01-01"})
    EXPECT_FALSE(Date::parse(text)) << text;
  EXPECT_FALSE(Date::of(2026, 257, 1));
  EXPECT_FALSE(Date::of(10'000, 1, 1));
}

TEST(Date, every_day_of_four_centuries_comes_back_and_sorts_as_text) {
  auto day = Date::of(1999, 12, 31);
  std::string before = "1999-12-31";
  for (int i = 0; i < 146'097; ++i) {
    day = Date::of(day->days() + std::chrono::days(1));
    ASSERT_TRUE(day);
    const auto text = day->to_string();
    ASSERT_GT(text, before);
    ASSERT_EQ(Date::parse(text), day);
    before = text;
  }
  EXPECT_EQ(before, "2399-12-31");
}

}  // namespace
}  // namespace tenon
