#include "async/event.h"

#include <gtest/gtest.h>

#include <atomic>

#include "async/task_group.h"
#include "async/testing.h"

namespace tenon {
namespace {

using namespace std::chrono_literals;

Task<std::thread::id> thread_after(Event event) {
  TENON_CO_TRY(co_await event.wait(Deadline::after(10s)));
  co_return std::this_thread::get_id();
}

TEST(Event, continues_the_waiter_on_its_own_executor) {
  Event event;
  std::thread setter([event]() mutable { event.set(); });
  auto id = testing::run(thread_after(event));
  setter.join();
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, std::this_thread::get_id());
}

TEST(Event, does_not_wait_once_it_is_set) {
  Event event;
  event.set();
  event.set();
  EXPECT_TRUE(event.is_set());
  EXPECT_TRUE(testing::run(event.wait(Deadline::after(-1s))));
}

TEST(Event, says_that_the_deadline_passed) {
  const Event event;
  auto result = testing::run(event.wait(Deadline::after(1ms)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::cancelled);
  EXPECT_EQ(result.error().reason(), "event.deadline");
}

asio::awaitable<void> count_when_set(Event event, std::atomic<int>& count) {
  if (co_await event.wait(Deadline::after(30s))) ++count;
}

TEST(Event, wakes_every_waiter_of_every_thread_and_loses_none) {
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> count = 0;
    testing::ContextThread one;
    testing::ContextThread two;
    TaskGroup group(one.executor());
    Event event;
    for (int i = 0; i < 4; ++i) {
      group.spawn(count_when_set(event, count));
      group.spawn_on(two.executor(), count_when_set(event, count));
    }
    event.set();
    while (group.size() > 0) std::this_thread::yield();
    EXPECT_EQ(count, 8);
  }
}

}  // namespace
}  // namespace tenon
