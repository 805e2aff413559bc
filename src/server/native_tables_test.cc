// Whoever moves or restores a tenant makes the tables of all modules of the program as those made
// them, with their types and indexes, in either database.
#include <gmock/gmock.h>

#include "data/transfer/tenant_operations.h"
#include "server/modules.h"
#include "storage/postgres_scratch.h"
#include "storage/scratch.h"

namespace tenon::server {
namespace {

using ::testing::Contains;
using ::testing::Field;

class NativeTablesTest : public ::testing::Test {
 protected:
  tenon::testing::ScratchDirectory directory_;
  SystemClock clock_;
  SystemRandom random_;
  BlockingPool pool_{{.threads = 4, .queue = 64, .name = "blocking"}};
  data::Tenants tenants_{
      directory_.path(),
      pool_,
      clock_,
      random_,
      {.storage = {}, .files = {}, .servers = nullptr, .native = native_tables()}};
  data::TenantOperations operations_{tenants_, directory_.path(), pool_, clock_, random_};

  /// The first column of the first row.
  std::string told(std::string_view tenant, std::string_view sql) {
    auto opened = tenants_.open(tenant);
    EXPECT_TRUE(opened) << opened.error().for_log();
    auto reader = (*opened)->database().reader();
    EXPECT_TRUE(reader);
    std::string found;
    const auto done = reader->session().query(sql, {}, [&](const storage::Row& row) {
      found = row.text(0);
      return storage::Visit::stop;
    });
    EXPECT_TRUE(done) << done.error().for_log();
    return found;
  }
  static constexpr std::string_view kIndexInFile =
      "SELECT tbl_name FROM sqlite_schema WHERE name = 'job_run_newest'";
};

TEST_F(NativeTablesTest, every_module_of_the_program_that_has_tables_is_named) {
  const auto tables = native_tables();
  const auto named = [&](std::string_view name) {
    EXPECT_THAT(tables, Contains(Field(&data::NativeModule::name, name)));
  };
  named("identity");
  named("modules");
  const PluginOutlook nothing;
  for (const auto& module : native_modules({}, nothing))
    if (!module->migrations().scripts.empty()) named(module->id());
}

TEST_F(NativeTablesTest, a_restored_tenant_has_them_with_their_indexes) {
  ASSERT_TRUE(tenants_.create("acme"));
  const auto archive = directory_ / "acme.tenon";
  const auto made = operations_.backup("acme", archive);
  ASSERT_TRUE(made) << made.error().for_log();
  const auto restored = operations_.restore(archive, "again", {});
  ASSERT_TRUE(restored) << restored.error().for_log();
  EXPECT_EQ(told("again", kIndexInFile), "job_run");
}

TEST_F(NativeTablesTest, a_tenant_that_moves_to_a_server_and_back_has_them_as_they_were_made) {
  TENON_NEEDS_POSTGRES();
  const auto database = tenon::testing::PrivatePostgres::shared()->fresh_database();
  ASSERT_TRUE(tenants_.create("acme"));
  tenants_.close();
  const auto there = operations_.move("acme", database);
  ASSERT_TRUE(there) << there.error().for_log();
  EXPECT_EQ(told("acme",
                 "SELECT CAST(data_type AS TEXT) FROM information_schema.columns WHERE table_name "
                 "= 'job' AND column_name = 'run' AND table_schema = current_schema()"),
            "uuid");
  tenants_.close();
  const auto back = operations_.move("acme", {});
  ASSERT_TRUE(back) << back.error().for_log();
  EXPECT_EQ(told("acme", kIndexInFile), "job_run");
}

}  // namespace
}  // namespace tenon::server
