#include "base/clock.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

using namespace std::chrono_literals;

TEST(ManualClock, moves_both_times_only_when_told) {
  ManualClock clock(*from_rfc3339("2026-11-23T04:05:06Z"));
  const auto before = clock.instant();
  EXPECT_EQ(to_rfc3339(clock.now()), "2026-11-23T04:05:06.000000Z");
  clock.advance(1500ms);
  EXPECT_EQ(to_rfc3339(clock.now()), "2026-11-23T04:05:07.500000Z");
  EXPECT_EQ(clock.instant() - before, 1500ms);
}

TEST(SystemClock, knows_the_year_and_does_not_go_back) {
  const SystemClock clock;
  EXPECT_GE(to_rfc3339(clock.now()), "2026-01-01");
  const auto before = clock.instant();
  EXPECT_GE(clock.instant(), before);
}

std::string again(std::string_view text) {
  const auto time = from_rfc3339(text);
  return time ? to_rfc3339(*time) : "refused";
}

TEST(Rfc3339, reads_every_offset_and_up_to_nine_decimals) {
  EXPECT_EQ(again("2026-11-23T04:05:06Z"), "2026-11-23T04:05:06.000000Z");
  EXPECT_EQ(again("2026-11-23T04:05:06.1Z"), "2026-11-23T04:05:06.100000Z");
  EXPECT_EQ(again("2026-11-23T04:05:06.123456789Z"), "2026-11-23T04:05:06.123456Z");
  EXPECT_EQ(again("2026-11-23T04:05:06+08:00"), "2026-11-22T20:05:06.000000Z");
  EXPECT_EQ(again("2024-02-28T23:59:59-00:01"), "2024-02-29T00:00:59.000000Z");
  EXPECT_EQ(again("1969-12-31T23:59:59.999999Z"), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(again("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00.000000Z");
}

TEST(Rfc3339, refuses_everything_else) {
  for (const auto* text : {"",
                           "2026-11-23",
                           "2026-11-23T04:05:06",
                           "2026-11-23 04:05:06Z",
                           "2026-11-23t04:05:06Z",
                           "2026-11-23T04:05:06z",
                           "2026-11-23T24:00:00Z",
                           "2026-11-23T04:60:06Z",
                           "2026-11-23T04:05:60Z",
                           "2026-02-29T04:05:06Z",
                           "2026-11-23T04:05:06.Z",
                           "2026-11-23T04:05:06.1234567890Z",
                           "2026-11-23T04:05:06+0800",
                           "2026-11-23T04:05:06+08",
                           "2026-11-23T04:05:06+24:00",
                           "2026-11-23T04:05:06Z ",
                           "2026-11-23T04:05:06.5",
                           "2026-11-23T+4:05:06Z",
                           "0001-01-01T00:00:00+01:00",
                           "9999-12-31T23:59:59-01:00"})
    EXPECT_EQ(again(text), "refused") << text;
}

}  // namespace
}  // namespace tenon
