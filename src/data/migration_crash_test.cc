// Schema changes and kill -9: a child installs, upgrades or undoes and is killed at the n-th
// boundary (before every statement, before and after every commit), for each n until it comes
// through. Whoever opens the tenant next finds the state before or finishes to the state after,
// never one between. TENON_CRASH_STRIDE=1 takes every boundary; the short form takes some.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "data/fused_database.h"
#include "data/migrator.h"
#include "data/system.h"
#include "data/test_fixture.h"

namespace tenon::data {
namespace {

using tenon::testing::run;
using testing::field;

using testing::Fault;
using testing::Fuse;
using testing::FusedDatabase;

Package version(int number) {
  auto name = field("name", FieldType::string);
  name.filterable = true;
  Entity part{.plugin = "lab", .name = "part"};
  Entity owner{.plugin = "lab", .name = "maker"};
  owner.fields = {name};
  auto maker = field("maker", FieldType::reference);
  maker.ref_entity = "maker";
  maker.on_delete = OnDelete::cascade;
  auto weight = field("weight", FieldType::integer);
  auto code = field("code", FieldType::string);
  part.fields = {name, maker, weight, code};
  if (number == 2) {
    part.fields[0].name = "title";
    part.fields[0].renamed_from = "name";
    part.fields[0].searchable = true;
    part.fields[2].type = FieldType::decimal;
    part.fields.pop_back();
    auto size = field("size", FieldType::integer);
    size.sortable = true;
    part.fields.push_back(size);
    auto color = field("color", FieldType::string);
    color.required = true;
    color.default_value = "\"red\"";
    part.fields.push_back(color);
    owner.fields[0].required = true;  // rebuilds the table that others refer to
    Entity box{.plugin = "lab", .name = "box"};
    box.fields = {maker};
    return {"lab", "2.0.0", "m", "c2", "02", {part, owner, box}};
  }
  return {"lab", "1.0.0", "m", "c1", "01", {part, owner}};
}

enum class Change : std::uint8_t { install, upgrade, undo };

class Sweep {
 public:
  /// The tenant as it is before the change, and how it is after.
  explicit Sweep(Change change) : change_(change) {
    with(origin_.path(), storage::Missing::create, [&](Tenant& tenant) {
      if (change != Change::install) {
        ASSERT_TRUE(run(tenant.install(version(1), testing::soon())));
        fill(tenant);
      }
      before_ = state(tenant);
      if (change == Change::undo)
        ASSERT_TRUE(run(tenant.upgrade(version(2), Consent::destructive, {}, testing::soon())));
      if (change == Change::undo) before_ = state(tenant);
    });
    tenon::testing::ScratchDirectory scratch;
    copy(scratch.path());
    EXPECT_EQ(child(scratch.path(), -1, Fault::none), 0);
    with(scratch.path(), storage::Missing::refuse, [&](Tenant& tenant) { after_ = state(tenant); });
    EXPECT_NE(before_, after_);
  }

  /// Boundaries at which the next process found something between; `total` is how many there are.
  std::vector<int> run_all(int stride, Fault fault, int& total) {
    std::vector<int> wrong;
    for (int n = 0;; n += stride) {
      tenon::testing::ScratchDirectory scratch;
      copy(scratch.path());
      const int status = child(scratch.path(), n, fault);
      if (status == 0) {
        total = n;
        return wrong;
      }
      EXPECT_EQ(status, SIGKILL);
      if (!whole(scratch.path())) wrong.push_back(n);
    }
  }

 private:
  static void fill(Tenant& tenant) {
    auto shared = tenant.shared_from_this();
    const auto made = run(
        run_unit(shared, {}, {.plugin = "lab"}, testing::soon(), [&](UnitOfWork& unit) -> Result<> {
          const auto& catalog = unit.catalog();
          TENON_ASSIGN(maker, unit.insert(*catalog.find("lab", "maker"), {{"name", "M"}}));
          for (int i = 0; i < 20; ++i)
            TENON_TRY(unit.insert(*catalog.find("lab", "part"), {{"name", fmt::format("P{}", i)},
                                                                 {"maker", maker.id.to_string()},
                                                                 {"weight", i},
                                                                 {"code", "c"}}));
          return {};
        }));
    ASSERT_TRUE(made) << made.error().for_log();
  }

  template <class Work>
  static void with(const std::string& directory, storage::Missing missing, Work work) {
    SystemClock clock;
    SystemRandom random;
    BlockingPool pool({.threads = 1});
    {
      Tenants tenants(directory, pool, clock, random);
      auto tenant =
          missing == storage::Missing::create ? tenants.create("acme") : tenants.open("acme");
      if (tenant)
        work(**tenant);
      else
        ADD_FAILURE() << tenant.error().for_log();
    }
    pool.stop();
  }

  void copy(const std::string& to) const {
    std::filesystem::copy(origin_.path(), to,
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::overwrite_existing);
  }

  /// Exit code, or the signal that ended it.
  int child(const std::string& directory, int fuse, Fault fault) {
    const pid_t pid = ::fork();  // no thread and no database is open here
    if (pid == 0) ::_exit(change_in(directory, fuse, fault));
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  }

  int change_in(const std::string& directory, int left, Fault fault) {
    SystemClock clock;
    BlockingPool pool({.threads = 1});
    storage::Options options;
    options.format = kFormat;
    auto opened = storage::open_sqlite(directory + "/tenants/acme.db", storage::Missing::refuse,
                                       pool, options);
    if (!opened) return 2;
    Fuse fuse{.left = left};
    FusedDatabase database(std::move(*opened), fuse, fault);
    Migrator migrator(database, clock);
    if (change_ == Change::undo)
      return run(migrator.undo("lab", Consent::destructive, testing::soon())) ? 0 : 3;
    const auto done = run(migrator.apply(version(change_ == Change::install ? 1 : 2),
                                         Consent::destructive, {}, testing::soon()));
    return done ? 0 : 4;
  }

  bool whole(const std::string& directory) const {
    SystemClock clock;
    SystemRandom random;
    BlockingPool pool({.threads = 1});
    bool good = false;
    {
      Tenants tenants(directory, pool, clock, random);
      if (auto tenant = tenants.open("acme")) {
        const auto found = state(**tenant);
        good = found == before_ || found == after_;
      }
    }
    pool.stop();
    return good;
  }

  static std::string state(Tenant& tenant) {
    auto reader = tenant.database().reader();
    auto& session = reader->session();
    std::string text;
    const auto collect = [&](const std::string& sql) {
      const auto done = session.query(sql, {}, [&](const storage::Row& row) {
        for (int i = 0; i < row.width(); ++i) text += std::string(row.text(i)) + "|";
        text += "\n";
        return storage::Visit::more;
      });
      if (!done) text += done.error().for_log();
    };
    const auto tables = dump_tables(session);
    for (const auto& [name, dump] : *tables) {
      text += name + dump;
      collect(fmt::format("SELECT * FROM {} ORDER BY id", name));
    }
    collect("SELECT id, version, sha256, component FROM plugin ORDER BY id");
    collect("SELECT plugin, name, definition FROM entity ORDER BY plugin, name");
    collect("SELECT name, shape, fingerprint FROM table_shape ORDER BY name");
    collect("SELECT * FROM pragma_foreign_key_check");
    return text;
  }

  Change change_;
  tenon::testing::ScratchDirectory origin_;
  std::string before_, after_;
};

int stride() {
  const char* set = std::getenv("TENON_CRASH_STRIDE");
  return set == nullptr ? 5 : std::max(1, std::atoi(set));
}

class MigrationCrash : public ::testing::TestWithParam<Change> {};

TEST_P(MigrationCrash, leaves_before_or_after_wherever_the_process_is_killed) {
  int total = 0;
  const auto wrong = Sweep(GetParam()).run_all(stride(), Fault::none, total);
  EXPECT_TRUE(wrong.empty()) << wrong.size() << " boundaries, the first is " << wrong.front();
  EXPECT_GT(total, 10);
  fmt::print("{{\"name\":\"migration_crash\",\"boundaries\":{},\"stride\":{},\"wrong\":{}}}\n",
             total, stride(), wrong.size());
}

INSTANTIATE_TEST_SUITE_P(Changes, MigrationCrash,
                         ::testing::Values(Change::install, Change::upgrade, Change::undo),
                         [](const auto& info) {
                           return info.param == Change::install   ? "install"
                                  : info.param == Change::upgrade ? "upgrade"
                                                                  : "undo";
                         });

TEST(MigrationCrashHarness, catches_a_step_that_is_recorded_outside_its_transaction) {
  int total = 0;
  const auto wrong = Sweep(Change::upgrade).run_all(1, Fault::step_recorded_outside, total);
  EXPECT_FALSE(wrong.empty()) << "the planted fault was not seen";
}

}  // namespace
}  // namespace tenon::data
