#include "plugins/bill.h"

#include <gtest/gtest.h>

#include <limits>

namespace tenon::plugins {
namespace {

TEST(Meter, gives_exactly_the_limit_and_then_names_it) {
  Meter meter(Limits{.queries = 2});
  EXPECT_TRUE(meter.take_query());
  EXPECT_TRUE(meter.take_query());
  const auto third = meter.take_query();
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code(), ErrorCode::exhausted);
  EXPECT_EQ(third.error().reason(), "limit.queries");
}

TEST(Meter, does_not_overflow_on_a_huge_request) {
  Meter meter(Limits{});
  EXPECT_TRUE(meter.take_rows_read(10));
  EXPECT_FALSE(meter.take_rows_read(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_FALSE(meter.take_bytes(std::numeric_limits<std::uint64_t>::max()));
}

TEST(Meter, counts_log_lines_and_log_bytes_apart) {
  Meter lines(Limits{.log_lines = 1});
  EXPECT_TRUE(lines.take_log(1));
  EXPECT_EQ(lines.take_log(1).error().reason(), "limit.log_lines");
  Meter bytes(Limits{.log_bytes = 10});
  EXPECT_TRUE(bytes.take_log(10));
  EXPECT_EQ(bytes.take_log(1).error().reason(), "limit.log_bytes");
}

TEST(Bill, tells_every_item) {
  Meter meter(Limits{});
  EXPECT_TRUE(meter.take_rows_written(3));
  EXPECT_TRUE(meter.take_event());
  const json::object bill = to_json(meter.bill(wasm::Bill{.fuel = 7}));
  EXPECT_EQ(bill.at("fuel").as_uint64(), 7U);
  EXPECT_EQ(bill.at("rows_written").as_uint64(), 3U);
  EXPECT_EQ(bill.at("events").as_uint64(), 1U);
}

}  // namespace
}  // namespace tenon::plugins
