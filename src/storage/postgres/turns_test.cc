#include "storage/postgres/turns.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "async/timer.h"
#include "storage/scratch.h"

namespace tenon::storage::postgres {
namespace {

using tenon::testing::run;

Deadline soon() { return Deadline::after(std::chrono::seconds(5)); }
Deadline at_once() { return Deadline::after(std::chrono::milliseconds(5)); }

TEST(TurnsTest, lets_all_in_until_one_loses_a_race) {
  const auto turns = std::make_shared<Turns>(8);
  auto one = run(turns->enter(soon()));
  auto two = run(turns->enter(soon()));
  ASSERT_TRUE(one && two);
  EXPECT_EQ(two->company(), Company::welcome);
  turns->race();
  auto alone = run(turns->enter(at_once()));
  ASSERT_FALSE(alone) << "others are inside";
  EXPECT_EQ(alone.error().reason(), "storage.deadline");
  one->end();
  two->end();
  two->end();
  auto again = run(turns->enter(soon()));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->company(), Company::alone);
  EXPECT_FALSE(run(turns->enter(at_once())));
}

TEST(TurnsTest, goes_back_to_letting_all_in_after_a_number_of_turns) {
  const auto turns = std::make_shared<Turns>(8);
  turns->race();
  int alone = 0;
  for (int i = 0; i < 100; ++i)
    if (run(turns->enter(soon()))->company() == Company::alone) ++alone;
  EXPECT_EQ(alone, 32);
}

TEST(TurnsTest, calls_those_who_wait_in_order_and_no_more_than_fit) {
  const auto turns = std::make_shared<Turns>(3);
  std::string order;
  std::vector<Turn> held;
  auto first = run(turns->enter(soon()));
  turns->race();
  asio::io_context loop;
  const auto wait = [](std::shared_ptr<Turns> line, std::vector<Turn>* out, std::string* told,
                       char name) -> asio::awaitable<void> {
    auto turn = co_await line->enter(soon());
    *told += turn ? name : '!';
    if (turn) out->push_back(std::move(*turn));
  };
  for (const char name : {'a', 'b', 'c', 'd'})
    asio::co_spawn(loop, wait(turns, &held, &order, name), asio::detached);
  while (loop.poll_one() > 0) {
  }
  EXPECT_EQ(order, "!") << "the fourth finds the line full";
  first->end();
  for (int i = 0; i < 3; ++i) {
    while (loop.poll_one() > 0) {
    }
    ASSERT_EQ(held.size(), 1U);
    held.clear();
  }
  EXPECT_EQ(order, "!abc");
}

TEST(TurnsTest, keeps_no_place_for_who_went_away) {
  const auto turns = std::make_shared<Turns>(8);
  auto first = run(turns->enter(soon()));
  turns->race();
  EXPECT_FALSE(run(with_deadline(turns->enter(soon()), at_once())));
  first->end();
  EXPECT_TRUE(run(turns->enter(at_once())));
}

}  // namespace
}  // namespace tenon::storage::postgres
