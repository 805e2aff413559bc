#pragma once
// Test support: two tenants, each with a table t(k, v), in one PostgreSQL database.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "storage/postgres.h"
#include "storage/postgres_scratch.h"

namespace tenon::storage::testing {

using tenon::testing::run;

inline Deadline soon() { return Deadline::after(std::chrono::seconds(10)); }

class PostgresTest : public ::testing::Test {
 protected:
  SystemRandom random_;
  BlockingPool pool_{{.threads = 2}};
  std::shared_ptr<PostgresPool> server_;  // shared with the databases
  std::string url_;
  std::unique_ptr<Database> first_, second_;

  void SetUp() override {
    TENON_NEEDS_POSTGRES();
    url_ = kit().fresh_database();
    ASSERT_FALSE(url_.empty());
    server_ = *make_postgres_pool({.url = url_, .connections = 4}, random_);
    auto fit = server_->check();
    ASSERT_TRUE(fit) << fit.error().for_log();
    first_ = open("first");
    second_ = open("second");
    ASSERT_TRUE(write(*first_, "CREATE TABLE t(k BIGINT PRIMARY KEY, v TEXT)"));
    ASSERT_TRUE(write(*second_, "CREATE TABLE t(k BIGINT PRIMARY KEY, v TEXT)"));
    ASSERT_TRUE(write(*first_, "INSERT INTO t VALUES(1, 'mine')"));
  }

  static tenon::testing::PrivatePostgres& kit() {
    return *tenon::testing::PrivatePostgres::shared();
  }
  std::unique_ptr<Database> open(const std::string& name) { return open(server_, name); }
  std::unique_ptr<Database> open(const std::shared_ptr<PostgresPool>& server,
                                 const std::string& name) {
    auto opened = open_postgres(server, name, Missing::create, pool_);
    EXPECT_TRUE(opened) << opened.error().for_log();
    return opened ? std::move(*opened) : nullptr;
  }
  /// The same database by another way.
  std::string url_through(int port) const {
    return "postgresql://tenon@127.0.0.1:" + std::to_string(port) +
           url_.substr(url_.find_last_of('/'));
  }

  static Task<> write_task(Database* database, std::string sql) {
    TENON_CO_ASSIGN(lease, co_await database->lease(soon()));
    TENON_CO_TRY(lease.session().script(sql));
    co_return co_await lease.commit();
  }
  static Result<> write(Database& database, std::string sql) {
    return run(write_task(&database, std::move(sql)));
  }
  /// The first column of all rows, one behind the other.
  static Result<std::string> text(Database& database, std::string_view sql) {
    TENON_ASSIGN(reader, database.reader());
    return text(reader.session(), sql);
  }
  static Result<std::string> text(Session& session, std::string_view sql) {
    std::string answer;
    TENON_TRY(session.query(sql, {}, [&](const Row& row) {
      answer += row.text(0);
      return Visit::more;
    }));
    return answer;
  }
  static std::int64_t number(Session& session, std::string_view sql) {
    std::int64_t answer = -1;
    auto done = session.query(sql, {}, [&](const Row& row) {
      answer = row.integer(0);
      return Visit::more;
    });
    EXPECT_TRUE(done) << done.error().for_log();
    return answer;
  }
};

}  // namespace tenon::storage::testing
