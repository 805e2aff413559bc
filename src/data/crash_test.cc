// What was acknowledged is there after kill -9: a child writes and tells each acknowledgement
// through a pipe, is killed at some moment, and the file is compared with what was told.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <set>
#include <thread>

#include "data/test_fixture.h"

namespace tenon::data {
namespace {

constexpr int kRounds = 10;

asio::awaitable<void> write_for_ever(std::shared_ptr<Tenant> tenant, int pipe) {
  for (;;) {
    std::string id;
    auto done =
        co_await run_unit(tenant, Viewer{}, Origin{.plugin = "crm"}, testing::soon(),
                          [&](UnitOfWork& unit) -> Result<> {
                            TENON_ASSIGN(info, unit.catalog().entity("crm", "customer"));
                            TENON_ASSIGN(made, unit.insert(*info, json::object{{"name", "a"}}));
                            id = made.id.to_string();
                            return {};
                          });
    if (!done || ::write(pipe, id.data(), id.size()) != static_cast<ssize_t>(id.size())) ::_exit(1);
  }
}

[[noreturn]] void child(const std::string& directory, int pipe) {
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool({.threads = 1});
  Tenants tenants(directory, pool, clock, random);
  auto tenant = tenants.open("acme");
  if (!tenant) ::_exit(1);
  asio::io_context loop;
  for (int i = 0; i < 8; ++i) asio::co_spawn(loop, write_for_ever(*tenant, pipe), asio::detached);
  loop.run();
  ::_exit(1);
}

TEST(Crash, finds_every_acknowledged_row_after_kill) {
  if (tenon::testing::on_postgres()) GTEST_SKIP() << "a matter of SQLite files";
  tenon::testing::ScratchDirectory directory;
  SystemClock clock;
  SystemRandom random;
  const auto with_tenant = [&](auto work) {
    BlockingPool pool({.threads = 1});
    Tenants tenants(directory.path(), pool, clock, random);
    work(tenants);
    tenants.close();
    pool.stop();
  };
  with_tenant([](Tenants& tenants) {
    auto made = tenants.create("acme");
    ASSERT_TRUE(made);
    ASSERT_TRUE(tenon::testing::run((*made)->install(testing::crm(), testing::soon())));
  });

  std::set<std::string> acknowledged;
  for (int round = 0; round < kRounds; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t pid = ::fork();  // no thread and no database is open here
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      ::close(ends[0]);
      child(directory.path(), ends[1]);
    }
    ::close(ends[1]);
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(150 + 17 * round);
    std::string told;
    char buffer[36 * 64];
    bool killed = false;
    for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
      told.append(buffer, static_cast<std::size_t>(got));
      if (!killed && std::chrono::steady_clock::now() >= end) killed = ::kill(pid, SIGKILL) == 0;
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    for (std::size_t i = 0; i + 36 <= told.size(); i += 36) acknowledged.insert(told.substr(i, 36));

    with_tenant([&](Tenants& tenants) {
      auto tenant = tenants.open("acme");
      ASSERT_TRUE(tenant) << tenant.error().for_log();
      ASSERT_TRUE((*tenant)->database().check());
      const auto catalog = (*tenant)->catalog();
      for (const auto& id : acknowledged)
        ASSERT_TRUE((*tenant)->get(*catalog->find("crm", "customer"), *RecordId::parse(id), {}))
            << id;
      std::int64_t rows = 0;
      std::int64_t events = 0;
      auto reader = (*tenant)->database().reader();
      ASSERT_TRUE(reader->session().query(
          "SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM outbox)", {},
          [&](const storage::Row& row) {
            rows = row.integer(0);
            events = row.integer(1);
            return storage::Visit::more;
          }));
      EXPECT_EQ(rows, events) << "row, event and audit row live or die together";
      EXPECT_GE(rows, static_cast<std::int64_t>(acknowledged.size()));
    });
  }
  EXPECT_GT(acknowledged.size(), static_cast<std::size_t>(kRounds));
}

}  // namespace
}  // namespace tenon::data
