#include "base/rate_limiter.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace tenon {
namespace {

using namespace std::chrono_literals;

const Instant kStart = Instant(1000s);

TEST(RateLimiterTest, allows_a_burst_and_then_the_rate) {
  RateLimiter limiter({.per_second = 10, .burst = 20}, 100);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(limiter.take("anna", kStart)) << i;
  const auto wait = limiter.take("anna", kStart);
  ASSERT_TRUE(wait.has_value());
  EXPECT_EQ(*wait, 100ms);
  EXPECT_FALSE(limiter.take("anna", kStart + 100ms));
  EXPECT_TRUE(limiter.take("anna", kStart + 199ms));
  EXPECT_FALSE(limiter.take("anna", kStart + 200ms));
}

TEST(RateLimiterTest, a_refusal_takes_nothing_and_a_rest_gives_the_whole_burst_back) {
  RateLimiter limiter({.per_second = 10, .burst = 2}, 100);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(limiter.take("anna", kStart));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(limiter.take("anna", kStart));
  EXPECT_FALSE(limiter.take("anna", kStart + 1s));
  EXPECT_FALSE(limiter.take("anna", kStart + 1s));
  EXPECT_TRUE(limiter.take("anna", kStart + 1s));
}

TEST(RateLimiterTest, one_key_takes_nothing_from_another) {
  RateLimiter limiter({.per_second = 1, .burst = 1}, 100);
  EXPECT_FALSE(limiter.take("anna", kStart));
  EXPECT_TRUE(limiter.take("anna", kStart));
  EXPECT_FALSE(limiter.take("ben", kStart));
}

TEST(RateLimiterTest, never_lets_more_through_than_burst_and_rate_whatever_the_order) {
  constexpr double kRate = 50;
  constexpr double kBurst = 100;
  SystemRandom random;
  RateLimiter limiter({.per_second = kRate, .burst = kBurst}, 100);
  Instant now = kStart;
  int passed = 0;
  for (int i = 0; i < 20'000; ++i) {
    now += std::chrono::microseconds(random.next() % 4000);
    if (!limiter.take("anna", now)) ++passed;
    const double seconds = std::chrono::duration<double>(now - kStart).count();
    ASSERT_LE(passed, kBurst + kRate * seconds + 1);
  }
}

TEST(RateLimiterTest, remembers_a_bounded_number_of_keys) {
  RateLimiter limiter({.per_second = 1, .burst = 1}, 160);
  for (int i = 0; i < 10'000; ++i)
    static_cast<void>(
        limiter.take("key " + std::to_string(i), kStart + std::chrono::seconds(i / 7)));
  EXPECT_LE(limiter.size(), 160U);
}

TEST(RateLimiterTest, a_rate_of_zero_refuses_nobody_and_remembers_nobody) {
  RateLimiter limiter({}, 100);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(limiter.take("anna", kStart));
  EXPECT_EQ(limiter.size(), 0U);
}

}  // namespace
}  // namespace tenon
