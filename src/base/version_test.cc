#include "base/version.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(Version, orders_as_semantic_versioning_says) {
  const char* const ascending[] = {"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
                                   "1.0.0-beta",  "1.0.0-beta.2",  "1.0.0-beta.11",
                                   "1.0.0-rc.1",  "1.0.0",         "1.0.1",
                                   "1.2.0",       "1.10.0",        "2.0.0"};
  for (std::size_t i = 0; i + 1 < std::size(ascending); ++i)
    EXPECT_LT(*Version::parse(ascending[i]), *Version::parse(ascending[i + 1])) << ascending[i];
  EXPECT_EQ(*Version::parse("1.0.0+a"), *Version::parse("1.0.0+b"));
}

TEST(Version, comes_back_as_it_was_written) {
  for (const auto* text : {"0.0.0", "1.2.3", "1.2.3-rc.1", "1.2.3-rc.1+build.7"})
    EXPECT_EQ(Version::parse(text)->text(), text);
}

TEST(Version, refuses_what_is_no_version) {
  for (const auto* text :
       {"", "1", "1.2", "1.2.3.4", "v1.2.3", "1.02.3", "1.2.3-", "1.2.3-01", "1.2.3+", "1.2.3-a..b",
        " 1.2.3", "1.2.3 ", "4294967296.0.0", "-1.2.3", "1.2.x", "1.2.3-ü"})
    EXPECT_FALSE(Version::parse(text).has_value()) << text;
  EXPECT_FALSE(Version::parse("1.2.3-" + std::string(80, 'a')).has_value());
}

bool within(std::string_view range, std::string_view version) {
  return VersionRange::parse(range)->contains(*Version::parse(version));
}

TEST(VersionRange, holds_what_people_expect) {
  EXPECT_TRUE(within("*", "9.9.9"));
  EXPECT_TRUE(within("^1.2", "1.2.0"));
  EXPECT_TRUE(within("^1.2", "1.99.0"));
  EXPECT_FALSE(within("^1.2", "1.1.9"));
  EXPECT_FALSE(within("^1.2", "2.0.0"));
  EXPECT_TRUE(within("^0.2.3", "0.2.9"));
  EXPECT_FALSE(within("^0.2.3", "0.3.0"));
  EXPECT_FALSE(within("^0.0.3", "0.0.4"));
  EXPECT_TRUE(within("^0", "0.9.0"));
  EXPECT_TRUE(within("~1.2.3", "1.2.9"));
  EXPECT_FALSE(within("~1.2.3", "1.3.0"));
  EXPECT_TRUE(within("~1", "1.9.0"));
  EXPECT_TRUE(within(">=1.0 <2.0", "1.5.0"));
  EXPECT_FALSE(within(">=1.0 <2.0", "2.0.0"));
  EXPECT_TRUE(within("1.2.3", "1.2.3"));
  EXPECT_FALSE(within("1.2.3", "1.2.4"));
}

TEST(VersionRange, gives_no_prerelease_that_was_not_asked_for) {
  EXPECT_FALSE(within("^1.2", "1.3.0-rc.1"));
  EXPECT_FALSE(within("^1.2", "2.0.0-rc.1"));
  EXPECT_TRUE(within("^1.3.0-rc.1", "1.3.0-rc.2"));
  EXPECT_FALSE(within("*", "1.0.0-rc.1"));
}

TEST(VersionRange, refuses_what_is_no_requirement) {
  for (const auto* text :
       {"", "^", "newest", "1.2", ">1.2", "^1.2.3.4", ">=1.0  <2.0", "1.x", "||"})
    EXPECT_FALSE(VersionRange::parse(text).has_value()) << text;
}

}  // namespace
}  // namespace tenon
