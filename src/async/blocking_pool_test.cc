#include "async/blocking_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "async/task_group.h"
#include "async/testing.h"

namespace tenon {
namespace {

using namespace std::chrono_literals;

struct Threads {
  std::thread::id work;
  std::thread::id caller;
};

Task<Threads> run_once(BlockingPool& pool) {
  TENON_CO_ASSIGN(work, co_await pool.run([]() -> Result<std::thread::id> {
    return std::this_thread::get_id();
  }));
  co_return Threads{work, std::this_thread::get_id()};
}

TEST(BlockingPool, runs_work_on_its_threads_and_resumes_the_caller_on_its_own) {
  BlockingPool pool({.threads = 1});
  auto threads = testing::run(run_once(pool));
  ASSERT_TRUE(threads);
  EXPECT_NE(threads->work, std::this_thread::get_id());
  EXPECT_EQ(threads->caller, std::this_thread::get_id());
}

TEST(BlockingPool, hands_on_the_error_of_the_work) {
  BlockingPool pool({.threads = 1});
  auto result = testing::run(
      pool.run([]() -> Result<> { return fail(ErrorCode::conflict, "somebody was faster"); }));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::conflict);
}

TEST(BlockingPool, rethrows_a_bug_of_the_work_in_the_caller) {
  BlockingPool pool({.threads = 1});
  EXPECT_THROW((void)testing::run(pool.run([]() -> Result<> {
                 TENON_ASSERT(1 + 1 == 3);
                 return {};
               })),
               BrokenInvariant);
}

TEST(BlockingPool, refuses_one_job_more_than_its_queue_holds) {
  std::latch started(1);
  std::latch release(1);
  BlockingPool pool({.threads = 1, .queue = 2, .name = "tiny"});
  ASSERT_TRUE(pool.post([&] {
    started.count_down();
    release.wait();
  }));
  started.wait();
  EXPECT_TRUE(pool.post([] {}));
  EXPECT_TRUE(pool.post([] {}));
  EXPECT_FALSE(pool.post([] {}));
  auto refused = testing::run(pool.run([]() -> Result<> { return {}; }));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(refused.error().reason(), "pool.full");
  release.count_down();
}

TEST(BlockingPool, runs_what_waits_before_it_stops_and_refuses_afterwards) {
  std::atomic<int> done = 0;
  BlockingPool pool({.threads = 2});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.post([&done] { ++done; }));
  pool.stop();
  pool.stop();
  EXPECT_EQ(done, 100);
  EXPECT_FALSE(pool.post([] {}));
  auto refused = testing::run(pool.run([]() -> Result<> { return {}; }));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "pool.stopped");
}

TEST(BlockingPoolDeathTest, an_exception_that_leaves_a_posted_job_ends_the_process) {
  EXPECT_DEATH(
      {
        BlockingPool pool({.threads = 1});
        (void)pool.post([] { throw std::runtime_error("job bug"); });
        pool.stop();
      },
      "job bug");
}

asio::awaitable<void> add_many(BlockingPool& pool, std::atomic<int>& sum) {
  for (int i = 0; i < 200; ++i) {
    auto one = co_await pool.run([]() -> Result<int> { return 1; });
    if (one) sum += *one;
  }
}

TEST(BlockingPool, loses_no_wake_up_between_many_callers_and_threads) {
  std::atomic<int> sum = 0;
  testing::ContextThread one;
  testing::ContextThread two;
  BlockingPool pool({.threads = 3, .queue = 64});
  TaskGroup group(one.executor());
  for (int i = 0; i < 8; ++i)
    group.spawn_on(i % 2 == 0 ? one.executor() : two.executor(), add_many(pool, sum));
  while (group.size() > 0) std::this_thread::yield();
  EXPECT_EQ(sum, 1600);
}

TEST(BlockingPool, stops_cleanly_while_callers_keep_coming) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> sum = 0;
    testing::ContextThread one;
    BlockingPool pool({.threads = 2, .queue = 8});
    TaskGroup group(one.executor());
    for (int i = 0; i < 4; ++i) group.spawn(add_many(pool, sum));
    pool.stop();
    while (group.size() > 0) std::this_thread::yield();
  }
}

}  // namespace
}  // namespace tenon
