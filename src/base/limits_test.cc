#include "base/limits.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

using namespace std::chrono_literals;

TEST(Limits, of_a_sync_call_are_those_of_the_standard_plan) {
  constexpr Limits limits = Limits::sync_call();
  EXPECT_EQ(limits, Limits());
  EXPECT_EQ(limits.fuel, 50'000'000U);
  EXPECT_EQ(limits.guest_time, 50ms);
  EXPECT_EQ(limits.wall_time, 2s);
  EXPECT_EQ(limits.memory_bytes, 64U * 1024 * 1024);
  EXPECT_EQ(limits.call_depth, 16U);
  EXPECT_EQ(limits.queries, 100U);
  EXPECT_EQ(limits.rows_read, 50'000U);
  EXPECT_EQ(limits.rows_written, 10'000U);
  EXPECT_EQ(limits.crossing_bytes, 4U * 1024 * 1024);
  EXPECT_EQ(limits.call_bytes, 32U * 1024 * 1024);
  EXPECT_EQ(limits.events, 100U);
  EXPECT_EQ(limits.log_lines, 64U);
  EXPECT_EQ(limits.log_bytes, 16U * 1024);
}

TEST(Limits, of_background_work_are_wider_but_not_in_depth_crossings_and_log) {
  constexpr Limits limits = Limits::background();
  EXPECT_EQ(limits.fuel, 2'000'000'000U);
  EXPECT_EQ(limits.guest_time, 5s);
  EXPECT_EQ(limits.wall_time, 60s);
  EXPECT_EQ(limits.memory_bytes, 128U * 1024 * 1024);
  EXPECT_EQ(limits.queries, 1'000U);
  EXPECT_EQ(limits.rows_read, 500'000U);
  EXPECT_EQ(limits.rows_written, 100'000U);
  EXPECT_EQ(limits.events, 1'000U);
  EXPECT_EQ(limits.call_depth, Limits().call_depth);
  EXPECT_EQ(limits.crossing_bytes, Limits().crossing_bytes);
  EXPECT_EQ(limits.call_bytes, Limits().call_bytes);
  EXPECT_EQ(limits.log_lines, Limits().log_lines);
  EXPECT_EQ(limits.log_bytes, Limits().log_bytes);
}

}  // namespace
}  // namespace tenon
