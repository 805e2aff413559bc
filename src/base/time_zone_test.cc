#include "base/time_zone.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

Timestamp at(std::string_view text) { return from_rfc3339(text).value(); }

TEST(TimeZoneTest, a_zone_without_summer_time_is_one_span) {
  const auto zone = TimeZone::find("Asia/Shanghai");
  ASSERT_TRUE(zone);
  const auto span = zone->span_at(at("2026-11-28T00:00:00Z"));
  EXPECT_EQ(span.offset, hours(8));
  EXPECT_EQ(span.end, Timestamp::max());
  EXPECT_EQ(zone->name(), "Asia/Shanghai");
}

TEST(TimeZoneTest, spans_meet_where_the_clock_is_changed) {
  const auto zone = TimeZone::find("Europe/Berlin");
  ASSERT_TRUE(zone);
  const auto summer = zone->span_at(at("2026-06-01T00:00:00Z"));
  EXPECT_EQ(summer.begin, at("2026-03-29T01:00:00Z"));
  EXPECT_EQ(summer.end, at("2026-10-25T01:00:00Z"));
  EXPECT_EQ(summer.offset, hours(2));
  EXPECT_EQ(summer.before, hours(1));
  EXPECT_EQ(zone->span_at(summer.end).begin, summer.end) << "the end belongs to the next";
  EXPECT_EQ(zone->span_at(summer.begin).begin, summer.begin);
  EXPECT_EQ(zone->offset_at(at("2026-12-01T00:00:00Z")), hours(1));
}

TEST(TimeZoneTest, offsets_need_not_be_whole_hours) {
  EXPECT_EQ(TimeZone::find("Asia/Kathmandu")->offset_at(at("2026-01-01T00:00:00Z")),
            seconds(20'700));
  EXPECT_EQ(TimeZone::find("UTC")->offset_at(at("2026-01-01T00:00:00Z")), seconds(0));
}

TEST(TimeZoneTest, an_unknown_name_is_refused) {
  for (const auto* name : {"", "Asia/Nowhere", "asia/shanghai!", "Etc/Unknown", "上海"}) {
    const auto zone = TimeZone::find(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().reason(), "time_zone.unknown");
  }
}

}  // namespace
}  // namespace tenon
