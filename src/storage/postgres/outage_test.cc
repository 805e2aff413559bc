// What happens when the way to the server breaks, the server dies, or it is too slow or too busy.
#include <fmt/format.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/task_group.h"
#include "async/timer.h"
#include "storage/postgres/cut_proxy.h"
#include "storage/postgres/test_fixture.h"

namespace tenon::storage {
namespace {

using tenon::testing::Cut;
using tenon::testing::CutProxy;
using testing::run;
using testing::soon;

class OutageTest : public testing::PostgresTest {
 protected:
  /// Ends the session of `backend` and waits until it is gone.
  static bool end_backend(std::int64_t backend) {
    return kit().ask(fmt::format("SELECT pg_terminate_backend({}, 5000)", backend));
  }
  static Task<> insert(Database* database, int key) {
    TENON_CO_ASSIGN(lease, co_await database->lease(soon()));
    TENON_CO_TRY(lease.session().execute(fmt::format("INSERT INTO t VALUES({}, 'x')", key)));
    co_return co_await lease.commit();
  }
};

TEST_F(OutageTest, a_connection_that_is_lost_before_commit_leaves_nothing_for_certain) {
  auto work = [](Database* database) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(soon()));
    TENON_CO_TRY(lease.session().execute("INSERT INTO t VALUES(5, 'x')"));
    EXPECT_TRUE(end_backend(number(lease.session(), "SELECT pg_backend_pid()")));
    co_return co_await lease.commit();
  };
  auto done = run(work(first_.get()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(done.error().reason(), "storage.connection");
  EXPECT_EQ(*text(*first_, "SELECT v FROM t ORDER BY k"), "mine");
  EXPECT_TRUE(run(insert(first_.get(), 5)));
}

TEST_F(OutageTest, a_connection_that_is_lost_during_commit_has_an_unknown_outcome) {
  for (const auto cut : {Cut::before, Cut::after}) {
    CutProxy proxy(kit().port(), "COMMIT", cut);
    auto server =
        *make_postgres_pool({.url = url_through(proxy.port()), .connections = 1}, random_);
    auto database = open_postgres(server, "first", Missing::refuse, pool_);
    ASSERT_TRUE(database) << database.error().for_log();
    auto done = run(insert(database->get(), 6));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), ErrorCode::unavailable);
    EXPECT_EQ(done.error().reason(), "storage.unknown_outcome");
    EXPECT_EQ(proxy.cuts(), 1);
    EXPECT_EQ(*text(*first_, "SELECT v FROM t ORDER BY k"), cut == Cut::before ? "mine" : "minex")
        << "both are possible, which is why it is unknown";
  }
}

TEST_F(OutageTest, a_task_that_is_stopped_while_it_commits_commits_and_then_stops) {
  bool committed = false;
  std::string why;
  auto work = [](Database* database, bool* done, std::string* reason) -> Task<> {
    *done = (co_await insert(database, 8)).has_value();
    auto slept = co_await sleep_until(Deadline::after(std::chrono::seconds(20)));
    *reason = slept ? "slept" : slept.error().reason();
    co_return slept;
  };
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  asio::post(loop, [&] { group.spawn(work(first_.get(), &committed, &why)); });
  asio::co_spawn(
      loop,
      [](TaskGroup* tasks) -> Task<> {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        co_return co_await tasks->stop(soon());
      }(&group),
      asio::detached);
  loop.run();
  EXPECT_TRUE(committed);
  EXPECT_EQ(why, "task.cancelled");
  EXPECT_EQ(*text(*first_, "SELECT v FROM t ORDER BY k"), "minex");
}

TEST_F(OutageTest, a_connection_is_kept_when_its_work_is_rolled_back) {
  auto work = [](Database* database, std::int64_t* backend) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(soon()));
    TENON_CO_TRY(lease.session().execute("INSERT INTO t VALUES(9, 'x')"));
    *backend = number(lease.session(), "SELECT pg_backend_pid()");
    lease.rollback();
    co_return Result<>();
  };
  std::int64_t first = 0;
  std::int64_t second = 0;
  ASSERT_TRUE(run(work(first_.get(), &first)));
  ASSERT_TRUE(run(work(first_.get(), &second)));
  EXPECT_EQ(first, second);
  EXPECT_EQ(*text(*first_, "SELECT v FROM t ORDER BY k"), "mine");
}

TEST_F(OutageTest, a_killed_server_is_found_again_within_a_second_and_keeps_what_it_acknowledged) {
  std::atomic<bool> over = false;
  std::atomic<bool> ready = false;
  std::vector<int> acknowledged;
  std::chrono::steady_clock::time_point first_success{};
  std::jthread client([&] {
    for (int key = 100; !over; ++key) {
      const bool after = ready;
      const auto done = run(insert(first_.get(), key));
      if (done) acknowledged.push_back(key);
      if (!done) EXPECT_EQ(done.error().code(), ErrorCode::unavailable) << done.error().for_log();
      if (done && after && first_success == std::chrono::steady_clock::time_point{})
        first_success = std::chrono::steady_clock::now();
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  kit().kill_9();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  ASSERT_TRUE(kit().start_again());
  ready = true;
  const auto from = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  over = true;
  client.join();
  ASSERT_NE(first_success, std::chrono::steady_clock::time_point{});
  EXPECT_LE(first_success - from, std::chrono::seconds(1));
  auto reader = *first_->reader();
  for (const auto key : acknowledged)
    EXPECT_EQ(number(reader.session(), fmt::format("SELECT count(*) FROM t WHERE k = {}", key)), 1)
        << key;
}

TEST_F(OutageTest, a_statement_a_lock_and_an_idle_transaction_each_have_their_limit) {
  auto work = [](Database* database, const char* setting, const char* then, int pause) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(soon()));
    TENON_CO_TRY(lease.session().script(setting));
    std::this_thread::sleep_for(std::chrono::milliseconds(pause));
    TENON_CO_TRY(lease.session().query(then, {}, [](const Row&) { return Visit::more; }));
    co_return co_await lease.commit();
  };
  const auto reason = [&](const char* setting, const char* then, int pause = 0) {
    auto done = run(work(first_.get(), setting, then, pause));
    return done ? std::string("done") : done.error().reason();
  };
  EXPECT_EQ(reason("SET LOCAL statement_timeout = 50", "SELECT pg_sleep(5)"), "storage.deadline");
  EXPECT_EQ(reason("SET LOCAL idle_in_transaction_session_timeout = 50", "SELECT 1", 300),
            "storage.connection");
  auto holder = [&](Database* database) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(soon()));
    TENON_CO_TRY(lease.session().execute("UPDATE t SET v = 'held' WHERE k = 1"));
    TENON_CO_ASSIGN(other, co_await database->lease(soon()));
    TENON_CO_TRY(other.session().script("SET LOCAL lock_timeout = 50"));
    auto waits = other.session().execute("UPDATE t SET v = 'waits' WHERE k = 1");
    EXPECT_FALSE(waits);
    if (!waits) EXPECT_EQ(waits.error().reason(), "storage.busy");
    TENON_CO_TRY(other.session().execute("INSERT INTO t VALUES(7, 'goes on')"));
    other.rollback();
    co_return co_await lease.commit();
  };
  auto done = run(holder(first_.get()));
  ASSERT_TRUE(done) << done.error().for_log();
  EXPECT_EQ(*text(*first_, "SELECT v FROM t ORDER BY k"), "held");
}

asio::awaitable<void> knock(Database* database, int client, std::atomic<int>* done,
                            std::atomic<int>* refused) {
  for (int round = 0; round < 3; ++round) {
    auto lease = co_await database->lease(soon());
    Result<> outcome = lease ? Result<>() : std::unexpected(lease.error());
    if (lease)
      if (auto made = lease->session().execute(
              fmt::format("INSERT INTO t VALUES({}, 'x')", 1000 + client * 10 + round));
          !made)
        outcome = std::unexpected(made.error());
    if (outcome) outcome = co_await lease->commit();
    if (outcome) ++*done;
    if (outcome) continue;
    ++*refused;
    EXPECT_EQ(outcome.error().code(), ErrorCode::unavailable);
    EXPECT_TRUE(outcome.error().reason() == "storage.pool" ||
                outcome.error().reason() == "storage.rerun")
        << outcome.error().for_log();
  }
}

TEST_F(OutageTest, two_hundred_clients_share_four_connections_without_a_standstill) {
  std::atomic<int> done = 0;
  std::atomic<int> refused = 0;
  const auto start = std::chrono::steady_clock::now();
  // Reads wait on their threads.
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i)
    readers.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        auto reader = (i % 2 == 0 ? first_ : second_)->reader();
        if (!reader) EXPECT_EQ(reader.error().reason(), "storage.pool");
        if (reader) EXPECT_TRUE(text(reader->session(), "SELECT v FROM t WHERE k = 1"));
      }
    });
  tenon::testing::run_all(4, 200, [&](std::size_t i) {
    return knock(i % 2 == 0 ? first_.get() : second_.get(), static_cast<int>(i), &done, &refused);
  });
  readers.clear();
  EXPECT_EQ(done + refused, 600);
  EXPECT_GT(done, 100);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  // All four are free again, and there never were more.
  std::vector<ReadLease> out;
  for (int i = 0; i < 4; ++i) {
    auto reader = (i % 2 == 0 ? first_ : second_)->reader();
    ASSERT_TRUE(reader) << reader.error().for_log();
    out.push_back(std::move(*reader));
    ASSERT_TRUE(text(out.back().session(), "SELECT 'x'"));
  }
  EXPECT_LE(number(out.front().session(),
                   "SELECT count(*) FROM pg_stat_activity WHERE usename = 'tenon' AND datname = "
                   "current_database()"),
            4);
}

TEST_F(OutageTest, a_connection_keeps_a_bounded_number_of_prepared_statements) {
  auto work = [](Database* database) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(soon()));
    auto& session = lease.session();
    for (int i = 0; i < 1500; ++i) {
      EXPECT_EQ(*text(session, fmt::format("SELECT v AS c{} FROM t WHERE k = 1", i)), "mine");
      if (i % 100 == 7) EXPECT_FALSE(session.execute("INSERT INTO t VALUES(1, 'twice')"));
    }
    EXPECT_LE(number(session, "SELECT count(*) FROM pg_prepared_statements"), 512);
    EXPECT_EQ(*text(session, "SELECT v AS c0 FROM t WHERE k = 1"), "mine") << "made anew";
    TENON_CO_TRY(session.execute("INSERT INTO t VALUES(2, 'too')"));
    co_return co_await lease.commit();
  };
  auto done = run(work(first_.get()));
  ASSERT_TRUE(done) << done.error().for_log();
  EXPECT_EQ(*text(*first_, "SELECT v FROM t ORDER BY k"), "minetoo");
}

TEST_F(OutageTest, a_statement_of_an_older_form_of_a_table_asks_for_another_run_and_then_works) {
  const auto all = [](Database& database) -> Result<std::string> {
    TENON_ASSIGN(reader, database.reader());
    TENON_TRY(reader.snapshot(Seen::one_state));
    return text(reader.session(), "SELECT * FROM t");
  };
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(all(*first_));
  ASSERT_TRUE(write(*first_, "ALTER TABLE t ADD COLUMN w TEXT"));
  int runs = 1;
  auto again = all(*first_);
  for (; !again && runs < 8; ++runs) {
    EXPECT_EQ(again.error().reason(), "storage.rerun") << again.error().for_log();
    again = all(*first_);
  }
  EXPECT_TRUE(again);
  EXPECT_LE(runs, 5);
  EXPECT_EQ(text(*first_, "SELECT CAST(1 AS INT) FROM t FOR UPDATE OF t NOWAIT SKIP LOCKED")
                .error()
                .reason(),
            "storage.internal");
}

}  // namespace
}  // namespace tenon::storage
