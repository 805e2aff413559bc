#include "base/decimal.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace tenon {
namespace {

Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }

std::string reason_of(const Result<Decimal>& result) {
  return result ? result->to_string() : result.error().reason();
}

TEST(Decimal, keeps_units_and_scale_through_text) {
  for (const auto* text : {"0", "1", "-1", "12.340", "-0.05", "0.000000001", "9223372036854775807",
                           "-9223372036854775808", "9223372036.854775807", "-9223372036.854775808"})
    EXPECT_EQ(dec(text).to_string(), text);
  EXPECT_EQ(dec("12.340").units(), 12'340);
  EXPECT_EQ(dec("12.340").scale(), 3);
  EXPECT_EQ(dec("-0.0").to_string(), "0.0");
  EXPECT_EQ(dec("007").to_string(), "7");
}

TEST(Decimal, refuses_what_is_not_plainly_a_number) {
  for (const auto* text : {"", "-", ".", "1.", ".5", "+1", "1e3", "1,000", " 1", "1 ", "--1",
                           "1.2.3", "0x10", "NaN", "１", "1-"})
    EXPECT_EQ(reason_of(Decimal::parse(text)), "decimal.syntax") << text;
}

TEST(Decimal, refuses_numbers_that_do_not_fit) {
  EXPECT_EQ(reason_of(Decimal::parse("9223372036854775808")), "decimal.overflow");
  EXPECT_EQ(reason_of(Decimal::parse("-9223372036854775809")), "decimal.overflow");
  EXPECT_EQ(reason_of(Decimal::parse("9223372036854775807.0")), "decimal.overflow");
  EXPECT_EQ(reason_of(Decimal::parse(std::string(10'000, '9'))), "decimal.overflow");
  EXPECT_EQ(reason_of(Decimal::parse("340282366920938463463374607431768211457")),
            "decimal.overflow");
  EXPECT_EQ(reason_of(Decimal::parse("0.0000000001")), "decimal.scale");
}

TEST(Decimal, takes_the_scale_of_a_field_without_losing_a_digit) {
  EXPECT_EQ(reason_of(Decimal::parse("1.5", 2)), "1.50");
  EXPECT_EQ(reason_of(Decimal::parse("1.500", 2)), "1.50");
  EXPECT_EQ(reason_of(Decimal::parse("1.505", 2)), "decimal.scale");
  EXPECT_EQ(reason_of(Decimal::parse("9223372036854775807", 2)), "decimal.overflow");
  EXPECT_EQ(reason_of(dec("1.505").rescaled(2)), "decimal.inexact");
}

TEST(Decimal, rounds_half_away_from_zero) {
  EXPECT_EQ(reason_of(dec("2.345").rounded(2)), "2.35");
  EXPECT_EQ(reason_of(dec("-2.345").rounded(2)), "-2.35");
  EXPECT_EQ(reason_of(dec("2.344999999").rounded(2)), "2.34");
  EXPECT_EQ(reason_of(dec("0.999999999").rounded(0)), "1");
  EXPECT_EQ(reason_of(dec("1.5").rounded(3)), "1.500");
}

TEST(Decimal, calculates_exactly_and_says_when_it_does_not_fit) {
  EXPECT_EQ(reason_of(dec("0.1").plus(dec("0.2"))), "0.3");
  EXPECT_EQ(reason_of(dec("1.5").minus(dec("2.25"))), "-0.75");
  EXPECT_EQ(reason_of(dec("19.99").times(dec("3"))), "59.97");
  EXPECT_EQ(reason_of(dec("19.99").times_rounded(dec("0.13"), 2)), "2.60");
  EXPECT_EQ(reason_of(dec("0.000000001").times_rounded(dec("0.000000001"), 9)), "0.000000000");
  EXPECT_EQ(reason_of(dec("9223372036854775807").plus(dec("1"))), "decimal.overflow");
  EXPECT_EQ(reason_of(dec("-9223372036854775808").minus(dec("0.1"))), "decimal.overflow");
  EXPECT_EQ(reason_of(dec("9223372036854775807").times(dec("2"))), "decimal.overflow");
  EXPECT_EQ(reason_of(dec("9223372036854775807").times_rounded(dec("9223372036854775807"), 9)),
            "decimal.overflow");
  EXPECT_EQ(reason_of(dec("0.00001").times(dec("0.00001"))), "decimal.scale");
}

TEST(Decimal, compares_by_worth) {
  EXPECT_EQ(dec("1.5"), dec("1.500"));
  EXPECT_LT(dec("-1.5"), dec("-1.4999"));
  EXPECT_GT(dec("9223372036854775807"), dec("9223372036.854775807"));
  EXPECT_EQ(dec("0"), dec("0.000"));
}

TEST(Decimal, sums_are_the_same_in_any_order) {
  constexpr std::uint64_t kSeed = 20261123;
  SeededRandom random(kSeed);
  for (int round = 0; round < 1000; ++round) {
    const auto pick = [&random] {
      return Decimal::of(static_cast<std::int64_t>(random.next() >> 24) - (std::int64_t{1} << 39),
                         static_cast<int>(random.next() % 5));
    };
    const Decimal a = pick();
    const Decimal b = pick();
    const Decimal c = pick();
    const auto left = a.plus(b).value().plus(c).value();
    const auto right = c.plus(b).value().plus(a).value();
    ASSERT_EQ(left, right) << "seed " << kSeed << " round " << round;
    ASSERT_EQ(left.minus(c).value().minus(b).value(), a);
    ASSERT_EQ(Decimal::parse(left.to_string()).value().units(), left.units());
  }
}

}  // namespace
}  // namespace tenon
