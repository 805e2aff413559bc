#include "async/permit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "async/event.h"
#include "async/task_group.h"
#include "async/testing.h"
#include "async/timer.h"

namespace tenon {
namespace {

using namespace std::chrono_literals;

TEST(Permit, is_given_back_when_it_goes_and_once_only) {
  PermitPool pool(1, 0);
  auto first = pool.try_acquire();
  ASSERT_TRUE(first);
  EXPECT_FALSE(pool.try_acquire());
  Permit moved = std::move(*first);
  EXPECT_FALSE(pool.try_acquire());
  moved = Permit();
  EXPECT_TRUE(pool.try_acquire());
  EXPECT_TRUE(pool.try_acquire());
}

TEST(Permit, refuses_one_more_than_may_wait) {
  PermitPool pool(1, 0);
  auto held = pool.try_acquire();
  auto refused = testing::run(pool.acquire(Deadline::after(10s)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(refused.error().reason(), "permit.full");
}

TEST(Permit, gives_up_its_place_when_the_deadline_passes) {
  PermitPool pool(1, 1);
  auto held = pool.try_acquire();
  for (int i = 0; i < 3; ++i) {
    auto late = testing::run(pool.acquire(Deadline::after(1ms)));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), ErrorCode::cancelled);
    EXPECT_EQ(late.error().reason(), "permit.deadline");
  }
  held = fail(ErrorCode::conflict, "gone");
  EXPECT_TRUE(testing::run(pool.acquire(Deadline::after(10s))));
}

asio::awaitable<void> stand_in_line(PermitPool& pool, int number, std::vector<int>& order) {
  auto permit = co_await pool.acquire(Deadline::after(30s));
  order.push_back(permit ? number : -number);
}

TEST(Permit, is_handed_over_in_the_order_of_the_line) {
  PermitPool pool(1, 8);
  auto held = pool.try_acquire();
  asio::io_context context(1);
  std::vector<int> order;
  TaskGroup group(context.get_executor());
  for (int i = 1; i <= 4; ++i) group.spawn(stand_in_line(pool, i, order));
  context.poll();
  EXPECT_TRUE(order.empty());
  held = fail(ErrorCode::conflict, "gone");
  context.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST(Permit, a_stopped_task_leaves_the_line) {
  PermitPool pool(1, 1);
  auto held = pool.try_acquire();
  asio::io_context context(1);
  std::vector<int> order;
  TaskGroup group(context.get_executor());
  group.spawn(stand_in_line(pool, 1, order));
  context.poll();
  EXPECT_TRUE(testing::run(context, group.stop(Deadline::after(10s))));
  EXPECT_EQ(order, std::vector<int>{-1});
  held = fail(ErrorCode::conflict, "gone");
  EXPECT_TRUE(pool.try_acquire());
}

TEST(Permit, may_outlive_its_pool) {
  auto pool = std::make_unique<PermitPool>(1, 0);
  auto held = pool->try_acquire();
  pool.reset();
  EXPECT_TRUE(held);
}

struct Load {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  std::atomic<int> ran = 0;
  std::atomic<int> late = 0;
};

asio::awaitable<void> work_under_permit(PermitPool& pool, Load& load, int seed) {
  for (int i = 0; i < 100; ++i) {
    auto permit =
        co_await pool.acquire(Deadline::after(std::chrono::microseconds(1 + (seed * i) % 400)));
    if (!permit) {
      ++load.late;
      continue;
    }
    const int now = ++load.now;
    int most = load.most;
    while (now > most && !load.most.compare_exchange_weak(most, now)) {
    }
    (void)co_await sleep_until(Deadline::after(20us));
    --load.now;
    ++load.ran;
  }
}

TEST(Permit, never_lets_more_run_than_it_says_and_loses_none_to_deadlines) {
  PermitPool pool(3, 100);
  Load load;
  testing::ContextThread one;
  testing::ContextThread two;
  {
    TaskGroup group(one.executor());
    for (int i = 0; i < 12; ++i)
      group.spawn_on(i % 2 == 0 ? one.executor() : two.executor(),
                     work_under_permit(pool, load, i + 1));
    while (group.size() > 0) std::this_thread::yield();
    one.join();
    two.join();
  }
  EXPECT_LE(load.most, 3);
  EXPECT_EQ(load.ran + load.late, 1200);
  std::vector<Permit> all;
  for (int i = 0; i < 3; ++i) {
    auto permit = pool.try_acquire();
    ASSERT_TRUE(permit) << "a permit was lost";
    all.push_back(std::move(*permit));
  }
  EXPECT_FALSE(pool.try_acquire());
}

}  // namespace
}  // namespace tenon
