#include "async/task_group.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <vector>

#include "async/blocking_pool.h"
#include "async/event.h"
#include "async/testing.h"
#include "async/timer.h"

namespace tenon {
namespace {

using namespace std::chrono_literals;

struct Seen {
  std::vector<std::string> words;
};

asio::awaitable<void> wait_for_ever(Seen& seen) {
  auto result = co_await Event().wait(Deadline::never());
  seen.words.push_back(result ? "ended" : result.error().reason());
}

asio::awaitable<void> wait_on_raw_timer(Seen& seen) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  seen.words.push_back(error == asio::error::operation_aborted ? "aborted" : "ended");
}

asio::awaitable<void> wait_again_and_again(Seen& seen) {
  for (int i = 0; i < 3; ++i)
    if (!co_await sleep_until(Deadline::after(1h))) seen.words.push_back("interrupted");
}

Task<> start_and_stop(TaskGroup& group, asio::awaitable<void> task) {
  group.spawn(std::move(task));
  TENON_CO_TRY(co_await sleep_until(Deadline::after(1ms)));
  co_return co_await group.stop(Deadline::after(10s));
}

TEST(TaskGroup, stop_interrupts_our_own_waits) {
  Seen seen;
  asio::io_context context(1);
  TaskGroup group(context.get_executor());
  EXPECT_TRUE(testing::run(context, start_and_stop(group, wait_for_ever(seen))));
  EXPECT_EQ(seen.words, std::vector<std::string>{"task.cancelled"});
  EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, stop_interrupts_the_operations_of_asio) {
  Seen seen;
  asio::io_context context(1);
  TaskGroup group(context.get_executor());
  EXPECT_TRUE(testing::run(context, start_and_stop(group, wait_on_raw_timer(seen))));
  EXPECT_EQ(seen.words, std::vector<std::string>{"aborted"});
}

TEST(TaskGroup, stop_interrupts_waits_that_begin_after_it) {
  Seen seen;
  asio::io_context context(1);
  TaskGroup group(context.get_executor());
  EXPECT_TRUE(testing::run(context, start_and_stop(group, wait_again_and_again(seen))));
  EXPECT_EQ(seen.words.size(), 3U);
}

asio::awaitable<void> raw_timer_twice(Seen& seen) {
  co_await wait_on_raw_timer(seen);
  co_await wait_on_raw_timer(seen);
}

TEST(TaskGroup, stop_repeats_its_request_for_operations_of_asio_that_begin_later) {
  Seen seen;
  asio::io_context context(1);
  TaskGroup group(context.get_executor());
  EXPECT_TRUE(testing::run(context, start_and_stop(group, raw_timer_twice(seen))));
  EXPECT_EQ(seen.words, (std::vector<std::string>{"aborted", "aborted"}));
}

asio::awaitable<void> clean_up_after_stop(Seen& seen, BlockingPool& pool) {
  co_await wait_for_ever(seen);
  auto undone = co_await pool.run([]() -> Result<int> { return 7; });
  seen.words.push_back(undone ? "cleaned up" : undone.error().reason());
}

TEST(TaskGroup, lets_clean_up_on_the_pool_succeed_after_a_stop) {
  Seen seen;
  asio::io_context context(1);
  BlockingPool pool({.threads = 1});
  TaskGroup group(context.get_executor());
  EXPECT_TRUE(testing::run(context, start_and_stop(group, clean_up_after_stop(seen, pool))));
  EXPECT_EQ(seen.words, (std::vector<std::string>{"task.cancelled", "cleaned up"}));
}

asio::awaitable<void> ignore_stop_until(Event go) {
  (void)co_await go.wait_uncancelled(Deadline::never());
}

TEST(TaskGroup, stop_says_when_tasks_are_left_and_can_be_called_again) {
  asio::io_context context(1);
  TaskGroup group(context.get_executor());
  Event go;
  group.spawn(ignore_stop_until(go));
  auto first = testing::run(context, group.stop(Deadline::after(5ms)));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().reason(), "group.deadline");
  EXPECT_EQ(group.size(), 1U);
  go.set();
  EXPECT_TRUE(testing::run(context, group.stop(Deadline::after(10s))));
  EXPECT_TRUE(testing::run(context, group.stop(Deadline::after(10s))));
}

asio::awaitable<void> say(Seen& seen, std::string word) {
  seen.words.push_back(std::move(word));
  co_return;
}

TEST(TaskGroup, starts_nothing_after_stop) {
  Seen seen;
  asio::io_context context(1);
  TaskGroup group(context.get_executor());
  EXPECT_TRUE(testing::run(context, group.stop(Deadline::after(10s))));
  group.spawn(say(seen, "started"));
  context.restart();
  context.run();
  EXPECT_TRUE(seen.words.empty());
  EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, a_task_of_an_io_context_that_is_gone_counts_as_ended) {
  auto context = std::make_unique<asio::io_context>(1);
  TaskGroup group(context->get_executor());
  Seen seen;
  group.spawn(wait_on_raw_timer(seen));
  EXPECT_EQ(group.size(), 1U);
  context.reset();
  EXPECT_EQ(group.size(), 0U);
}

Task<> fail_with(ErrorCode code) { co_return fail(code, "planned"); }

TEST(TaskGroup, hands_failures_but_not_cancellations_to_the_sink) {
  std::vector<ErrorCode> sunk;
  asio::io_context context(1);
  TaskGroup group(context.get_executor(),
                  [&sunk](const Error& error) { sunk.push_back(error.code()); });
  group.spawn(fail_with(ErrorCode::conflict));
  group.spawn(fail_with(ErrorCode::cancelled));
  context.run();
  EXPECT_EQ(sunk, std::vector<ErrorCode>{ErrorCode::conflict});
}

asio::awaitable<void> throw_a_bug() {
  co_await asio::this_coro::executor;
  TENON_ASSERT(1 + 1 == 3);
}

TEST(TaskGroupDeathTest, an_exception_that_leaves_a_task_ends_the_process) {
  EXPECT_DEATH(
      {
        asio::io_context context(1);
        TaskGroup group(context.get_executor());
        group.spawn(throw_a_bug());
        context.run();
      },
      "broken invariant");
}

TEST(TaskGroupDeathTest, destruction_with_running_tasks_ends_the_process) {
  EXPECT_DEATH(
      {
        asio::io_context context(1);
        Seen seen;
        TaskGroup group(context.get_executor());
        group.spawn(wait_for_ever(seen));
      },
      "while tasks run");
}

asio::awaitable<void> note_thread(std::thread::id& id, Event done) {
  id = std::this_thread::get_id();
  done.set();
  co_return;
}

TEST(TaskGroup, runs_a_task_on_the_executor_it_is_given) {
  asio::io_context context(1);
  testing::ContextThread other;
  TaskGroup group(context.get_executor());
  std::thread::id id;
  const Event done;
  group.spawn_on(other.executor(), note_thread(id, done));
  EXPECT_TRUE(testing::run(context, done.wait(Deadline::after(10s))));
  EXPECT_EQ(id, other.thread());
  EXPECT_TRUE(testing::run(context, group.stop(Deadline::after(10s))));
}

TEST(TaskGroup, stops_tasks_on_other_threads_while_they_start_and_end) {
  asio::io_context context(1);
  testing::ContextThread other;
  for (int round = 0; round < 100; ++round) {
    std::array<Seen, 8> seen;
    TaskGroup group(context.get_executor());
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (i % 2 == 0)
        group.spawn_on(other.executor(), wait_for_ever(seen[i]));
      else
        group.spawn_on(other.executor(), say(seen[i], "ended"));
    }
    ASSERT_TRUE(testing::run(context, group.stop(Deadline::after(30s))));
    for (const auto& one : seen) EXPECT_EQ(one.words.size(), 1U);
  }
}

}  // namespace
}  // namespace tenon
