#include "data/act.h"

#include <latch>
#include <thread>

#include "async/timer.h"
#include "data/test_fixture.h"

namespace tenon::data {
namespace {

using tenon::testing::on_postgres;
using tenon::testing::run;

class ActTest : public testing::TenantTest {
 protected:
  [[nodiscard]] UnitOfWork unit() { return tenant_->unit({}, {.plugin = "crm"}); }
};

Task<std::thread::id> thread_of_a_step(UnitOfWork* unit) {
  TENON_CO_TRY(co_await unit->acquire(testing::soon()));
  co_return TENON_CO_ACT(*unit, Result<std::thread::id>(std::this_thread::get_id()));
}

TEST_F(ActTest, a_step_runs_here_on_a_file_and_elsewhere_on_a_server) {
  auto work = unit();
  const auto where = run(thread_of_a_step(&work));
  ASSERT_TRUE(where) << where.error().for_log();
  EXPECT_EQ(*where != std::this_thread::get_id(), on_postgres());
  EXPECT_EQ(tenant_->waits(), on_postgres());
}

Task<std::thread::id> thread_of_a_task(Tenant* tenant) {
  struct Here {
    static Task<std::thread::id> run() { co_return std::this_thread::get_id(); }
  };
  co_return TENON_CO_ACT_TASK(*tenant, Here::run());
}

TEST_F(ActTest, a_task_is_driven_elsewhere_on_a_server) {
  const auto where = run(thread_of_a_task(tenant_.get()));
  ASSERT_TRUE(where);
  EXPECT_EQ(*where != std::this_thread::get_id(), on_postgres());
}

Task<> insert_step_by_step(UnitOfWork* unit, const EntityInfo* entity) {
  TENON_CO_TRY(co_await unit->acquire(testing::soon()));
  const json::object fields{{"name", "one"}};
  TENON_CO_ASSIGN(made, TENON_CO_ACT(*unit, unit->insert(*entity, fields)));
  TENON_CO_ASSIGN(found, TENON_CO_ACT(*unit, unit->get(*entity, made.id)));
  TENON_ASSERT(found.json == made.json);
  co_return co_await unit->commit();
}

TEST_F(ActTest, a_unit_goes_from_thread_to_thread) {
  auto work = unit();
  const auto done = run(insert_step_by_step(&work, &entity("company")));
  ASSERT_TRUE(done) << done.error().for_log();
  EXPECT_EQ(list("company", "")->rows, 1U);
}

Task<int> read(Tenant* tenant) {
  co_return co_await aside(*tenant, [] { return Result<int>(1); });
}

TEST_F(ActTest, a_tenant_has_so_many_reads_at_once_and_the_others_wait_a_second) {
  std::vector<Permit> out;
  for (int i = 0; i < 8; ++i) out.push_back(*run(tenant_->turn()));
  const auto refused = run(read(tenant_.get()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(refused.error().reason(), "storage.readers");
  out.pop_back();
  EXPECT_TRUE(run(read(tenant_.get())));
}

class FullPoolTest : public ::testing::Test {
 protected:
  void SetUp() override { TENON_NEEDS_POSTGRES(); }
  tenon::testing::ScratchDirectory directory_;
  BlockingPool pool_{{.threads = 1}};
  BlockingPool servers_{{.threads = 1, .queue = 1, .name = "postgres"}};
  SystemClock clock_;
  SystemRandom random_;
  Tenants tenants_{directory_.path(),
                   pool_,
                   clock_,
                   random_,
                   {.storage = {}, .files = {}, .servers = &servers_, .native = {}}};
};

TEST_F(FullPoolTest, a_pool_that_is_full_refuses_and_the_unit_goes_on_afterwards) {
  const auto tenant =
      tenants_.create("acme", tenon::testing::PrivatePostgres::shared()->fresh_database());
  ASSERT_TRUE(tenant) << tenant.error().for_log();
  ASSERT_TRUE(run((*tenant)->install(testing::crm(), testing::soon())));
  const auto catalog = (*tenant)->catalog();
  auto unit = (*tenant)->unit({}, {.plugin = "crm"});
  std::latch busy(1);
  std::latch release(1);
  ASSERT_TRUE(servers_.post([&] {
    busy.count_down();
    release.wait();
  }));
  busy.wait();
  std::latch drained(1);
  ASSERT_TRUE(servers_.post([&] { drained.count_down(); }));
  const auto* company = catalog->find("crm", "company");
  const auto refused = run(insert_step_by_step(&unit, company));
  release.count_down();
  drained.wait();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(refused.error().reason(), "pool.full");
  const auto done = run(insert_step_by_step(&unit, company));
  EXPECT_TRUE(done) << done.error().for_log();
}

}  // namespace
}  // namespace tenon::data
