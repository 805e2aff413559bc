// Moves between a file and PostgreSQL, and drops: nothing is lost, and whatever kills the process,
// the tenant is at exactly one place.
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "data/audit.h"
#include "data/durably.h"
#include "data/migration.h"
#include "data/transfer/gate.h"
#include "data/transfer/transfer_fixture.h"

namespace tenon::data {
namespace {

using testing::soon;

class MoveTest : public testing::TransferTest {
 protected:
  void reopen() {
    tenant_.reset();
    catalog_.reset();
    tenants_.close();
    auto opened = tenants_.open("acme");
    ASSERT_TRUE(opened) << opened.error().for_log();
    tenant_ = *opened;
    catalog_ = tenant_->catalog();
  }
  static Result<Record> customer_in(const std::shared_ptr<Tenant>& tenant) {
    return tenon::testing::run(
        run_unit(tenant, Viewer{}, Origin{.plugin = "crm"}, soon(), [&](UnitOfWork& unit) {
          return unit.insert(*unit.catalog().find("crm", "customer"), json::object{{"name", "a"}});
        }));
  }
  /// Rows of the audit that PostgreSQL left unsealed are others once they are sealed.
  void seal() {
    ASSERT_TRUE(
        tenon::testing::run(run_durably(tenant_->database(), soon(), [](storage::Session& session) {
          return seal_audit(session, 10'000);
        })));
  }
  Result<std::uint64_t> move_to(const std::string& database) {
    tenant_.reset();
    return operations().move("acme", database);
  }
};

#define TENON_NEEDS_OTHER(name)       \
  const auto name = other_database(); \
  if (name.empty()) GTEST_SKIP() << "no PostgreSQL on this machine"

TEST_F(MoveTest, goes_to_postgresql_and_back_without_losing_anything) {
  TENON_NEEDS_OTHER(other);
  fill();
  seal();
  const auto before = hashes_of(*tenant_);
  for (const auto& to : {other, std::string(), other, other_database(), std::string()}) {
    const auto moved = move_to(to);
    ASSERT_TRUE(moved) << to << ": " << moved.error().for_log();
    reopen();
    EXPECT_EQ(tenant_->database().dialect(),
              to.empty() ? storage::Dialect::sqlite : storage::Dialect::postgres);
    EXPECT_EQ(first_difference(before, hashes_of(*tenant_)), "") << to;
    expect_files("acme");
    EXPECT_EQ(names("fts=客户"), "Zoë 客户");
  }
  expect_to_go_on(tenant_);
  ASSERT_TRUE(move_to(other));
  reopen();
  expect_to_go_on(tenant_);
  EXPECT_EQ(drifted(), 0);
}

TEST_F(MoveTest, upgrades_what_has_moved_but_undoes_nothing_of_before) {
  TENON_NEEDS_OTHER(other);
  fill();
  const bool file = database_.empty();
  ASSERT_TRUE(move_to(file ? other : std::string()));
  reopen();
  const auto undone =
      tenon::testing::run(tenant_->undo("shop", Consent::destructive, testing::soon()));
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().reason(), "schema.no_migration");
  auto wider = testing::order();
  auto added = testing::field("place", FieldType::string);
  added.filterable = true;
  wider.fields.push_back(added);
  auto package = testing::crm({wider, testing::line()});
  package.id = "shop";
  package.version = "2.0.0";
  const auto upgraded = tenon::testing::run(tenant_->install(package, soon()));
  ASSERT_TRUE(upgraded) << upgraded.error().for_log();
  catalog_ = tenant_->catalog();
  ASSERT_TRUE(put("order", {{"place", "x"}}));
  seal();
  const auto before = hashes_of(*tenant_);
  ASSERT_TRUE(move_to(file ? std::string() : other));
  reopen();
  EXPECT_EQ(first_difference(before, hashes_of(*tenant_)), "");
  expect_to_go_on(tenant_);
}

TEST_F(MoveTest, restores_into_postgresql) {
  TENON_NEEDS_OTHER(other);
  fill();
  const auto archive = directory_ / "acme.tenant";
  const auto made = operations().backup("acme", archive);
  ASSERT_TRUE(made) << made.error().for_log();
  const auto restored = operations().restore(archive, "copy", other);
  ASSERT_TRUE(restored) << restored.error().for_log();
  auto copy = tenants_.open("copy");
  ASSERT_TRUE(copy) << copy.error().for_log();
  EXPECT_EQ(first_difference(made->tables, hashes_of(**copy)), "");
  const auto listed = operations().list();
  ASSERT_TRUE(listed) << listed.error().for_log();
  ASSERT_EQ(listed->size(), 2U);
  EXPECT_EQ((*listed)[1].name, "copy");
  EXPECT_EQ((*listed)[1].place, other);
  EXPECT_GT((*listed)[1].bytes, 0U);
  EXPECT_GT((*listed)[1].file_bytes, large_content_.size());
  expect_files("copy");
  expect_to_go_on(*copy);
}

TEST_F(MoveTest, refuses_writes_while_a_tenant_is_held_and_takes_them_afterwards) {
  ASSERT_TRUE(put("order", {{"code", "A"}}));
  {
    auto hold = tenants_.hold("acme", soon());
    ASSERT_TRUE(hold) << hold.error().for_log();
    EXPECT_EQ(put("order", {{"code", "B"}}).error().reason(), "tenant.moving");
    EXPECT_EQ(put("order", {{"code", "B"}}).error().code(), ErrorCode::unavailable);
    EXPECT_EQ(tenants_.open("acme").error().reason(), "tenant.moving");
    EXPECT_EQ(tenants_.hold("acme", soon()).error().reason(), "tenant.moving");
    EXPECT_EQ(number("SELECT count(*) FROM " + of("order").table()), 1) << "reads go on";
  }
  EXPECT_TRUE(put("order", {{"code", "B"}}));
  {
    auto lease = tenon::testing::run(tenant_->database().lease(soon()));
    const auto hold = tenants_.hold("acme", Deadline::after(std::chrono::milliseconds(50)));
    EXPECT_EQ(hold.error().reason(), "tenant.busy") << "a write is under way";
  }
  EXPECT_TRUE(put("order", {{"code", "C"}}));
  EXPECT_TRUE(tenants_.hold("acme", soon()));
}

TEST_F(MoveTest, loses_no_acknowledged_write_of_those_who_write_meanwhile) {
  TENON_NEEDS_OTHER(other);
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::atomic<int> turned_away = 0;
  std::vector<std::jthread> writers;
  for (int i = 0; i < 2; ++i)
    writers.emplace_back([&] {
      auto mine = tenant_;
      while (!stop) {
        if (customer_in(mine)) {
          ++written;
          continue;
        }
        ++turned_away;
        for (mine.reset(); mine == nullptr && !stop;) {
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
          if (auto opened = tenants_.open("acme")) mine = *opened;
        }
      }
    });
  while (written < 20) std::this_thread::yield();
  tenant_.reset();
  const auto moved = operations().move("acme", other);
  EXPECT_TRUE(moved) << moved.error().for_log();
  const int then = written;
  while (written < then + 20 && moved) std::this_thread::yield();
  stop = true;
  writers.clear();
  EXPECT_GT(turned_away, 0);
  reopen();
  EXPECT_EQ(number("SELECT count(*) FROM " + entity("customer").table()), written);
}

/// Another process, as the database's server sees it.
struct Elsewhere {
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool{{.threads = 2}};
  Tenants tenants;
  explicit Elsewhere(const std::string& directory) : tenants(directory, pool, clock, random) {}
};

TEST_F(MoveTest, refuses_to_move_or_drop_what_another_process_has_open) {
  if (database_.empty()) GTEST_SKIP() << "a file has a lock of its own";
  ASSERT_TRUE(put("order", {{"code", "A"}}));
  Elsewhere other(directory_.path());
  {
    const auto served = other.tenants.open("acme");
    ASSERT_TRUE(served) << served.error().for_log();
    for (const auto& refused :
         {move_to(std::string()).error(), operations().drop("acme").error()}) {
      EXPECT_EQ(refused.reason(), "tenant.in_use");
      EXPECT_EQ(refused.code(), ErrorCode::unavailable);
      EXPECT_NE(refused.message().find(fmt::format("process {} on", ::getpid())), std::string::npos)
          << refused.message();
    }
    EXPECT_TRUE(customer_in(*served)) << "refused, it goes on there";
    reopen();
    EXPECT_TRUE(put("order", {{"code", "B"}})) << "and here";
    tenant_.reset();
    auto hold = tenants_.hold("acme", soon());
    EXPECT_EQ(hold.error().reason(), "tenant.in_use");
  }
  other.tenants.close();
  {
    auto hold = tenants_.hold("acme", soon());
    ASSERT_TRUE(hold) << hold.error().for_log();
    const auto shut = other.tenants.open("acme");
    ASSERT_FALSE(shut);
    EXPECT_EQ(shut.error().reason(), "tenant.moving");
  }
  const auto again = other.tenants.open("acme");
  EXPECT_TRUE(again) << again.error().for_log();
}

TEST_F(MoveTest, drops_a_tenant_with_its_files_into_the_trash_and_purges_it) {
  fill();
  auto busy = operations().drop("acme");
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().reason(), "tenant.in_use");
  EXPECT_TRUE(put("order", {{"code", "still"}})) << "refused, it goes on";
  tenant_.reset();
  auto dropped = operations().drop("acme");
  ASSERT_TRUE(dropped) << dropped.error().for_log();
  EXPECT_EQ(tenants_.open("acme").error().code(), ErrorCode::not_found);
  EXPECT_EQ(operations().drop("acme").error().code(), ErrorCode::not_found);
  const auto entry = database_.empty() ? "tenant.db" : "tenant.postgres";
  EXPECT_EQ(trash(), (std::vector<std::string>{"files", entry}));
  if (!database_.empty()) {
    const auto early = tenants_.create("acme", database_);
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().reason(), "tenant.in_trash");
    EXPECT_NE(early.error().message().find("tenon tenant purge acme --data " + directory_.path()),
              std::string::npos)
        << early.error().message();
  }
  EXPECT_EQ(*operations().purge("other"), 0U);
  EXPECT_EQ(*operations().purge("acme"), 1U);
  EXPECT_TRUE(trash().empty());
  auto again = tenants_.create("acme", database_);
  ASSERT_TRUE(again) << again.error().for_log();
  EXPECT_TRUE((*again)->catalog()->entities().empty()) << "nothing of the old one is left";
}

/// Runs `work(operations)` in a process that kills itself at its step number `at`. Gives whether it
/// came that far.
template <class Work>
bool killed_at(const std::string& directory, int at, Work work) {
  const auto pid = ::fork();  // no thread and no database is open here
  if (pid == 0) {
    SystemClock clock;
    SystemRandom random;
    BlockingPool pool({.threads = 1});
    Tenants tenants(directory, pool, clock, random);
    int seen = 0;
    TenantOperations operations(tenants, directory, pool, clock, random, [&](std::string_view) {
      if (seen++ == at) ::raise(SIGKILL);
    });
    ::_exit(work(operations) ? 0 : 3);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  if (WIFSIGNALED(status)) return true;
  EXPECT_EQ(WEXITSTATUS(status), 0);
  return false;
}

struct Here {
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool{{.threads = 2}};
  Tenants tenants;
  TenantOperations operations;
  explicit Here(const std::string& directory)
      : tenants(directory, pool, clock, random),
        operations(tenants, directory, pool, clock, random) {}
};

TableHashes hashes_at(const std::string& directory, const std::string& name) {
  Here here(directory);
  auto tenant = here.tenants.open(name);
  EXPECT_TRUE(tenant) << tenant.error().for_log();
  if (!tenant) return {};
  auto reader = (*tenant)->database().reader();
  EXPECT_TRUE(reader->snapshot(storage::Seen::one_state));
  return *hash_tables(reader->session(), *(*tenant)->catalog());
}

void make_tenant(const std::string& directory) {
  Here here(directory);
  auto tenant = here.tenants.create("acme");
  ASSERT_TRUE(tenant) << tenant.error().for_log();
  auto package = testing::crm({testing::order(), testing::line()});
  package.id = "shop";
  ASSERT_TRUE(tenon::testing::run((*tenant)->install(package, soon())));
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(tenon::testing::run(
        run_unit(*tenant, Viewer{}, Origin{.plugin = "shop"}, soon(), [&](UnitOfWork& unit) {
          return unit.insert(*unit.catalog().find("shop", "order"), json::object{});
        })));
}

TEST(MoveCrash, leaves_a_tenant_at_exactly_one_place_whatever_step_dies) {
  auto* server = tenon::testing::PrivatePostgres::shared();
  if (server == nullptr) GTEST_SKIP() << "no PostgreSQL on this machine";
  const tenon::testing::ScratchDirectory directory;
  const auto database = server->fresh_database();
  make_tenant(directory.path());
  const auto before = hashes_at(directory.path(), "acme");
  int kills = 0;
  for (const auto& to : {database, std::string(), database, std::string()}) {
    bool killed = true;
    for (int at = 0; killed; ++at) {
      ASSERT_LT(at, 20);
      killed = killed_at(directory.path(), at, [&](TenantOperations& operations) {
        auto moved = operations.move("acme", to);
        // The step that died may have been behind the one that moves it.
        return moved || moved.error().reason() == "tenant.there";
      });
      kills += killed ? 1 : 0;
      EXPECT_EQ(first_difference(before, hashes_at(directory.path(), "acme")), "")
          << to << " step " << at;
      Here here(directory.path());
      const auto names = here.tenants.list();
      EXPECT_EQ(names->size(), 1U);
    }
    Here here(directory.path());
    const auto listed = here.operations.list();
    ASSERT_TRUE(listed) << listed.error().for_log();
    EXPECT_EQ(listed->front().place, to.empty() ? "file" : to);
  }
  EXPECT_GT(kills, 12);
  Here here(directory.path());
  const auto purged = here.operations.purge("acme");
  ASSERT_TRUE(purged) << purged.error().for_log();
  EXPECT_GE(*purged, 4U);
  EXPECT_EQ(first_difference(before, hashes_at(directory.path(), "acme")), "")
      << "a purge takes nothing of a living tenant";
}

TEST(MoveCrash, leaves_nothing_or_all_of_a_restore_and_of_a_drop) {
  const tenon::testing::ScratchDirectory directory;
  make_tenant(directory.path());
  const auto before = hashes_at(directory.path(), "acme");
  const auto archive = directory / "acme.tenant";
  bool killed = true;
  for (int at = 0; killed; ++at) {
    std::filesystem::remove(archive);
    killed = killed_at(directory.path(), at, [&](TenantOperations& operations) {
      return operations.backup("acme", archive).has_value();
    });
    EXPECT_TRUE(!std::filesystem::exists(archive) || verify_archive(archive)) << at;
  }
  ASSERT_TRUE(verify_archive(archive));
  killed = true;
  int restored = 0;
  for (int at = 0; killed; ++at) {
    killed = killed_at(directory.path(), at, [&](TenantOperations& operations) {
      auto done = operations.restore(archive, "copy", {});
      return done || done.error().reason() == "tenant.exists";
    });
    Here here(directory.path());
    if (here.tenants.list()->size() == 1) continue;
    ++restored;
    here.tenants.close();
    here.pool.stop();
    EXPECT_EQ(first_difference(before, hashes_at(directory.path(), "copy")), "") << at;
  }
  EXPECT_GE(restored, 1);
  killed = true;
  for (int at = 0; killed; ++at) {
    killed = killed_at(directory.path(), at, [&](TenantOperations& operations) {
      auto done = operations.drop("copy");
      return done || done.error().code() == ErrorCode::not_found;
    });
    Here here(directory.path());
    if (here.tenants.list()->size() == 2) {
      here.tenants.close();
      here.pool.stop();
      EXPECT_EQ(first_difference(before, hashes_at(directory.path(), "copy")), "") << at;
    }
  }
  EXPECT_EQ(first_difference(before, hashes_at(directory.path(), "acme")), "");
}

}  // namespace
}  // namespace tenon::data
