// Rows being computed and kill -9, on both databases: a child adds or changes computed fields,
// roll-ups and numbers of 5,000 rows, or takes that back, and is killed at the n-th boundary, for
// each n until it comes through. Whoever opens the tenant next finds the state before or finishes
// to the state after; taken back from there, it is the state before.
// TENON_CRASH_STRIDE=1 takes every boundary; the short form takes some.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "data/derive_fixture.h"
#include "data/fused_database.h"
#include "data/system.h"
#include "storage/postgres.h"

namespace tenon::data {
namespace {

using tenon::testing::run;
using testing::Fault;
using testing::Fuse;
using testing::FusedDatabase;
using testing::shop;
using testing::soon;

constexpr int kOrders = 500;
constexpr int kLines = 5000;

enum class Change : std::uint8_t { add, alter, take_back };

/// A process of its own in a data folder: no thread and no database is open between two of them.
struct Here {
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool{{.threads = tenon::testing::on_postgres() ? 16U : 1U}};
  Tenants tenants;
  explicit Here(const std::string& directory) : tenants(directory, pool, clock, random) {}
  ~Here() {
    tenants.close();
    pool.stop();
  }
};

class DeriveCrash : public ::testing::TestWithParam<Change> {
 protected:
  void SetUp() override {
    if (tenon::testing::on_postgres()) {
      TENON_NEEDS_POSTGRES();
      database_ = tenon::testing::PrivatePostgres::shared()->fresh_database();
      ASSERT_FALSE(database_.empty());
    }
    {
      Here here(directory_.path());
      auto tenant = here.tenants.create("acme", database_);
      ASSERT_TRUE(tenant) << tenant.error().for_log();
      install(**tenant, shop(1));
      testing::SalesRows rows((*tenant)->database().dialect());
      auto lease = run((*tenant)->database().lease(soon()));
      lease->extend(soon());
      ASSERT_TRUE(rows.fill(lease->session(), kOrders, kLines));
      ASSERT_TRUE(run(lease->commit()));
      if (GetParam() != Change::add) install(**tenant, shop(2));
      if (GetParam() == Change::take_back) install(**tenant, shop(3));
      before_ = state(**tenant);
    }
    ASSERT_EQ(child(-1), 0);
    after_ = look();
    ASSERT_NE(before_, after_);
    go_back();
    ASSERT_EQ(look(), before_) << "what comes before is there again";
  }

  static void install(Tenant& tenant, const Package& package) {
    const auto done = run(tenant.install(package, soon()));
    ASSERT_TRUE(done) << done.error().for_log() << done.error().details();
  }
  static int stride() {
    const char* set = std::getenv("TENON_CRASH_STRIDE");
    return set == nullptr ? 7 : std::max(1, std::atoi(set));
  }

  /// Exit code, or the signal that ended it.
  int child(int fuse) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(change(fuse));
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  }

  /// Past the tenant, straight at its database, which dies.
  int change(int left) {
    SystemClock clock;
    SystemRandom random;
    BlockingPool pool({.threads = 4});
    storage::Options options;
    options.format = kFormat;
    Result<std::unique_ptr<storage::Database>> opened;
    if (database_.empty()) {
      opened = storage::open_sqlite(directory_.path() + "/tenants/acme.db",
                                    storage::Missing::refuse, pool, options);
    } else {
      auto server = storage::make_postgres_pool({.url = database_}, random);
      if (!server) return 2;
      opened = storage::open_postgres(*server, "acme", storage::Missing::refuse, pool, options);
    }
    if (!opened) return 2;
    Fuse fuse{.left = left};
    FusedDatabase database(std::move(*opened), fuse, Fault::none);
    Migrator migrator(database, clock);
    if (GetParam() == Change::take_back)
      return run(migrator.undo("shop", Consent::none, soon())) ? 0 : 3;
    const auto done =
        run(migrator.apply(shop(GetParam() == Change::add ? 2 : 3), Consent::none, {}, soon()));
    return done ? 0 : 4;
  }

  /// What the next process finds, which finishes what this one left.
  std::string look() {
    Here here(directory_.path());
    auto tenant = here.tenants.open("acme");
    if (!tenant) return tenant.error().for_log();
    return state(**tenant);
  }
  void go_back() {
    Here here(directory_.path());
    auto tenant = here.tenants.open("acme");
    ASSERT_TRUE(tenant) << tenant.error().for_log();
    if (GetParam() == Change::take_back)
      install(**tenant, shop(3));
    else
      ASSERT_TRUE(run((*tenant)->undo("shop", Consent::none, soon())));
  }

  static std::string state(Tenant& tenant) {
    auto reader = tenant.database().reader();
    auto& session = reader->session();
    const bool sqlite = session.dialect() == storage::Dialect::sqlite;
    std::string text;
    const auto collect = [&](const std::string& sql) {
      const auto done = session.query(sql, {}, [&](const storage::Row& row) {
        for (int i = 0; i < row.width(); ++i)
          text += (row.is_null(i)        ? "-"
                   : row.text(i).empty() ? std::to_string(row.integer(i))
                                         : std::string(row.text(i))) +
                  "|";
        text += "\n";
        return storage::Visit::more;
      });
      if (!done) text += done.error().for_log();
    };
    const auto tables = dump_tables(session);
    for (const auto& [name, dump] : *tables) {
      text += name + dump;
      // What the way through a version leaves of its columns in their order is no part of it.
      std::vector<std::string> columns;
      const auto bare = name.substr(1, name.size() - 2);
      (void)session.query(
          sqlite
              ? fmt::format(
                    "SELECT name FROM pragma_table_info('{}') WHERE name <> 'rid' ORDER BY name",
                    bare)
              : fmt::format(
                    "SELECT CAST(attname AS TEXT) FROM pg_attribute WHERE attrelid = "
                    "CAST('{}' AS regclass) AND attnum > 0 AND NOT attisdropped ORDER BY attname",
                    bare),
          {}, [&](const storage::Row& row) {
            columns.push_back("\"" + std::string(row.text(0)) + "\"");
            return storage::Visit::more;
          });
      collect(fmt::format("SELECT {} FROM {} ORDER BY id", fmt::join(columns, ", "), name));
    }
    collect("SELECT id, version FROM plugin ORDER BY id");
    collect("SELECT plugin, name, definition FROM entity ORDER BY plugin, name");
    collect("SELECT name, fingerprint FROM table_shape ORDER BY name");
    collect("SELECT name, period, next FROM number_sequence ORDER BY name, period");
    return text;
  }

  tenon::testing::ScratchDirectory directory_;
  std::string database_, before_, after_;
};

TEST_P(DeriveCrash, leaves_before_or_after_wherever_the_process_is_killed) {
  int boundaries = 0;
  int kills = 0;
  for (int n = 0;; n += stride()) {
    const int status = child(n);
    boundaries = n;
    const auto found = look();
    if (found == before_) {
      ASSERT_EQ(status, SIGKILL);
    } else {
      ASSERT_EQ(found, after_) << "boundary " << n;
      go_back();
      ASSERT_EQ(look(), before_) << "boundary " << n << ", taken back";
    }
    if (status == 0) break;
    ASSERT_EQ(status, SIGKILL) << "boundary " << n;
    ++kills;
  }
  EXPECT_GE(boundaries, 10);
  if (GetParam() != Change::take_back) {
    ASSERT_EQ(child(-1), 0);
    Here here(directory_.path());
    auto tenant = here.tenants.open("acme");
    ASSERT_TRUE(tenant) << tenant.error().for_log();
    auto reader = (*tenant)->database().reader();
    EXPECT_THAT(testing::Recount(reader->session(), GetParam() == Change::add ? 2 : 3).run(),
                ::testing::IsEmpty());
  }
  fmt::print(
      "{{\"name\":\"derive_crash\",\"rows\":{},\"boundaries\":{},\"stride\":{},\"kills\":{}}}\n",
      kOrders + kLines, boundaries, stride(), kills);
}

INSTANTIATE_TEST_SUITE_P(Changes, DeriveCrash,
                         ::testing::Values(Change::add, Change::alter, Change::take_back),
                         [](const auto& info) {
                           return info.param == Change::add     ? "add"
                                  : info.param == Change::alter ? "alter"
                                                                : "take_back";
                         });

}  // namespace
}  // namespace tenon::data
