#include "storage/database.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <limits>

#include "storage/postgres.h"
#include "storage/postgres_scratch.h"
#include "storage/scratch.h"

namespace tenon::storage {
namespace {

using testing::run;
using testing::run_all;

constexpr auto kSoon = std::chrono::seconds(10);

class DatabaseTest : public ::testing::Test {
 protected:
  testing::ScratchDirectory directory_;
  BlockingPool pool_{{.threads = 2}};
  SystemRandom random_;
  std::shared_ptr<PostgresPool> server_;  // shared with the databases
  std::unique_ptr<Database> database_;

  std::unique_ptr<Database> open(Options options = {}) {
    if (testing::on_postgres()) {
      auto opened = open_postgres(server_, "a", Missing::create, pool_, options);
      EXPECT_TRUE(opened) << opened.error().for_log();
      return opened ? std::move(*opened) : nullptr;
    }
    auto opened = open_sqlite(directory_ / "a.db", Missing::create, pool_, options);
    EXPECT_TRUE(opened) << opened.error().for_log();
    return opened ? std::move(*opened) : nullptr;
  }

  static Task<> setup(Database* database) {
    TENON_CO_ASSIGN(lease, co_await database->lease(Deadline::after(kSoon)));
    const bool sqlite = database->dialect() == Dialect::sqlite;
    const auto* number = sqlite ? "INTEGER" : "BIGINT";
    const auto* end = sqlite ? "STRICT" : "";
    TENON_CO_TRY(lease.session().script(
        fmt::format("CREATE TABLE t(k {0} PRIMARY KEY, v TEXT UNIQUE) {1};"
                    "CREATE TABLE p(id {0} PRIMARY KEY) {1};"
                    "CREATE TABLE c(p {0} NOT NULL REFERENCES p(id) DEFERRABLE "
                    "INITIALLY DEFERRED) {1};",
                    number, end)));
    co_return co_await lease.commit();
  }
  void SetUp() override {
    if (testing::on_postgres()) {
      TENON_NEEDS_POSTGRES();
      auto made = make_postgres_pool({.url = testing::PrivatePostgres::shared()->fresh_database()},
                                     random_);
      ASSERT_TRUE(made) << made.error().for_log();
      server_ = *made;
      auto fit = server_->check();
      ASSERT_TRUE(fit) << fit.error().for_log();
    }
    database_ = open();
    ASSERT_NE(database_, nullptr);
    auto done = run(setup(database_.get()));
    ASSERT_TRUE(done) << done.error().for_log();
  }

  std::int64_t number(std::string_view sql) {
    std::int64_t answer = -1;
    auto reader = database_->reader();
    EXPECT_TRUE(reader);
    auto done = reader->session().query(sql, {}, [&](const Row& row) {
      answer = row.integer(0);
      return Visit::more;
    });
    EXPECT_TRUE(done) << done.error().for_log();
    return answer;
  }

  static Result<> insert(Session& session, std::int64_t key, std::string_view text) {
    const std::array<Value, 2> values{key, text};
    TENON_TRY(session.execute("INSERT INTO t(k, v) VALUES(?1, ?2)", values));
    return {};
  }
};

TEST_F(DatabaseTest, acknowledges_every_member_of_concurrent_groups_once) {
  std::atomic<int> acknowledged = 0;
  run_all(4, 16, [&](std::size_t i) -> asio::awaitable<void> {
    return [](Database* database, std::size_t worker,
              std::atomic<int>* count) -> asio::awaitable<void> {
      for (std::size_t n = 0; n < 25; ++n) {
        auto lease = co_await database->lease(Deadline::after(kSoon));
        if (!lease) co_return;
        const auto key = static_cast<std::int64_t>(worker * 1000 + n);
        if (!insert(lease->session(), key, std::to_string(key))) co_return;
        if (co_await lease->commit()) ++*count;
      }
    }(database_.get(), i, &acknowledged);
  });
  EXPECT_EQ(acknowledged, 400);
  EXPECT_EQ(number("SELECT count(*) FROM t"), 400);
  if (!testing::on_postgres()) EXPECT_LT(database_->figures().commits, 400U);
  EXPECT_EQ(database_->figures().members, 401U);
}

TEST_F(DatabaseTest, rolls_back_one_member_and_keeps_the_others_of_its_group) {
  auto work = [](Database* database, std::int64_t key, bool keep) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(Deadline::after(kSoon)));
    TENON_CO_TRY(insert(lease.session(), key, std::to_string(key)));
    if (!keep) lease.rollback();
    if (!keep) co_return Result<>();
    co_return co_await lease.commit();
  };
  run_all(1, 9, [&](std::size_t i) {
    return work(database_.get(), static_cast<std::int64_t>(i), i % 3 != 1);
  });
  EXPECT_EQ(number("SELECT count(*) FROM t"), 6);
  EXPECT_EQ(number("SELECT count(*) FROM t WHERE k % 3 = 1"), 0);
}

TEST_F(DatabaseTest, maps_a_unique_violation_to_a_conflict_that_names_the_column) {
  auto work = [](Database* database) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(Deadline::after(kSoon)));
    TENON_CO_TRY(insert(lease.session(), 1, "same"));
    co_return insert(lease.session(), 2, "same");
  };
  auto done = run(work(database_.get()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::conflict);
  EXPECT_EQ(done.error().reason(), "storage.unique");
  ASSERT_EQ(done.error().fields().size(), 1U);
  EXPECT_EQ(done.error().fields()[0].path, "v");
  EXPECT_EQ(number("SELECT count(*) FROM t"), 0) << "a lease that is dropped is rolled back";
}

TEST_F(DatabaseTest, finds_a_deferred_violation_before_the_savepoint_is_released) {
  auto bad = [](Database* database) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(Deadline::after(kSoon)));
    TENON_CO_TRY(lease.session().execute("INSERT INTO c VALUES(7)"));
    co_return co_await lease.commit();
  };
  auto good = [](Database* database, std::atomic<int>* count, std::int64_t key) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(Deadline::after(kSoon)));
    TENON_CO_TRY(insert(lease.session(), key, std::to_string(key)));
    auto done = co_await lease.commit();
    if (done) ++*count;
    co_return done;
  };
  std::atomic<int> kept = 0;
  Result<> verdict;
  auto judged = [bad](Database* database, Result<>* out) -> Task<> {
    *out = co_await bad(database);
    co_return Result<>();
  };
  run_all(1, 5, [&](std::size_t i) {
    return i == 2 ? judged(database_.get(), &verdict)
                  : good(database_.get(), &kept, static_cast<std::int64_t>(i));
  });
  EXPECT_EQ(kept, 4);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().reason(), "storage.foreign_key");
  EXPECT_EQ(number("SELECT count(*) FROM c"), 0);
}

TEST_F(DatabaseTest, runs_unacknowledged_members_again_when_an_interrupt_kills_the_transaction) {
  if (testing::on_postgres()) GTEST_SKIP() << "a matter of SQLite files";
  // Three members join one group; the third is interrupted while it writes, which ends the whole
  // transaction.
  struct Seen {
    std::atomic<int> reruns = 0, acknowledged = 0, interrupted = 0;
  } seen;
  auto good = [](Database* database, Seen* out, std::int64_t key) -> asio::awaitable<void> {
    for (;;) {
      auto lease = co_await database->lease(Deadline::after(kSoon));
      if (!lease || !insert(lease->session(), key, std::to_string(key))) co_return;
      auto done = co_await lease->commit();
      if (done) ++out->acknowledged;
      if (done || done.error().reason() != "storage.rerun") co_return;
      ++out->reruns;
    }
  };
  auto slow = [](Database* database, Seen* out) -> asio::awaitable<void> {
    auto lease = co_await database->lease(Deadline::after(kSoon));
    if (!lease) co_return;
    lease->set_deadline(Deadline::after(std::chrono::milliseconds(20)));
    auto done = lease->session().execute(
        "INSERT INTO t(k) WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i FROM n",
        {});
    if (!done && done.error().reason() == "storage.deadline") ++out->interrupted;
    auto again = insert(lease->session(), 5000, "outside");
    EXPECT_FALSE(again)
        << "work after the death of the transaction must not be committed by itself";
    if (!again) EXPECT_EQ(again.error().reason(), "storage.rerun");
    auto end = co_await lease->commit();
    EXPECT_FALSE(end);
  };
  // Holds the lease until the others stand in line, so that no commit comes between them.
  auto gate = [](Database* database) -> asio::awaitable<void> {
    auto lease = co_await database->lease(Deadline::after(kSoon));
    const auto executor = co_await asio::this_coro::executor;
    for (int turn = 0; turn < 10; ++turn) co_await asio::post(executor, asio::use_awaitable);
    if (lease) lease->rollback();
  };
  run_all(1, 5, [&](std::size_t i) {
    if (i == 0) return gate(database_.get());
    return i == 4 ? slow(database_.get(), &seen)
                  : good(database_.get(), &seen, static_cast<std::int64_t>(i));
  });
  EXPECT_EQ(seen.interrupted, 1);
  EXPECT_EQ(seen.acknowledged, 3);
  EXPECT_GT(seen.reruns, 0);
  EXPECT_EQ(number("SELECT count(*) FROM t"), 3);
}

TEST_F(DatabaseTest, ends_a_lease_that_is_held_for_too_long) {
  database_.reset();
  database_ = open({.lease_cap = std::chrono::milliseconds(30)});
  auto work = [](Database* database) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(Deadline::after(kSoon)));
    TENON_CO_TRY(insert(lease.session(), 1, "a"));
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(50));
    co_await timer.async_wait(asio::use_awaitable);
    co_return co_await lease.commit();
  };
  auto done = run(work(database_.get()));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason(), "storage.lease_cap");
  EXPECT_EQ(number("SELECT count(*) FROM t"), 0);
}

TEST_F(DatabaseTest, gives_up_a_wait_for_the_lease_at_its_deadline_and_serves_the_next) {
  if (testing::on_postgres()) GTEST_SKIP() << "a matter of SQLite files";
  auto work = [](Database* database) -> Task<> {
    TENON_CO_ASSIGN(first, co_await database->lease(Deadline::after(kSoon)));
    auto second = co_await database->lease(Deadline::after(std::chrono::milliseconds(5)));
    EXPECT_FALSE(second);
    first.rollback();
    TENON_CO_ASSIGN(third, co_await database->lease(Deadline::after(kSoon)));
    TENON_CO_TRY(insert(third.session(), 1, "a"));
    co_return co_await third.commit();
  };
  EXPECT_TRUE(run(work(database_.get())));
  EXPECT_EQ(number("SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, refuses_one_writer_more_than_its_line_holds) {
  if (testing::on_postgres()) GTEST_SKIP() << "a matter of SQLite files";
  database_.reset();
  database_ = open({.queue = 0});
  auto work = [](Database* database) -> Task<> {
    TENON_CO_ASSIGN(first, co_await database->lease(Deadline::after(kSoon)));
    EXPECT_TRUE(first.held());
    auto second = co_await database->lease(Deadline::after(kSoon));
    EXPECT_FALSE(second);
    if (!second) EXPECT_EQ(second.error().reason(), "storage.queue");
    co_return Result<>();
  };
  EXPECT_TRUE(run(work(database_.get())));
}

TEST_F(DatabaseTest, bounds_its_readers_and_shows_each_snapshot_one_state) {
  auto snapshot = database_->reader();
  ASSERT_TRUE(snapshot);
  ASSERT_TRUE(snapshot->snapshot(Seen::one_state));
  auto count = [](ReadLease& reader) {
    std::int64_t answer = 0;
    EXPECT_TRUE(reader.session().query("SELECT count(*) FROM t", {}, [&](const Row& row) {
      answer = row.integer(0);
      return Visit::more;
    }));
    return answer;
  };
  EXPECT_EQ(count(*snapshot), 0);
  auto work = [](Database* database) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(Deadline::after(kSoon)));
    TENON_CO_TRY(insert(lease.session(), 1, "a"));
    co_return co_await lease.commit();
  };
  EXPECT_TRUE(run(work(database_.get())));
  EXPECT_EQ(count(*snapshot), 0);
  EXPECT_EQ(number("SELECT count(*) FROM t"), 1);
  EXPECT_FALSE(snapshot->session().execute("DELETE FROM t")) << "a reader cannot write";

  std::vector<ReadLease> all;
  for (int i = 0; i < 7; ++i) {
    auto reader = database_->reader();
    ASSERT_TRUE(reader);
    all.push_back(std::move(*reader));
  }
  auto ninth = database_->reader();
  ASSERT_FALSE(ninth);
  EXPECT_EQ(ninth.error().reason(), "storage.readers");
}

TEST_F(DatabaseTest, interrupts_a_read_at_its_deadline) {
  auto reader = database_->reader();
  ASSERT_TRUE(reader);
  reader->set_deadline(Deadline::after(std::chrono::milliseconds(20)));
  auto done = reader->session().query(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", {},
      [](const Row&) { return Visit::more; });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason(), "storage.deadline");
}

TEST_F(DatabaseTest, refuses_attach_extensions_and_double_quoted_strings) {
  if (testing::on_postgres()) GTEST_SKIP() << "a matter of SQLite files";
  auto reader = database_->reader();
  ASSERT_TRUE(reader);
  for (const auto* sql :
       {"ATTACH ':memory:' AS x", "SELECT load_extension('x')", "SELECT \"no such column\" FROM t"})
    EXPECT_FALSE(reader->session().query(sql, {}, [](const Row&) { return Visit::more; })) << sql;
}

TEST_F(DatabaseTest, says_of_a_sum_that_is_too_large_that_it_is_out_of_range) {
  auto work = [](Database* database) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(Deadline::after(kSoon)));
    TENON_CO_TRY(insert(lease.session(), std::numeric_limits<std::int64_t>::max(), "a"));
    TENON_CO_TRY(insert(lease.session(), 1, "b"));
    const auto* sum = database->dialect() == Dialect::sqlite
                          ? "SELECT sum(k) FROM t"
                          : "SELECT CAST(sum(k) AS BIGINT) FROM t";
    auto done = lease.session().query(sum, {}, [](const Row&) { return Visit::more; });
    EXPECT_FALSE(done);
    if (!done) EXPECT_EQ(done.error().code(), ErrorCode::invalid);
    if (!done) EXPECT_EQ(done.error().reason(), "storage.range");
    co_return co_await lease.commit();
  };
  auto done = run(work(database_.get()));
  EXPECT_TRUE(done) << "the unit goes on";
}

TEST_F(DatabaseTest, folds_case_in_every_script) {
  EXPECT_EQ(number("SELECT tenon_fold('STRASSE') = tenon_fold('straße')"), 1);
  EXPECT_EQ(number("SELECT tenon_fold('ÉCOLE 榫卯') = 'école 榫卯'"), 1);
  EXPECT_EQ(number("SELECT 'a' LIKE 'A'"), 0);
  EXPECT_EQ(number("SELECT tenon_fold('ΟΔΟΣ ẞ') = 'οδοσ ss'"), 1);
}

TEST_F(DatabaseTest, refuses_a_missing_a_newer_a_foreign_and_a_damaged_file_by_name) {
  if (testing::on_postgres()) GTEST_SKIP() << "a matter of SQLite files";
  auto missing = open_sqlite(directory_ / "none.db", Missing::refuse, pool_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::not_found);

  {
    auto newer = open_sqlite(directory_ / "newer.db", Missing::create, pool_, {.format = 9});
  }
  auto newer = open_sqlite(directory_ / "newer.db", Missing::refuse, pool_);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().reason(), "storage.format");
  EXPECT_NE(newer.error().message().find("newer.db"), std::string::npos);

  std::ofstream(directory_ / "text.db") << std::string(8192, 'x');
  auto text = open_sqlite(directory_ / "text.db", Missing::refuse, pool_);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().reason(), "storage.corrupt");
  EXPECT_NE(text.error().message().find("text.db"), std::string::npos);

  database_.reset();
  {
    std::fstream file(directory_ / "a.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file << std::string(2000, '\xff');
  }
  auto damaged = open_sqlite(directory_ / "a.db", Missing::refuse, pool_);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().reason(), "storage.corrupt");
}

}  // namespace
}  // namespace tenon::storage
