// What can only happen where units of work run beside each other: on PostgreSQL.
#include <gtest/gtest.h>

#include <atomic>

#include "data/sales_fixture.h"

namespace tenon::data {
namespace {

using testing::soon;

class SideBySideTest : public testing::SalesTest {
 protected:
  void SetUp() override {
    if (!tenon::testing::on_postgres()) GTEST_SKIP() << "SQLite has one writer";
    SalesTest::SetUp();
  }
};

TEST_F(SideBySideTest, a_key_whose_first_request_is_still_running_is_told_so) {
  const OnceKey key{.user = {}, .route = "POST /x", .key = "k1", .request = sha256("a")};
  auto work = [](Tenant* tenant, const OnceKey* once) -> Task<> {
    auto first = tenant->unit({}, {.plugin = "shop"});
    auto second = tenant->unit({}, {.plugin = "shop"});
    TENON_CO_TRY(co_await first.acquire(soon()));
    TENON_CO_TRY(co_await second.acquire(soon()));
    TENON_CO_ASSIGN(fresh, first.begin_once(*once));
    EXPECT_FALSE(fresh);
    auto again = second.begin_once(*once);
    EXPECT_FALSE(again);
    if (!again) EXPECT_EQ(again.error().reason(), "idempotency.running");
    TENON_CO_TRY(first.finish_once(*once, {.status = 201, .response = "done"}));
    TENON_CO_TRY(co_await first.commit());
    co_return Result<>();
  };
  auto done = tenon::testing::run(work(tenant_.get(), &key));
  ASSERT_TRUE(done) << done.error().for_log();
  auto known = within([&](UnitOfWork& unit) { return unit.begin_once(key); });
  ASSERT_TRUE(known && *known);
  EXPECT_EQ((*known)->response, "done");
}

asio::awaitable<void> place_orders(std::shared_ptr<Tenant> tenant, int count,
                                   std::atomic<int>* done) {
  for (int i = 0; i < count; ++i) {
    auto made =
        co_await run_unit(tenant, Viewer{}, Origin{.plugin = "shop"}, soon(), [](UnitOfWork& unit) {
          return unit.insert(*unit.catalog().find("shop", "order"), json::object{});
        });
    EXPECT_TRUE(made) << made.error().for_log();
    if (made) ++*done;
  }
}

asio::awaitable<void> keep_sealing(std::shared_ptr<Tenant> tenant, const std::atomic<int>* done,
                                   int until) {
  while (*done < until) {
    auto sealed = co_await tenant->seal_audit(7, soon());
    EXPECT_TRUE(sealed) << sealed.error().for_log();
    if (!sealed) co_return;
  }
}

TEST_F(SideBySideTest, sealers_and_writers_make_one_chain_with_every_row) {
  std::atomic<int> done = 0;
  tenon::testing::run_all(3, 6, [&](std::size_t i) {
    return i % 3 == 2 ? keep_sealing(tenant_, &done, 120) : place_orders(tenant_, 30, &done);
  });
  EXPECT_EQ(done, 120);
  const auto report = audited();
  ASSERT_TRUE(report) << report.error().for_log();
  EXPECT_EQ(report->fault, "");
  EXPECT_EQ(report->sealed, 120U);
  EXPECT_EQ(report->unsealed, 0U);
}

}  // namespace
}  // namespace tenon::data
