// What only PostgreSQL has: a wall between tenants of one database, connections that break, and
// transactions side by side.
//
// Built with TENON_FAULT_NO_ROLE a session takes over the role that its connection has, and this
// test fails unless the wall notices it.
#include <fmt/format.h>

#include <array>

#include "base/utf8.h"
#include "storage/postgres/test_fixture.h"

namespace tenon::storage {
namespace {

using testing::PostgresTest;
using testing::run;
using testing::soon;

TEST_F(PostgresTest, keeps_a_tenant_out_of_the_schema_of_another) {
  EXPECT_EQ(*text(*first_, "SELECT v FROM t"), "mine");
  EXPECT_EQ(*text(*second_, "SELECT v FROM t"), "");
  for (const auto* sql : {"SELECT v FROM t_first.t", "SELECT v FROM \"t_first\".\"t\""}) {
    auto read = text(*second_, sql);
    ASSERT_FALSE(read) << sql;
    EXPECT_EQ(read.error().reason(), "storage.denied");
    auto written = write(*second_, "INSERT INTO t_first.t VALUES(2, 'theirs')");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().reason(), "storage.denied");
  }
  EXPECT_FALSE(write(*second_, "CREATE TABLE public.x(a BIGINT)"));
  EXPECT_EQ(*text(*first_, "SELECT v FROM t"), "mine");
}

/// Breaches of the wall by sessions of two tenants that follow each other on one connection.
int breaches(Database& first, Database& second) {
  int found = 0;
  const auto see = [&](Database& database, std::string_view mine) {
    auto reader = *database.reader();
    std::string who;
    auto done = reader.session().query(
        "SELECT concat(current_user, ' ', current_schema(), ' ', (SELECT string_agg(v, ',') FROM "
        "t))",
        {}, [&](const Row& row) {
          who = row.text(0);
          return Visit::more;
        });
    EXPECT_TRUE(done) << done.error().for_log();
    if (who.find("t_" + std::string(mine)) == std::string::npos) ++found;
    if (who.find(mine == "first" ? "theirs" : "mine") != std::string::npos) ++found;
  };
  const auto add = [](Database* database, std::string text) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(soon()));
    TENON_CO_TRY(lease.session().script("INSERT INTO t VALUES(77, '" + text + "')"));
    co_return co_await lease.commit();
  };
  see(first, "first");
  see(second, "second");
  (void)run(add(&second, "theirs"));
  see(first, "first");
  see(second, "second");
  return found;
}

TEST_F(PostgresTest, gives_one_connection_to_tenants_in_turn_without_a_breach) {
  auto narrow = *make_postgres_pool({.url = url_, .connections = 1}, random_);
  auto first = open(narrow, "first");
  auto second = open(narrow, "second");
#ifdef TENON_FAULT_NO_ROLE
  EXPECT_GT(breaches(*first, *second), 0) << "the wall does not notice the missing role";
#else
  EXPECT_EQ(breaches(*first, *second), 0);
#endif
}

TEST_F(PostgresTest, never_leaves_a_connection_with_the_rights_of_the_tenant_before) {
  // Four connections, two tenants, every order of reads, writes and failures.
  for (int round = 0; round < 60; ++round) {
    auto& database = round % 2 == 0 ? *first_ : *second_;
    if (round % 3 == 0) (void)write(database, "INSERT INTO t VALUES(1, 'x')");  // fails in one
    if (round % 5 == 0) (void)write(database, "SELECT broken");
    const auto who = text(database, "SELECT CAST(current_schema() AS TEXT)");
    ASSERT_TRUE(who) << who.error().for_log();
    ASSERT_EQ(*who, round % 2 == 0 ? "t_first" : "t_second") << round;
  }
}

TEST_F(PostgresTest, serves_a_tenant_that_was_dropped_and_made_again_by_the_same_name) {
  auto other = *make_postgres_pool({.url = url_, .connections = 4}, random_);
  auto elsewhere = open(other, "first");
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(text(*elsewhere, "SELECT v FROM t"));
  ASSERT_TRUE(text(*first_, "SELECT v FROM t"));
  ASSERT_TRUE(drop_postgres(server_, "first"));
  auto again = open("first");
  ASSERT_NE(again, nullptr);
  ASSERT_TRUE(write(*again, "CREATE TABLE t(k BIGINT PRIMARY KEY, v TEXT)"));
  auto written = write(*elsewhere, "INSERT INTO t VALUES(1, 'new')");
  EXPECT_TRUE(written) << written.error().for_log();
  EXPECT_EQ(text(*elsewhere, "SELECT v FROM t").value_or("?"), "new");
  EXPECT_EQ(text(*again, "SELECT v FROM t").value_or("?"), "new");
}

TEST_F(PostgresTest, lets_two_transactions_run_and_asks_one_to_run_again) {
  auto work = [](Database* database) -> Task<> {
    TENON_CO_ASSIGN(one, co_await database->lease(soon()));
    TENON_CO_ASSIGN(two, co_await database->lease(soon()));
    for (auto* lease : {&one, &two})
      TENON_CO_TRY(lease->session().query("SELECT sum(k)::BIGINT FROM t", {},
                                          [](const Row&) { return Visit::more; }));
    TENON_CO_TRY(one.session().execute("INSERT INTO t VALUES(10, 'a')"));
    TENON_CO_TRY(two.session().execute("INSERT INTO t VALUES(11, 'b')"));
    TENON_CO_TRY(co_await one.commit());
    auto second = co_await two.commit();
    EXPECT_FALSE(second) << "each has read what the other wrote";
    if (!second) EXPECT_EQ(second.error().reason(), "storage.rerun");
    co_return Result<>();
  };
  auto done = run(work(first_.get()));
  EXPECT_TRUE(done) << done.error().for_log();
}

TEST_F(PostgresTest, undoes_a_failed_statement_alone_and_goes_on) {
  auto work = [](Database* database) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(soon()));
    auto& session = lease.session();
    TENON_CO_TRY(session.execute("INSERT INTO t VALUES(2, 'kept')"));
    auto twice = session.execute("INSERT INTO t VALUES(2, 'again')");
    EXPECT_FALSE(twice);
    if (!twice) EXPECT_EQ(twice.error().fields().at(0).path, "k");
    TENON_CO_TRY(session.savepoint(1));
    TENON_CO_TRY(session.execute("INSERT INTO t VALUES(3, 'lost')"));
    EXPECT_FALSE(session.execute("INSERT INTO t VALUES(3, 'again')"));
    // Whoever was cut off can undo what it did.
    lease.set_deadline(Deadline::after(std::chrono::seconds(-1)));
    EXPECT_FALSE(session.execute("INSERT INTO t VALUES(4, 'late')"));
    TENON_CO_TRY(session.rollback_to(1));
    TENON_CO_TRY(session.release(1));
    co_return co_await lease.commit();
  };
  auto done = run(work(first_.get()));
  ASSERT_TRUE(done) << done.error().for_log();
  EXPECT_EQ(*text(*first_, "SELECT v FROM t ORDER BY k"), "minekept");
}

TEST_F(PostgresTest, bounds_its_connections_and_the_wait_for_one) {
  std::vector<ReadLease> out;
  for (int i = 0; i < 4; ++i) {
    auto reader = first_->reader();
    ASSERT_TRUE(reader);
    out.push_back(std::move(*reader));
  }
  const auto start = std::chrono::steady_clock::now();
  auto fifth = second_->reader();
  ASSERT_FALSE(fifth);
  EXPECT_EQ(fifth.error().reason(), "storage.pool");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  out.clear();
  EXPECT_TRUE(second_->reader());
}

TEST_F(PostgresTest, says_that_a_connection_was_lost_and_makes_a_new_one) {
  auto work = [](Database* database, const std::string* kill) -> Task<> {
    TENON_CO_ASSIGN(lease, co_await database->lease(soon()));
    std::int64_t backend = 0;
    TENON_CO_TRY(lease.session().query("SELECT pg_backend_pid()", {}, [&](const Row& row) {
      backend = row.integer(0);
      return Visit::more;
    }));
    EXPECT_TRUE(kit().ask(fmt::format("SELECT pg_terminate_backend({}){}", backend, *kill)));
    TENON_CO_TRY(lease.session().execute("INSERT INTO t VALUES(5, 'x')"));
    co_return Result<>();
  };
  const std::string none;
  auto done = run(work(first_.get(), &none));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(done.error().reason(), "storage.connection");
  EXPECT_EQ(*text(*first_, "SELECT v FROM t"), "mine");
  ASSERT_TRUE(
      kit().ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tenon'"));
  EXPECT_EQ(*text(*first_, "SELECT v FROM t"), "mine") << "idle connections that died are replaced";
}

TEST_F(PostgresTest, refuses_a_type_it_would_read_wrongly_and_a_number_out_of_range) {
  EXPECT_EQ(text(*first_, "SELECT sum(k) FROM t").error().reason(), "storage.type");
  EXPECT_EQ(text(*first_,
                 "SELECT CAST(sum(x) AS BIGINT) FROM (VALUES (9223372036854775807), "
                 "(1)) AS v(x)")
                .error()
                .reason(),
            "storage.range");
}

TEST_F(PostgresTest, folds_every_code_point_as_utf8_fold_does) {
  auto reader = first_->reader();
  ASSERT_TRUE(reader);
  std::size_t wrong = 0;
  std::string sample;
  for (char32_t block = 0x20; block < 0x20000; block += 64) {
    std::vector<std::string> points;
    std::string joined;
    for (char32_t code = block; code < block + 64; ++code) {
      if (code >= 0xD800 && code < 0xE000) continue;
      std::string point;
      if (code < 0x80) {
        point += static_cast<char>(code);
      } else if (code < 0x800) {
        point += static_cast<char>(0xC0U | code >> 6U);
        point += static_cast<char>(0x80U | (code & 0x3FU));
      } else if (code < 0x10000) {
        point += static_cast<char>(0xE0U | code >> 12U);
        point += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
        point += static_cast<char>(0x80U | (code & 0x3FU));
      } else {
        point += static_cast<char>(0xF0U | code >> 18U);
        point += static_cast<char>(0x80U | (code >> 12U & 0x3FU));
        point += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
        point += static_cast<char>(0x80U | (code & 0x3FU));
      }
      points.push_back(utf8::to_nfc(point));
      joined += points.back() + "\x01";
    }
    if (points.empty()) continue;
    const std::array<Value, 1> values{std::string_view(joined)};
    std::size_t at = 0;
    auto done = reader->session().query(
        "SELECT tenon_fold(p) FROM regexp_split_to_table(CAST(?1 AS TEXT), chr(1)) AS p", values,
        [&](const Row& row) {
          if (at == points.size()) return Visit::stop;
          if (row.text(0) != utf8::fold(points[at])) {
            ++wrong;
            sample += fmt::format(" U+{:04X}", static_cast<std::uint32_t>(block) + at);
          }
          ++at;
          return Visit::more;
        });
    ASSERT_TRUE(done) << done.error().for_log();
  }
  EXPECT_EQ(wrong, 0U) << sample;
}

TEST(PostgresPlace, refuses_a_bad_address_and_a_server_that_is_not_there) {
  SystemRandom random;
  EXPECT_EQ(make_postgres_pool({.url = "mysql://x"}, random).error().reason(), "storage.url");
  EXPECT_EQ(make_postgres_pool({.url = "postgresql://[x"}, random).error().reason(), "storage.url");
  auto nobody = make_postgres_pool(
      {.url = "postgresql://tenon@127.0.0.1:1/x", .connect_within = std::chrono::milliseconds(100)},
      random);
  ASSERT_TRUE(nobody);
  auto checked = (*nobody)->check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().reason(), "storage.connection");
}

}  // namespace
}  // namespace tenon::storage
