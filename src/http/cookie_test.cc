#include "http/cookie.h"

#include <gtest/gtest.h>

#include <array>

namespace tenon::http {
namespace {

std::string found(std::vector<HeaderField> fields, std::string_view name) {
  const auto request = Request::make(Method::get, "/", fields);
  return std::string(find_cookie(*request, name).value_or("-"));
}

TEST(Cookie, is_found_among_others) {
  EXPECT_EQ(found({{"Cookie", "a=1; __Host-sid=xyz; b=2"}}, "__Host-sid"), "xyz");
  EXPECT_EQ(found({{"Cookie", "a=1"}, {"Cookie", "sid=2"}}, "sid"), "2");
  EXPECT_EQ(found({{"Cookie", "sid="}}, "sid"), "");
}

TEST(Cookie, is_not_found_when_missing_malformed_or_doubled) {
  EXPECT_EQ(found({}, "sid"), "-");
  EXPECT_EQ(found({{"Cookie", "SID=1; xsid=2"}}, "sid"), "-");
  EXPECT_EQ(found({{"Cookie", "sid=\"1\""}}, "sid"), "-");
  EXPECT_EQ(found({{"Cookie", "sid=a b"}}, "sid"), "-");
  EXPECT_EQ(found({{"Cookie", "sid=1; sid=2"}}, "sid"), "-");
  EXPECT_EQ(found({{"Cookie", "sid=1"}, {"Cookie", "sid=1"}}, "sid"), "-");
}

TEST(Cookie, is_set_with_safe_defaults) {
  EXPECT_EQ(*set_cookie({.name = "__Host-sid", .value = "x"}),
            "__Host-sid=x; Path=/; Secure; HttpOnly; SameSite=Lax");
  EXPECT_EQ(*set_cookie({.name = "sid",
                         .value = "",
                         .path = "/api",
                         .secure = false,
                         .same_site = SameSite::strict,
                         .max_age = std::chrono::seconds(0)}),
            "sid=; Path=/api; Max-Age=0; HttpOnly; SameSite=Strict");
}

TEST(Cookie, refuses_forbidden_bytes_and_broken_prefixes) {
  EXPECT_FALSE(set_cookie({.name = "a b", .value = "x"}).has_value());
  EXPECT_FALSE(set_cookie({.name = "a", .value = "x;y"}).has_value());
  EXPECT_FALSE(set_cookie({.name = "a", .value = "x\r\n"}).has_value());
  EXPECT_FALSE(set_cookie({.name = "a", .value = "x", .path = "/;"}).has_value());
  EXPECT_FALSE(set_cookie({.name = "__Host-a", .value = "x", .secure = false}).has_value());
  EXPECT_FALSE(set_cookie({.name = "__Host-a", .value = "x", .path = "/a"}).has_value());
}

}  // namespace
}  // namespace tenon::http
