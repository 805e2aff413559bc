// What a job does next, by its row and the time alone.
#include "services/jobs/job_state.h"

#include <gtest/gtest.h>

namespace tenon::services {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Timestamp at(std::string_view text) { return from_rfc3339(text).value(); }

class JobStateTest : public ::testing::Test {
 protected:
  modules::Job job_{.name = "nightly", .display_name = {}, .cron = "0 3 * * *", .time_zone = "UTC"};
  JobTimes times_{.lease = seconds(30), .retry_pause = seconds(10)};
  JobRow row_{.id = "crm.nightly", .schedule = {}};
  Timestamp now_ = at("2026-11-28T00:00:00Z");
  std::uint8_t runs_ = 0;

  Advance step() {
    JobRunId fresh;
    fresh.value.bytes[15] = ++runs_;
    return advance(row_, job_, Schedule::of(job_, "Asia/Shanghai").value(), now_, fresh, times_);
  }
};

TEST_F(JobStateTest, a_new_job_waits_for_its_first_time) {
  EXPECT_FALSE(step().started);
  EXPECT_EQ(row_.next_due, at("2026-11-28T03:00:00Z"));
  EXPECT_EQ(next_look(row_), row_.next_due);
  EXPECT_FALSE(step().changed);
  now_ = at("2026-11-28T03:00:00Z");
  const auto due = step();
  ASSERT_TRUE(due.started);
  EXPECT_EQ(due.started->due, now_);
  EXPECT_EQ(due.started->cause, Cause::schedule);
  EXPECT_EQ(row_.next_due, at("2026-11-29T03:00:00Z"));
  EXPECT_EQ(row_.lease_until, now_ + seconds(30));
  EXPECT_FALSE(step().changed) << "it runs";
}

TEST_F(JobStateTest, a_time_that_was_missed_comes_once_or_not_at_all) {
  (void)step();
  now_ = at("2026-12-03T12:00:00Z");
  auto copy = row_;
  const auto once = step();
  ASSERT_TRUE(once.started);
  EXPECT_EQ(once.started->cause, Cause::missed);
  EXPECT_EQ(once.started->due, at("2026-11-28T03:00:00Z")) << "however often it was due";
  EXPECT_EQ(row_.next_due, at("2026-12-04T03:00:00Z"));
  row_ = copy;
  job_.missed = modules::Missed::skip;
  const auto skipped = step();
  EXPECT_FALSE(skipped.started);
  ASSERT_TRUE(skipped.skipped);
  EXPECT_EQ(skipped.skipped->state, RunState::skipped);
  EXPECT_EQ(row_.next_due, at("2026-12-04T03:00:00Z"));
  row_ = copy;
  now_ = at("2026-11-28T03:00:59Z");
  EXPECT_TRUE(step().started) << "a little late is not missed";
}

TEST_F(JobStateTest, a_lease_that_has_run_out_begins_the_same_time_again_but_not_for_ever) {
  (void)step();
  now_ = at("2026-11-28T03:00:00Z");
  auto begun = step();
  for (std::uint32_t attempt = 2; attempt <= kInterruptions; ++attempt) {
    now_ += seconds(29);
    EXPECT_FALSE(step().changed);
    now_ += seconds(1);
    const auto before = row_.run;
    begun = step();
    ASSERT_TRUE(begun.started) << attempt;
    EXPECT_EQ(begun.interrupted, before);
    EXPECT_EQ(begun.started->attempt, attempt);
    EXPECT_EQ(begun.started->due, at("2026-11-28T03:00:00Z"));
  }
  now_ += seconds(30);
  begun = step();
  EXPECT_TRUE(begun.interrupted);
  EXPECT_FALSE(begun.started) << "it ends its process each time";
  EXPECT_FALSE(row_.run);
  EXPECT_EQ(next_look(row_), at("2026-11-29T03:00:00Z"));
}

TEST_F(JobStateTest, a_failure_is_tried_again_after_growing_pauses_then_given_up) {
  (void)step();
  now_ = at("2026-11-28T03:00:00Z");
  ASSERT_TRUE(step().started);
  for (const auto pause : {10, 40}) {
    note_failed(row_, 2, now_, times_);
    EXPECT_EQ(row_.retry_at, now_ + seconds(pause));
    EXPECT_FALSE(step().changed);
    now_ += seconds(pause);
    ASSERT_TRUE(step().started);
  }
  EXPECT_EQ(row_.attempts, 3U);
  note_failed(row_, 2, now_, times_);
  EXPECT_FALSE(row_.retry_at);
  EXPECT_FALSE(step().changed) << "until it is due again";
  now_ = at("2026-11-29T03:00:00Z");
  const auto next = step();
  ASSERT_TRUE(next.started);
  EXPECT_EQ(next.started->attempt, 1U);
}

TEST_F(JobStateTest, pauses_between_tries_have_an_end) {
  (void)step();
  now_ = at("2026-11-28T03:00:00Z");
  (void)step();
  for (int i = 0; i < 10; ++i) {
    note_failed(row_, 10, now_, times_);
    now_ = *row_.retry_at;
    (void)step();
  }
  const auto before = now_;
  row_.failures = 9;
  note_failed(row_, 10, now_, times_);
  EXPECT_EQ(*row_.retry_at - before, kLongestPause);
}

TEST_F(JobStateTest, a_paused_job_runs_only_when_somebody_asks) {
  (void)step();
  row_.paused = true;
  now_ = at("2026-11-28T03:00:00Z");
  EXPECT_FALSE(step().started);
  row_.wanted_at = now_;
  const auto asked = step();
  ASSERT_TRUE(asked.started);
  EXPECT_EQ(asked.started->cause, Cause::manual);
  EXPECT_FALSE(row_.wanted_at);
  note_done(row_);
  EXPECT_FALSE(next_look(row_));
}

TEST_F(JobStateTest, another_schedule_or_zone_is_another_next_time) {
  (void)step();
  job_.time_zone.clear();  // the company's, eight hours ahead
  EXPECT_TRUE(step().changed);
  EXPECT_EQ(row_.next_due, at("2026-11-28T19:00:00Z"));
  job_.cron = "*/5 * * * *";
  EXPECT_TRUE(step().changed);
  EXPECT_EQ(row_.next_due, at("2026-11-28T00:05:00Z"));
}

}  // namespace
}  // namespace tenon::services
