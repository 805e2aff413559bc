#include "api/throttle.h"

#include <gtest/gtest.h>

namespace tenon::api {
namespace {

using namespace std::chrono_literals;

const Instant kNow = Instant(1000s);

identity::Principal principal(std::string tenant, std::uint8_t user) {
  identity::Principal made{.tenant = std::move(tenant), .name = "anna", .permissions = {}};
  made.user.value.bytes[15] = user;
  return made;
}

std::string reason(const auto& result) { return result ? "" : result.error().reason(); }

TEST(ThrottleTest, a_user_has_a_rate_and_takes_nothing_from_another) {
  Throttle throttle({.per_user = {1, 2}, .per_tenant = {1000, 2000}});
  const auto anna = principal("acme", 1);
  EXPECT_EQ(reason(throttle.admit(anna, kNow)), "");
  EXPECT_EQ(reason(throttle.admit(anna, kNow)), "");
  EXPECT_EQ(reason(throttle.admit(anna, kNow)), "limit.rate_user");
  EXPECT_EQ(reason(throttle.admit(principal("acme", 2), kNow)), "");
  EXPECT_EQ(reason(throttle.admit(principal("other", 1), kNow)), "")
      << "the same id of another tenant is another user";
  EXPECT_EQ(reason(throttle.admit(anna, kNow + 1s)), "");
}

TEST(ThrottleTest, a_tenant_has_a_rate_over_all_its_users) {
  Throttle throttle({.per_user = {1000, 1000}, .per_tenant = {1, 3}});
  for (std::uint8_t user = 0; user < 3; ++user)
    EXPECT_EQ(reason(throttle.admit(principal("acme", user), kNow)), "");
  EXPECT_EQ(reason(throttle.admit(principal("acme", 9), kNow)), "limit.rate_tenant");
  EXPECT_EQ(reason(throttle.admit(principal("other", 9), kNow)), "");
}

TEST(ThrottleTest, an_address_has_a_rate_and_the_refusal_says_how_long_to_wait) {
  Throttle throttle({.per_address = {10, 1}});
  EXPECT_EQ(reason(throttle.admit("203.0.113.7", kNow)), "");
  const auto refused = throttle.admit("203.0.113.7", kNow);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason(), "limit.rate_address");
  EXPECT_EQ(refused.error().code(), ErrorCode::exhausted);
  EXPECT_EQ(refused.error().details(), "{\"retry_after\":1,\"wait_ms\":100}");
}

TEST(ThrottleTest, a_tenant_runs_so_many_requests_at_once_and_a_place_comes_back) {
  Throttle throttle({.per_user = {}, .per_tenant = {}, .in_flight_per_tenant = 2});
  const auto anna = principal("acme", 1);
  auto first = throttle.admit(anna, kNow);
  auto second = throttle.admit(anna, kNow);
  EXPECT_EQ(reason(throttle.admit(anna, kNow)), "limit.tenant_busy");
  EXPECT_EQ(reason(throttle.admit(principal("other", 1), kNow)), "");
  first = Throttle::Place();
  auto third = throttle.admit(anna, kNow);
  EXPECT_EQ(reason(third), "");
  Throttle::Place moved = *std::move(third);
  EXPECT_EQ(reason(throttle.admit(anna, kNow)), "limit.tenant_busy") << "a moved place is one";
}

}  // namespace
}  // namespace tenon::api
