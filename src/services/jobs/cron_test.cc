// Schedules by tables: when they are due, across changes of the clock, and what is refused where.
#include "services/jobs/cron.h"

#include <gmock/gmock.h>

#include "base/json.h"

namespace tenon::services {
namespace {

using ::testing::HasSubstr;

Timestamp at(std::string_view text) { return from_rfc3339(std::string(text) + ":00Z").value(); }
std::string shown(std::optional<Timestamp> time) {
  return time ? to_rfc3339(*time).substr(0, 16) : std::string("never");
}

struct Case {
  std::string_view cron, zone, after, next;
};

TEST(CronTest, a_schedule_is_next_due_when_the_table_says) {
  for (const auto& one : std::to_array<Case>({
           {"* * * * *", "UTC", "2026-11-28T00:00", "2026-11-28T00:01"},
           {"*/15 * * * *", "UTC", "2026-11-28T00:15", "2026-11-28T00:30"},
           {"5/15 * * * *", "UTC", "", "character 2: a step stands behind * or a range"},
           {"5-59/15 * * * *", "UTC", "2026-11-28T00:50", "2026-11-28T01:05"},
           {"0 3 * * *", "Asia/Shanghai", "2026-11-28T00:00", "2026-11-28T19:00"},
           {"0 3 * * *", "Asia/Kathmandu", "2026-11-28T00:00", "2026-11-28T21:15"},
           {"30 8-18/2 * * MON-FRI", "UTC", "2026-11-27T18:30", "2026-11-30T08:30"},
           {"0 0 1 1 *", "UTC", "2026-01-01T00:00", "2027-01-01T00:00"},
           {"0 12 * FEB,apr 7", "UTC", "2026-02-22T12:00", "2026-04-05T12:00"},
           {"0 12 * * FRI-SUN", "UTC", "2026-11-27T12:00", "2026-11-28T12:00"},
           {"0 12 13 * FRI", "UTC", "2026-11-13T12:00", "2026-11-20T12:00"},  // either day
           {"0 0 31 * *", "UTC", "2026-01-31T00:00", "2026-03-31T00:00"},
           {"0 0 29 2 *", "UTC", "2026-01-01T00:00", "2028-02-29T00:00"},
           {"0 0 29 2 *", "UTC", "2096-02-29T00:00", "2104-02-29T00:00"},  // 2100 has none
           {"59 23 31 12 *", "Asia/Shanghai", "2026-12-31T15:58", "2026-12-31T15:59"},
       })) {
    const auto cron = Cron::parse(one.cron);
    if (one.next.starts_with("character")) {
      ASSERT_FALSE(cron) << one.cron;
      EXPECT_THAT(cron.error().message(), HasSubstr(std::string(one.next)));
      continue;
    }
    ASSERT_TRUE(cron) << one.cron << ": " << cron.error().message();
    EXPECT_EQ(shown(cron->next(at(one.after), TimeZone::find(one.zone).value())), one.next)
        << one.cron << " " << one.zone << " after " << one.after;
  }
}

// Berlin goes from 02:00 to 03:00 on 2026-03-29 (01:00 UTC) and from 03:00 back to 02:00 on
// 2026-10-25 (01:00 UTC); Lord Howe changes by half an hour at 15:30 and 15:00 UTC.
TEST(CronTest, a_time_that_is_skipped_comes_when_the_clock_has_been_changed) {
  for (const auto& one : std::to_array<Case>({
           {"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:00"},
           {"30 2 * * *", "Europe/Berlin", "2026-03-29T00:59", "2026-03-29T01:00"},
           {"30 2 * * *", "Europe/Berlin", "2026-03-29T01:00", "2026-03-30T00:30"},
           {"*/10 2 * * *", "Europe/Berlin", "2026-03-29T00:59", "2026-03-29T01:00"},  // once
           {"*/10 2 * * *", "Europe/Berlin", "2026-03-29T01:00", "2026-03-30T00:00"},
           {"0 3 * * *", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:00"},
           {"30 * * * *", "Europe/Berlin", "2026-03-29T00:30", "2026-03-29T01:30"},  // real time
           {"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", "2026-10-03T15:30"},
       }))
    EXPECT_EQ(shown(Cron::parse(one.cron)->next(at(one.after), TimeZone::find(one.zone).value())),
              one.next)
        << one.cron << " after " << one.after;
}

TEST(CronTest, a_time_that_is_repeated_counts_once_unless_every_hour_is_meant) {
  for (const auto& one : std::to_array<Case>({
           {"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", "2026-10-25T00:30"},
           {"30 2 * * *", "Europe/Berlin", "2026-10-25T00:30", "2026-10-26T01:30"},
           {"30 2 * * *", "Europe/Berlin", "2026-10-25T01:10", "2026-10-26T01:30"},
           {"0 3 * * *", "Europe/Berlin", "2026-10-25T01:00", "2026-10-25T02:00"},
           {"30 * * * *", "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T01:30"},
           {"*/30 * * * *", "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T01:00"},
           {"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:45", "2026-04-05T15:15"},
       }))
    EXPECT_EQ(shown(Cron::parse(one.cron)->next(at(one.after), TimeZone::find(one.zone).value())),
              one.next)
        << one.cron << " after " << one.after;
}

TEST(CronTest, a_year_of_a_daily_schedule_has_one_time_for_each_day) {
  for (const auto* name : {"Europe/Berlin", "America/New_York", "Asia/Shanghai", "UTC"}) {
    const auto zone = TimeZone::find(name).value();
    for (const auto* text : {"30 2 * * *", "0 0 * * *", "15 1 * * *", "0 3 * * *"}) {
      const auto cron = Cron::parse(text).value();
      Timestamp time =
          at("2026-01-01T00:00") - zone.offset_at(at("2026-01-01T00:00")) - std::chrono::minutes(1);
      int count = 0;
      for (;; ++count) {
        time = cron.next(time, zone).value();
        if (time >= at("2027-01-01T00:00") - zone.offset_at(at("2027-01-01T00:00"))) break;
      }
      EXPECT_EQ(count, 365) << text << " in " << name;
    }
  }
}

struct Refusal {
  std::string_view cron;
  std::int64_t position;
  std::string_view what;
};

TEST(CronTest, what_is_wrong_is_refused_with_its_place) {
  for (const auto& one : std::to_array<Refusal>({
           {"", 1, "the minute is missing"},
           {"0 3 * *", 8, "the day of the week is missing"},
           {"0 3 * * * *", 11, "more than five fields"},
           {"@daily", 1, "@daily"},
           {"60 * * * *", 1, "from 0 to 59, not 60"},
           {"0 24 * * *", 3, "from 0 to 23, not 24"},
           {"0 0 0 * *", 5, "from 1 to 31, not 0"},
           {"0 0 1 13 *", 7, "from 1 to 12, not 13"},
           {"0 0 1 * 8", 9, "from 0 to 7, not 8"},
           {"0 0 1 * MOO", 9, "\"MOO\" is no name of a day of the week; write SUN to SAT"},
           {"JAN * * * *", 1, "write a number"},
           {"5-1 * * * *", 1, "ends before it begins"},
           {"0 0 * * FRI-MON", 9, "ends before it begins"},
           {"*/0 * * * *", 3, "a step is from 1 to 59"},
           {"*/ * * * *", 3, "a number is missing"},
           {"5/5 * * * *", 2, "a step stands behind"},
           {"1,, * * * *", 3, "a value is missing"},
           {"1,-2 * * * *", 3, "a value is missing"},
           {"1-2-3 * * * *", 4, "cannot follow"},
           {"1x * * * *", 2, "cannot follow"},
           {"+1 * * * *", 1, "a value is missing"},
           {"99999999999 * * * *", 1, "a number is missing"},
           {"0 0 31 2,4 *", 5, "none of these months has such a day"},
           {"0 0 30 2 *", 5, "none of these months has such a day"},
       })) {
    const auto cron = Cron::parse(one.cron);
    ASSERT_FALSE(cron) << one.cron;
    EXPECT_EQ(cron.error().code(), ErrorCode::invalid);
    EXPECT_THAT(cron.error().message(), HasSubstr(std::string(one.what))) << one.cron;
    const auto details = json::parse_object(cron.error().details()).value();
    EXPECT_EQ(details.at("position").as_int64(), one.position) << one.cron;
  }
  EXPECT_FALSE(Cron::parse(std::string(201, ' ') + "* * * * *"));
}

}  // namespace
}  // namespace tenon::services
