#include "async/mailbox.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "async/task_group.h"
#include "async/testing.h"

namespace tenon {
namespace {

using namespace std::chrono_literals;

TEST(Mailbox, refuses_when_it_is_full_and_keeps_what_it_has) {
  Mailbox<int> mailbox(2);
  EXPECT_TRUE(mailbox.push(1));
  EXPECT_TRUE(mailbox.push(2));
  auto refused = mailbox.push(3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "mailbox.full");
  EXPECT_EQ(mailbox.try_pop(), 1);
  EXPECT_EQ(mailbox.try_pop(), 2);
  EXPECT_EQ(mailbox.try_pop(), std::nullopt);
}

TEST(Mailbox, hands_out_what_is_left_after_close_and_then_ends) {
  Mailbox<int> mailbox(2);
  EXPECT_TRUE(mailbox.push(1));
  mailbox.close();
  EXPECT_FALSE(mailbox.push(2));
  EXPECT_EQ(testing::run(mailbox.pop(Deadline::after(10s))).value(), 1);
  auto end = testing::run(mailbox.pop(Deadline::after(10s)));
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().reason(), "mailbox.closed");
}

TEST(Mailbox, says_that_the_deadline_passed_and_works_on) {
  Mailbox<int> mailbox(2);
  auto late = testing::run(mailbox.pop(Deadline::after(1ms)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().reason(), "mailbox.deadline");
  EXPECT_TRUE(mailbox.push(5));
  EXPECT_EQ(testing::run(mailbox.pop(Deadline::after(10s))).value(), 5);
}

asio::awaitable<void> collect(Mailbox<std::unique_ptr<int>>& mailbox, std::vector<int>& out) {
  while (true) {
    auto message = co_await mailbox.pop(Deadline::after(30s));
    if (!message) co_return;
    out.push_back(**message);
  }
}

TEST(Mailbox, delivers_every_message_of_every_producer_in_its_order) {
  constexpr int kEach = 2000;
  Mailbox<std::unique_ptr<int>> mailbox(16);
  std::vector<int> out;
  testing::ContextThread consumer;
  TaskGroup group(consumer.executor());
  group.spawn(collect(mailbox, out));
  std::vector<std::thread> producers;
  producers.reserve(3);
  for (int p = 0; p < 3; ++p)
    producers.emplace_back([&mailbox, p] {
      for (int i = 0; i < kEach; ++i)
        while (!mailbox.push(std::make_unique<int>(p * kEach + i))) std::this_thread::yield();
    });
  for (auto& producer : producers) producer.join();
  mailbox.close();
  while (group.size() > 0) std::this_thread::yield();
  ASSERT_EQ(out.size(), 3U * kEach);
  std::array<int, 3> next{0, kEach, 2 * kEach};
  for (int value : out) EXPECT_EQ(value, next[static_cast<std::size_t>(value / kEach)]++);
}

TEST(Mailbox, a_stopped_consumer_loses_no_message) {
  Mailbox<std::unique_ptr<int>> mailbox(4);
  std::vector<int> out;
  asio::io_context context(1);
  TaskGroup group(context.get_executor());
  group.spawn(collect(mailbox, out));
  context.poll();
  EXPECT_TRUE(testing::run(context, group.stop(Deadline::after(10s))));
  EXPECT_TRUE(mailbox.push(std::make_unique<int>(1)));
  EXPECT_EQ(mailbox.size(), 1U);
}

}  // namespace
}  // namespace tenon
