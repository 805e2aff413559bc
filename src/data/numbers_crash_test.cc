// Numbers after kill -9: none twice, and no gap among the gapless ones.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>

#include "data/sales_fixture.h"

namespace tenon::data {
namespace {

constexpr int kRounds = 8;

asio::awaitable<void> number_for_ever(std::shared_ptr<Tenant> tenant) {
  for (;;) {
    auto done = co_await run_unit(
        tenant, Viewer{}, Origin{.plugin = "shop"}, testing::soon(), [](UnitOfWork& unit) {
          return unit.insert(*unit.catalog().find("shop", "order"), json::object{});
        });
    if (!done) ::_exit(1);
  }
}

[[noreturn]] void child(const std::string& directory, int pipe) {
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool({.threads = 1});
  Tenants tenants(directory, pool, clock, random);
  auto tenant = tenants.open("acme");
  if (!tenant || ::write(pipe, "r", 1) != 1) ::_exit(1);
  asio::io_context context;
  for (int i = 0; i < 16; ++i)
    asio::co_spawn(context, number_for_ever(*tenant), [](std::exception_ptr) { ::_exit(1); });
  context.run();
  ::_exit(1);
}

TEST(NumbersCrash, gives_no_number_twice_and_leaves_none_out_after_kill_9) {
  if (tenon::testing::on_postgres()) GTEST_SKIP() << "a matter of SQLite files";
  tenon::testing::ScratchDirectory directory;
  SystemClock clock;
  SystemRandom random;
  const auto with_tenants = [&](auto work) {
    BlockingPool pool({.threads = 1});
    Tenants tenants(directory.path(), pool, clock, random);
    work(tenants);
    tenants.close();
    pool.stop();
  };
  with_tenants([](Tenants& tenants) {
    auto package = testing::crm({testing::order(), testing::line()});
    package.id = "shop";
    auto made = tenants.create("acme");
    ASSERT_TRUE(made);
    ASSERT_TRUE(tenon::testing::run((*made)->install(package, testing::soon())));
  });
  for (int round = 0; round < kRounds; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto pid = ::fork();  // no thread and no database is open here
    ASSERT_GE(pid, 0);
    if (pid == 0) child(directory.path(), ends[1]);
    ::close(ends[1]);
    char ready = 0;
    ASSERT_EQ(::read(ends[0], &ready, 1), 1);
    ::usleep(static_cast<useconds_t>(20'000 + random.next() % 60'000));
    ::kill(pid, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ::close(ends[0]);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
  }
  with_tenants([](Tenants& tenants) {
    const auto tenant = *tenants.open("acme");
    const auto table = tenant->catalog()->find("shop", "order")->table();
    auto reader = tenant->database().reader();
    const auto number = [&](const std::string& sql) {
      std::int64_t found = -1;
      EXPECT_TRUE(reader->session().query(sql, {}, [&](const storage::Row& row) {
        found = row.integer(0);
        return storage::Visit::more;
      }));
      return found;
    };
    const auto rows = number("SELECT count(*) FROM " + table);
    EXPECT_GT(rows, kRounds);
    EXPECT_EQ(number("SELECT count(DISTINCT \"f_number\") FROM " + table), rows);
    EXPECT_EQ(number("SELECT count(DISTINCT \"f_ticket\") FROM " + table), rows);
    EXPECT_EQ(number("SELECT next FROM number_sequence WHERE name = 'shop.order.number'"),
              rows + 1);
    EXPECT_EQ(number("SELECT count(*) FROM audit WHERE action = 'created'"), rows);
    EXPECT_EQ(tenant->verify_audit()->fault, "");
  });
}

}  // namespace
}  // namespace tenon::data
