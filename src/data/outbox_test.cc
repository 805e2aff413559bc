// What is out, what waits, what is dead: the outbox step by step, on a clock that the test moves.
#include "data/outbox.h"

#include <boost/asio/executor_work_guard.hpp>
#include <thread>

#include "async/timer.h"
#include "data/outbox_worker.h"
#include "data/test_fixture.h"

namespace tenon::data {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::soon;

class OutboxTest : public testing::TenantTest {
 protected:
  Timestamp now_ = clock_.now();
  Outbox& outbox() { return tenant_->outbox(); }

  /// Publishes events of type `t` under each key, in this order.
  void publish(const std::vector<std::string>& keys) {
    auto done = within([&](UnitOfWork& unit) -> Result<> {
      for (const auto& key : keys) TENON_TRY(unit.publish("t", key, "{}"));
      return {};
    });
    ASSERT_TRUE(done) << done.error().for_log();
    now_ = std::max(now_, clock_.now());
  }
  std::vector<Event> exchange(Settlement done, std::size_t limit = 10) {
    auto events = tenon::testing::run(outbox().exchange(std::move(done), limit, now_, soon()));
    EXPECT_TRUE(events) << events.error().for_log();
    return events ? std::move(*events) : std::vector<Event>();
  }
  std::vector<Event> claim(std::size_t limit = 10) { return exchange({}, limit); }
  void deliver(const Event& event) {
    exchange({.delivered = {event.claim}, .failed = {}, .released = {}}, 0);
  }
  void fail(const Event& event) {
    exchange({.delivered = {}, .failed = {{event.claim, "broken"}}, .released = {}}, 0);
  }
  static std::string keys(const std::vector<Event>& events) {
    std::string text;
    for (const auto& event : events) text += event.aggregate;
    return text;
  }
};

TEST_F(OutboxTest, gives_out_the_head_of_each_key_and_no_key_twice) {
  publish({"a", "b", "a", "c", "b"});
  const auto events = claim();
  EXPECT_EQ(keys(events), "abc");
  EXPECT_TRUE(claim().empty());
  deliver(events[1]);
  EXPECT_EQ(keys(claim()), "b");
}

TEST_F(OutboxTest, lets_keys_take_turns_however_long_one_of_them_is) {
  publish(std::vector<std::string>(50, "a"));
  publish({"b", "c"});
  std::string order;
  for (int i = 0; i < 6; ++i)
    for (const auto& event : claim(1)) {
      order += event.aggregate;
      deliver(event);
    }
  EXPECT_EQ(order, "abcaaa");
}

TEST_F(OutboxTest, gives_an_event_of_a_dead_worker_to_another_and_refuses_the_late_answer) {
  publish({"a", "a"});
  const auto first = claim();
  ASSERT_EQ(first.size(), 1U);
  now_ += outbox().options().lease + seconds(1);
  const auto second = claim();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].id, first[0].id);
  EXPECT_GT(second[0].claim.fence, first[0].claim.fence);
  deliver(first[0]);
  EXPECT_TRUE(claim().empty()) << "the late answer has deleted nothing";
  fail(first[0]);
  EXPECT_TRUE(claim().empty()) << "nor has it set the event free";
  deliver(second[0]);
  EXPECT_EQ(claim().size(), 1U);
}

TEST_F(OutboxTest, holds_an_event_for_as_long_as_its_lease_is_renewed) {
  publish({"a"});
  const auto events = claim();
  for (int i = 0; i < 5; ++i) {
    now_ += outbox().options().lease - seconds(1);
    auto held = tenon::testing::run(outbox().renew({events[0].claim}, now_, soon()));
    ASSERT_TRUE(held);
    EXPECT_EQ(held->size(), 1U);
    EXPECT_TRUE(claim().empty());
  }
  now_ += outbox().options().lease + seconds(1);
  ASSERT_EQ(claim().size(), 1U);
  auto held = tenon::testing::run(outbox().renew({events[0].claim}, now_, soon()));
  EXPECT_TRUE(held->empty()) << "lost to another";
}

TEST_F(OutboxTest, puts_a_failed_event_off_ever_longer_for_an_hour_until_it_is_dead) {
  publish({"a", "a"});
  const auto start = now_;
  for (std::uint32_t attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    auto events = claim();
    while (events.empty()) {
      now_ += seconds(1);
      events = claim();
      ASSERT_LT(now_ - start, hours(2));
    }
    EXPECT_EQ(events[0].claim.attempts + 1, attempt);
    fail(events[0]);
    EXPECT_EQ(claim(0).size(), 0U);
  }
  EXPECT_GT(now_ - start, hours(1) * 2 / 3);
  EXPECT_EQ(outbox().backlog()->dead, 1U);
  EXPECT_EQ(claim().size(), 1U) << "a dead letter no longer holds up its key";
}

TEST_F(OutboxTest, gives_back_what_was_not_tried_without_counting_it) {
  publish({"a"});
  const auto events = claim();
  exchange({.delivered = {}, .failed = {}, .released = {events[0].claim}}, 0);
  const auto again = claim();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].claim.attempts, 0U);
}

TEST_F(OutboxTest, buries_an_event_that_kills_its_workers_and_hands_it_out_alone_before) {
  publish({"a", "killer", "z"});
  std::vector<std::size_t> company;
  for (int death = 0; death < 20 && outbox().backlog()->dead == 0; ++death) {
    now_ += outbox().options().lease + seconds(1);
    const auto events = claim();
    const bool deadly =
        std::ranges::any_of(events, [](const auto& event) { return event.aggregate == "killer"; });
    if (deadly) company.push_back(events.size());
    if (!deadly)
      for (const auto& event : events) deliver(event);
  }
  ASSERT_EQ(company.size(), kMaxAttempts);
  EXPECT_EQ(company.back(), 1U);
  EXPECT_EQ(company.front(), 3U);
  EXPECT_EQ(outbox().backlog()->dead, 1U) << "those that were out beside it live";
}

TEST_F(OutboxTest, replays_dead_letters_one_or_all_of_a_type_behind_their_key) {
  publish({"a", "b", "a"});
  std::vector<EventId> dead;
  while (outbox().backlog()->dead < 2) {
    for (const auto& event : claim(2)) {
      if (event.claim.attempts == 0) dead.push_back(event.id);
      fail(event);
    }
    now_ += hours(1);
    if (dead.size() > 2) break;
  }
  ASSERT_EQ(outbox().backlog()->dead, 2U);
  auto rest = claim();
  EXPECT_TRUE(tenon::testing::run(outbox().replay(dead[0], now_, soon())));
  EXPECT_EQ(outbox().backlog()->dead, 1U);
  EXPECT_EQ(tenon::testing::run(outbox().replay(dead[0], now_, soon())).error().reason(),
            "event.not_dead");
  EXPECT_TRUE(claim().empty()) << "its key has one out";
  EXPECT_EQ(*tenon::testing::run(outbox().replay_all("crm.t", now_, soon())), 1U);
  EXPECT_EQ(*tenon::testing::run(outbox().replay_all("crm.t", now_, soon())), 0U);
  const auto back = claim();
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back[0].aggregate, "b");
  EXPECT_EQ(back[0].claim.attempts, 0U);
}

TEST_F(OutboxTest, cleans_by_age_but_no_note_of_an_event_that_may_come_again) {
  publish({"a"});
  auto event = claim()[0];
  ASSERT_TRUE(within([&](UnitOfWork& unit) { return unit.first_delivery("crm", event.id); }));
  now_ += hours(24 * 40);
  auto cleaned = tenon::testing::run(outbox().clean(now_, soon()));
  ASSERT_TRUE(cleaned) << cleaned.error().for_log();
  EXPECT_EQ(cleaned->inbox, 0U) << "its event waits still";
  event = claim()[0];
  deliver(event);
  EXPECT_EQ(tenon::testing::run(outbox().clean(now_, soon()))->inbox, 1U);
  publish({"b"});
  for (std::uint32_t i = 0; i < kMaxAttempts; ++i) {
    for (const auto& each : claim()) fail(each);
    now_ += hours(1);
  }
  now_ = clock_.now() + hours(24 * 29);
  EXPECT_EQ(tenon::testing::run(outbox().clean(now_, soon()))->dead, 0U);
  now_ += hours(48);
  EXPECT_EQ(tenon::testing::run(outbox().clean(now_, soon()))->dead, 1U);
}

TEST_F(OutboxTest, tells_its_backlog_with_the_age_of_the_oldest) {
  EXPECT_FALSE(outbox().backlog()->oldest);
  publish({"a"});
  const auto first = *outbox().backlog()->oldest;
  publish({"b", "b"});
  const auto backlog = *outbox().backlog();
  EXPECT_EQ(backlog.waiting, 3U);
  EXPECT_EQ(backlog.oldest, first);
}

TEST_F(OutboxTest, finds_a_head_behind_many_keys_that_may_not_be_given_out) {
  std::vector<std::string> blocked;
  for (int i = 0; i < 2500; ++i) blocked.push_back("k" + std::to_string(10000 + i));
  publish(blocked);
  std::size_t out = 0;
  for (auto events = claim(64); !events.empty(); events = claim(64)) out += events.size();
  EXPECT_EQ(out, 2500U);
  publish({"z"});
  bool found = false;
  for (int i = 0; i < 4 && !found; ++i) found = claim().size() == 1;
  EXPECT_TRUE(found) << "each look goes on where the last one stopped";
}

class OutboxWorkerTest : public OutboxTest {
 protected:
  asio::io_context loop_;
  std::optional<std::jthread> thread_;
  std::mutex mutex_;
  std::vector<std::string> handled_;

  void SetUp() override {
    OutboxTest::SetUp();
    thread_.emplace([this] {
      const auto guard = asio::make_work_guard(loop_);
      loop_.run();
    });
  }
  void TearDown() override {
    loop_.stop();
    thread_->join();
  }
  void until(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + seconds(10);
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (handled_.size() >= count) return;
      }
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      std::this_thread::yield();
    }
  }
  Task<> dwell(Event event, std::chrono::milliseconds span) {
    (void)co_await note(std::move(event));
    co_return co_await sleep_until(Deadline::after(span));
  }
  Task<> note(Event event) {
    {
      const std::lock_guard lock(mutex_);
      handled_.push_back(event.aggregate);
    }
    if (event.aggregate == "bad") co_return tenon::fail(ErrorCode::invalid, "no");
    co_return Result<>();
  }
};

TEST_F(OutboxWorkerTest, delivers_all_of_it_and_leaves_only_what_failed) {
  OutboxWorker worker(loop_.get_executor(), outbox(), clock_,
                      [this](Event event) { return note(std::move(event)); },
                      {.batch = 4, .look = std::chrono::milliseconds(5)});
  worker.start();
  publish({"a", "b", "bad", "a", "bad", "a", "c"});
  worker.wake();
  until(6);
  ASSERT_TRUE(tenon::testing::run(worker.stop(soon())));
  ASSERT_TRUE(tenon::testing::run(worker.stop(soon()))) << "idempotent";
  EXPECT_EQ(std::ranges::count(handled_, "a"), 3);
  EXPECT_EQ(std::ranges::count(handled_, "bad"), 1)
      << "one attempt, then it waits; the next waits behind it";
  EXPECT_EQ(outbox().backlog()->waiting, 2U);
}

TEST_F(OutboxWorkerTest, gives_back_at_once_what_it_had_out_when_it_stops) {
  OutboxWorker worker(loop_.get_executor(), outbox(), clock_,
                      [this](Event event) { return dwell(std::move(event), seconds(20)); },
                      {.batch = 4, .look = std::chrono::milliseconds(5)});
  worker.start();
  publish({"a"});
  until(1);
  EXPECT_TRUE(claim().empty());
  ASSERT_TRUE(tenon::testing::run(worker.stop(soon())));
  const auto events = claim();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].claim.attempts, 0U);
}

TEST_F(OutboxWorkerTest, keeps_the_lease_of_a_slow_handler) {
  Outbox hasty(*tenant_, random_, {.lease = std::chrono::milliseconds(400)});
  OutboxWorker worker(
      loop_.get_executor(), hasty, clock_,
      [this](Event event) { return dwell(std::move(event), std::chrono::milliseconds(1500)); },
      {.batch = 4, .look = std::chrono::milliseconds(5)});
  worker.start();
  publish({"a"});
  until(1);
  while (outbox().backlog()->waiting > 0) {
    now_ = clock_.now();
    ASSERT_TRUE(claim().empty()) << "its lease ran out";
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const auto stopped = tenon::testing::run(worker.stop(soon()));
  ASSERT_TRUE(stopped) << stopped.error().for_log();
  EXPECT_EQ(handled_.size(), 1U);
}

}  // namespace
}  // namespace tenon::data
