// Jobs over a real database, on a clock that the test moves: what runs, what is kept of it, who
// takes over whom.
#include "services/jobs/jobs.h"

#include <gmock/gmock.h>

#include <atomic>

#include "async/executor_pool.h"
#include "async/run_on.h"
#include "data/durably.h"
#include "data/test_fixture.h"
#include "modules/live_feed.h"
#include "modules/tenant_directory.h"
#include "services/jobs/job_rows.h"
#include "services/settings/setting_rows.h"

namespace tenon::services {
namespace {

using data::testing::soon;
using modules::JobRun;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using tenon::testing::run;

Task<> good() { co_return Result<>(); }
Task<> bad() {
  co_return fail(Error(ErrorCode::unavailable, "the bank does not answer").because("test.bank"));
}
Task<> wait_for_it(Event event, Deadline deadline) { co_return co_await event.wait(deadline); }

/// A process: a jobs service of its own over the same tenant.
struct Node {
  std::unique_ptr<Jobs> jobs;
};

class JobsTest : public data::testing::TenantTest, public modules::TenantDirectory {
 protected:
  ExecutorPool thread_{1, "jobs"};
  ManualClock time_{from_rfc3339("2026-11-28T02:59:00Z").value()};
  SeededRandom dice_{7};
  modules::EventBus bus_{clock_};
  modules::LiveFeed feed_{thread_.at(0)};
  modules::JobBoard board_;
  std::atomic<int> runs_ = 0;

  void SetUp() override {
    TenantTest::SetUp();
    const auto made = run(
        data::run_durably(tenant_->database(), soon(), [](storage::Session& session) -> Result<> {
          TENON_TRY(data::apply_scripts(session, "settings", setting_scripts(), {}));
          TENON_TRY(data::apply_scripts(session, "jobs", job_scripts(), {}));
          return {};
        }));
    ASSERT_TRUE(made) << made.error().for_log();
  }
  std::vector<std::shared_ptr<data::Tenant>> served() const override { return {tenant_}; }

  std::unique_ptr<Jobs> begin(JobsOptions options = {}) {
    options.look = hours(1);  // the test looks itself
    auto made = std::make_unique<Jobs>(options);
    EXPECT_TRUE(run(made->on_startup({.executor = thread_.at(0),
                                      .clock = time_,
                                      .random = dice_,
                                      .events = bus_,
                                      .feed = feed_,
                                      .tenants = *this,
                                      .jobs = &board_})));
    return made;
  }
  void end(Jobs& jobs, milliseconds within = seconds(20)) {
    (void)run(jobs.on_shutdown(Deadline::after(within)));
  }
  modules::JobOffer offer(modules::Job job) {
    std::vector<modules::Job> jobs;
    jobs.push_back(std::move(job));
    return board_.offer("crm", {}, std::move(jobs));
  }
  modules::Job nightly(std::function<Task<>(JobRun)> work) {
    return {.name = "nightly",
            .display_name = {{"en", "Every night"}},
            .cron = "0 3 * * *",
            .time_zone = "UTC",
            .run = std::move(work)};
  }
  std::function<Task<>(JobRun)> counting() {
    return [this](JobRun) {
      ++runs_;
      return good();
    };
  }
  /// Looks, and waits for what has begun.
  std::size_t turn(Jobs& jobs) {
    jobs.hint("acme");
    const auto begun = look(jobs);
    EXPECT_TRUE(run(run_on(thread_.at(0), jobs.idle(soon()))));
    return begun;
  }
  std::size_t look(Jobs& jobs) {
    const auto begun = run(run_on(thread_.at(0), jobs.run_due()));
    EXPECT_TRUE(begun) << begun.error().for_log();
    return begun.value_or(0);
  }
  std::vector<RunRow> history() {
    auto lease = tenant_->database().reader();
    EXPECT_TRUE(lease);
    auto rows = list_runs(lease->session(), "crm.nightly", {}, 100);
    EXPECT_TRUE(rows) << rows.error().for_log();
    std::ranges::sort(*rows, {}, [](const RunRow& row) { return std::pair(row.due, row.attempt); });
    return rows.value_or(std::vector<RunRow>());
  }
  std::string story() {
    std::string text;
    for (const auto& row : history())
      text += (text.empty() ? "" : " ") + std::string(to_string(row.cause)) + ":" +
              std::string(to_string(row.state));
    return text;
  }
  json::object details(Jobs& jobs) { return run(jobs.health_check(soon()))->details; }
};

TEST_F(JobsTest, a_job_runs_when_it_is_due_and_leaves_a_row) {
  const auto offered = offer(nightly(counting()));
  const auto jobs = begin();
  EXPECT_EQ(turn(*jobs), 0U);
  time_.advance(seconds(60));
  EXPECT_EQ(turn(*jobs), 1U);
  EXPECT_EQ(turn(*jobs), 0U);
  EXPECT_EQ(runs_, 1);
  const auto rows = history();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].state, RunState::done);
  EXPECT_EQ(rows[0].due, from_rfc3339("2026-11-28T03:00:00Z"));
  EXPECT_FALSE(rows[0].trace.value.is_nil());
  EXPECT_EQ(details(*jobs).at("done").to_number<int>(), 1);
  end(*jobs);
}

TEST_F(JobsTest, a_job_due_while_nothing_ran_runs_once_after_the_start) {
  const auto offered = offer(nightly(counting()));
  auto jobs = begin();
  turn(*jobs);
  end(*jobs);
  time_.advance(hours(24 * 5));
  jobs = begin();
  EXPECT_EQ(turn(*jobs), 1U);
  EXPECT_EQ(turn(*jobs), 0U);
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(story(), "missed:done");
  end(*jobs);
}

TEST_F(JobsTest, of_two_processes_one_runs_it) {
  const auto offered = offer(nightly(counting()));
  const auto one = begin();
  const auto two = begin();
  turn(*one);
  turn(*two);
  for (int day = 0; day < 5; ++day) {
    time_.advance(hours(24));
    one->hint("acme");
    two->hint("acme");
    const auto begun = look(*one) + look(*two);
    EXPECT_EQ(begun, 1U);
    EXPECT_TRUE(run(run_on(thread_.at(0), one->idle(soon()))));
    EXPECT_TRUE(run(run_on(thread_.at(0), two->idle(soon()))));
  }
  EXPECT_EQ(runs_, 5);
  end(*one);
  end(*two);
}

TEST_F(JobsTest, what_a_dead_process_was_at_is_taken_over_and_settled_once) {
  Event stuck;
  std::vector<JobRun> seen;
  const auto offered = offer(nightly([&](JobRun job) {
    seen.push_back(job);
    return seen.size() == 1 ? wait_for_it(stuck, soon()) : good();
  }));
  const auto one = begin();
  const auto two = begin();
  turn(*one);
  time_.advance(seconds(60));
  EXPECT_EQ(look(*one), 1U);
  two->hint("acme");
  EXPECT_EQ(look(*two), 0U) << "the other holds the lease";
  time_.advance(seconds(31));
  EXPECT_EQ(turn(*two), 1U);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].due, seen[1].due);
  EXPECT_EQ(seen[1].attempt, 2U);
  // The first wakes up and wants to keep what it did.
  const auto late = run(data::run_durably(tenant_->database(), soon(),
                                          [&](storage::Session& s) { return seen[0].settle(s); }));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().reason(), "job.lease");
  stuck.set();
  EXPECT_TRUE(run(run_on(thread_.at(0), one->idle(soon()))));
  EXPECT_EQ(story(), "schedule:interrupted schedule:done");
  end(*one);
  end(*two);
}

TEST_F(JobsTest, a_run_that_settles_itself_keeps_its_work_and_its_end_together) {
  plainly("CREATE TABLE work(n BIGINT NOT NULL PRIMARY KEY)");
  const auto write = [this](JobRun job) -> Task<> {
    return data::run_durably(tenant_->database(), soon(),
                             [this, job](storage::Session& session) -> Result<> {
                               TENON_TRY(session.execute("INSERT INTO work(n) VALUES(1)"));
                               TENON_TRY(job.settle(session));
                               if (++runs_ == 1) return fail(ErrorCode::unavailable, "no commit");
                               return {};
                             });
  };
  auto job = nightly(write);
  job.retries = 1;
  const auto offered = offer(std::move(job));
  const auto jobs = begin({.times = {.lease = seconds(30), .retry_pause = seconds(10)}});
  turn(*jobs);
  time_.advance(seconds(60));
  EXPECT_EQ(turn(*jobs), 1U);
  EXPECT_EQ(story(), "schedule:failed");
  time_.advance(seconds(10));
  EXPECT_EQ(turn(*jobs), 1U);
  EXPECT_EQ(story(), "schedule:failed schedule:done");
  end(*jobs);
}

TEST_F(JobsTest, a_failure_is_told_and_tried_again) {
  auto job = nightly([this](JobRun) { return ++runs_ == 1 ? bad() : good(); });
  job.retries = 2;
  const auto offered = offer(std::move(job));
  const auto jobs = begin();
  turn(*jobs);
  time_.advance(seconds(60));
  turn(*jobs);
  const auto rows = history();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].state, RunState::failed);
  EXPECT_EQ(rows[0].code, "unavailable");
  EXPECT_EQ(rows[0].reason, "test.bank");
  EXPECT_EQ(rows[0].error, "the bank does not answer");
  time_.advance(seconds(30));
  turn(*jobs);
  EXPECT_EQ(story(), "schedule:failed schedule:done");
  end(*jobs);
}

TEST_F(JobsTest, a_job_that_throws_or_takes_too_long_fails_and_the_others_go_on) {
  auto slow = nightly([](JobRun job) { return wait_for_it(Event(), job.deadline); });
  slow.timeout = seconds(0);
  auto wild = nightly([](JobRun) -> Task<> { throw std::runtime_error("wild"); });
  wild.name = "wild";
  auto fine = nightly(counting());
  fine.name = "fine";
  std::vector<modules::Job> all;
  for (auto* one : {&slow, &wild, &fine}) all.push_back(std::move(*one));
  const auto offered = board_.offer("crm", {}, std::move(all));
  const auto jobs = begin({.running_per_tenant = 3});
  turn(*jobs);
  time_.advance(seconds(60));
  EXPECT_EQ(turn(*jobs), 3U);
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(history().at(0).state, RunState::failed);
  EXPECT_EQ(details(*jobs).at("failed").to_number<int>(), 2);
  end(*jobs);
}

TEST_F(JobsTest, so_many_run_at_once_and_the_rest_stays_due) {
  Event gate;
  std::vector<modules::Job> all;
  for (const auto* name : {"a", "b", "c"}) {
    auto job = nightly([this, gate](JobRun) {
      ++runs_;
      return wait_for_it(gate, soon());
    });
    job.name = name;
    all.push_back(std::move(job));
  }
  const auto offered = board_.offer("crm", {}, std::move(all));
  const auto jobs = begin({.running_per_tenant = 2});
  turn(*jobs);
  time_.advance(seconds(60));
  jobs->hint("acme");
  EXPECT_EQ(look(*jobs), 2U);
  EXPECT_EQ(look(*jobs), 0U);
  gate.set();
  EXPECT_TRUE(run(run_on(thread_.at(0), jobs->idle(soon()))));
  EXPECT_EQ(turn(*jobs), 1U);
  EXPECT_EQ(runs_, 3);
  end(*jobs);
}

TEST_F(JobsTest, a_stop_waits_for_what_ends_and_leaves_the_rest_to_the_next_start) {
  Event never;
  const auto offered = offer(nightly(
      [this, never](JobRun) { return ++runs_ == 1 ? wait_for_it(never, soon()) : good(); }));
  auto jobs = begin();
  turn(*jobs);
  time_.advance(seconds(60));
  EXPECT_EQ(look(*jobs), 1U);
  end(*jobs, milliseconds(200));
  EXPECT_EQ(story(), "schedule:running");
  time_.advance(seconds(31));
  jobs = begin();
  EXPECT_EQ(turn(*jobs), 1U);
  EXPECT_EQ(story(), "schedule:interrupted schedule:done");
  end(*jobs);
}

TEST_F(JobsTest, history_is_bounded) {
  const auto done = run(
      data::run_durably(tenant_->database(), soon(), [&](storage::Session& session) -> Result<> {
        TENON_TRY(save_job(session, {.id = "crm.nightly", .schedule = {}}, time_.now()));
        for (std::size_t i = 0; i < kRunsKept + 30; ++i) {
          const auto at = time_.now() + seconds(i);
          TENON_TRY(add_run(session, {.id = {Uuid::make_v7(at, dice_)},
                                      .job = "crm.nightly",
                                      .due = at,
                                      .state = RunState::done,
                                      .started = at}));
        }
        TENON_ASSIGN(first, clean_runs(session, 20));
        EXPECT_EQ(first, 20U) << "a piece at a time";
        TENON_ASSIGN(second, clean_runs(session, 500));
        EXPECT_EQ(second, 10U);
        TENON_ASSIGN(third, clean_runs(session, 500));
        EXPECT_EQ(third, 0U);
        return {};
      }));
  EXPECT_TRUE(done) << done.error().for_log();
  auto lease = tenant_->database().reader();
  EXPECT_EQ(list_runs(lease->session(), "crm.nightly", {}, 1000)->size(), kRunsKept);
}

TEST_F(JobsTest, a_new_version_of_a_module_takes_the_jobs_over) {
  const auto older = offer(nightly(counting()));
  auto newer = std::make_optional(offer(nightly([this](JobRun) {
    runs_ += 100;
    return good();
  })));
  const auto jobs = begin();
  turn(*jobs);
  time_.advance(seconds(60));
  turn(*jobs);
  EXPECT_EQ(runs_, 100);
  newer.reset();
  time_.advance(hours(24));
  turn(*jobs);
  EXPECT_EQ(runs_, 101);
  end(*jobs);
}

}  // namespace
}  // namespace tenon::services
