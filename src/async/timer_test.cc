#include "async/timer.h"

#include <gtest/gtest.h>

#include "async/event.h"
#include "async/task_group.h"
#include "async/testing.h"

namespace tenon {
namespace {

using namespace std::chrono_literals;

TEST(SleepUntil, ends_after_the_deadline_and_not_before) {
  const auto deadline = Deadline::after(3ms);
  EXPECT_TRUE(testing::run(sleep_until(deadline)));
  EXPECT_TRUE(deadline.passed());
}

struct NotDefault {
  explicit NotDefault(int n) : number(n) {}
  int number;
};

Task<NotDefault> at_once(int number) { co_return NotDefault(number); }

TEST(WithDeadline, hands_on_the_value_of_a_task_that_is_in_time) {
  EXPECT_EQ(testing::run(with_deadline(at_once(7), Deadline::after(10s)))->number, 7);
  EXPECT_EQ(testing::run(with_deadline(at_once(8), Deadline::never()))->number, 8);
}

Task<> refuse() { co_return fail(ErrorCode::denied, "no"); }

TEST(WithDeadline, hands_on_the_error_of_the_task) {
  auto result = testing::run(with_deadline(refuse(), Deadline::after(10s)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::denied);
}

Task<> note_the_end(bool& ended) {
  auto result = co_await Event().wait(Deadline::never());
  ended = true;
  co_return result;
}

TEST(WithDeadline, stops_a_late_task_and_waits_for_its_end) {
  bool ended = false;
  auto result = testing::run(with_deadline(note_the_end(ended), Deadline::after(2ms)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::cancelled);
  EXPECT_EQ(result.error().reason(), "deadline");
  EXPECT_TRUE(ended);
}

Task<int> succeed_although_stopped() {
  (void)co_await Event().wait(Deadline::never());
  co_return 5;
}

TEST(WithDeadline, keeps_the_value_of_a_task_that_ends_well_all_the_same) {
  EXPECT_EQ(testing::run(with_deadline(succeed_although_stopped(), Deadline::after(1ms))).value(),
            5);
}

Task<> throw_a_bug() {
  co_await asio::this_coro::executor;
  TENON_ASSERT(1 + 1 == 3);
  co_return Result<>();
}

TEST(WithDeadline, hands_on_an_exception) {
  EXPECT_THROW((void)testing::run(with_deadline(throw_a_bug(), Deadline::after(10s))),
               BrokenInvariant);
}

asio::awaitable<void> nested(bool& ended, std::string& reason) {
  auto result = co_await with_deadline(note_the_end(ended), Deadline::after(1h));
  if (!result) reason = result.error().reason();
}

TEST(WithDeadline, passes_on_the_stop_of_the_callers_task) {
  bool ended = false;
  std::string reason;
  asio::io_context context(1);
  TaskGroup group(context.get_executor());
  group.spawn(nested(ended, reason));
  context.poll();
  EXPECT_TRUE(testing::run(context, group.stop(Deadline::after(10s))));
  EXPECT_TRUE(ended);
  EXPECT_EQ(reason, "task.cancelled");
}

asio::awaitable<void> begun_after_stop(bool& ended, std::string& reason) {
  (void)co_await sleep_until(Deadline::never());
  co_await nested(ended, reason);
}

TEST(WithDeadline, a_child_begun_after_the_stop_is_stopped_too) {
  bool ended = false;
  std::string reason;
  asio::io_context context(1);
  TaskGroup group(context.get_executor());
  group.spawn(begun_after_stop(ended, reason));
  context.poll();
  EXPECT_TRUE(testing::run(context, group.stop(Deadline::after(10s))));
  EXPECT_TRUE(ended);
  EXPECT_EQ(reason, "task.cancelled");
}

}  // namespace
}  // namespace tenon
