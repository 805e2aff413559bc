// Computed fields and roll-ups: exact after everything that can happen to a row, and under many
// writers.
#include <gtest/gtest.h>

#include <atomic>

#include "data/sales_fixture.h"

namespace tenon::data {
namespace {

using testing::soon;
class RollupTest : public testing::SalesTest {};

TEST_F(RollupTest, follows_rows_that_come_change_move_go_and_come_back) {
  const auto one = put("order", {{"code", "A"}, {"discount", "10"}});
  ASSERT_TRUE(one) << one.error().for_log();
  const auto two = put("order", {{"code", "B"}});
  EXPECT_EQ(sums(one->id), "0,0.00,null,0.00");
  const auto first = line_of(one->id, "2", "10.25");
  ASSERT_TRUE(first) << first.error().for_log();
  const auto second = line_of(one->id, "0.333", "3.00", "2026-05-05");
  EXPECT_EQ(sums(one->id), "2,21.50,1.00,19.35");
  EXPECT_EQ(see("order", one->id, {"latest", "version"}), "2026-05-05,1")
      << "a roll-up is nobody's edit";
  auto change = [&](RecordId id, const json::object& fields) {
    return within([&](UnitOfWork& unit) { return unit.update(of("line"), id, fields, {}); });
  };
  ASSERT_TRUE(change(second->id, {{"price", "90"}}));
  EXPECT_EQ(sums(one->id), "2,50.47,20.50,45.42");
  ASSERT_TRUE(change(second->id, {{"order_ref", two->id.to_string()}}));
  EXPECT_EQ(sums(one->id), "1,20.50,20.50,18.45");
  EXPECT_EQ(sums(two->id), "1,29.97,29.97,29.97");
  ASSERT_TRUE(change(second->id, {{"order_ref", nullptr}}));
  EXPECT_EQ(sums(two->id), "0,0.00,null,0.00");
  ASSERT_TRUE(gone("line", first->id));
  EXPECT_EQ(sums(one->id), "0,0.00,null,0.00");
  ASSERT_TRUE(back("line", first->id));
  EXPECT_EQ(sums(one->id), "1,20.50,20.50,18.45");
  ASSERT_TRUE(gone("order", one->id));
  ASSERT_TRUE(back("order", one->id));
  EXPECT_EQ(sums(one->id), "1,20.50,20.50,18.45");
  EXPECT_EQ(drifted(), 0);
}

TEST_F(RollupTest, can_be_filtered_and_sorted_by) {
  for (const auto* price : {"5", "1", "9"}) {
    const auto made = put("order", {{"code", price}});
    ASSERT_TRUE(line_of(made->id, "1", price));
  }
  auto query = parse_query(of("order"), *split_query("sum=gte.5&order=sum.desc&select=code"));
  ASSERT_TRUE(query) << query.error().for_log();
  EXPECT_EQ(tenant_->list(of("order"), *query, {}, soon())->json, R"([{"code":"9"},{"code":"5"}])");
}

TEST_F(RollupTest, is_written_by_nobody_but_the_host) {
  const json::object fields{{"code", "A"}, {"net", "1"}, {"sum", "1"}};
  auto made =
      within([&](UnitOfWork& unit) { return unit.insert(of("order"), fields, Author::module); });
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().fields().size(), 2U);
  EXPECT_EQ(made.error().fields()[0].code, "read_only");
}

TEST_F(RollupTest, refuses_a_sum_and_a_formula_that_overflow_and_keeps_everything) {
  const auto made = put("order", {{"code", "A"}});
  const auto* large = "90000000000000000.00";
  ASSERT_TRUE(line_of(made->id, "1", large));
  auto second = line_of(made->id, "1", large);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::invalid);
  EXPECT_EQ(second.error().fields()[0].path, "/sum");
  auto product = line_of(made->id, "1000000", large);
  ASSERT_FALSE(product);
  EXPECT_EQ(product.error().fields()[0].path, "/amount");
  EXPECT_EQ(product.error().fields()[0].code, "formula.overflow");
  EXPECT_EQ(drifted(), 0);
}

TEST_F(RollupTest, lets_nobody_commit_a_row_whose_roll_up_failed) {
  const auto made = put("order", {{"code", "A"}});
  const json::object large{
      {"order_ref", made->id.to_string()}, {"quantity", 1}, {"price", "90000000000000000.00"}};
  ASSERT_TRUE(within([&](UnitOfWork& unit) { return unit.insert(of("line"), large); }));
  auto swallowed = within([&](UnitOfWork& unit) -> Result<> {
    EXPECT_FALSE(unit.insert(of("line"), large));
    return {};
  });
  ASSERT_FALSE(swallowed);
  EXPECT_EQ(swallowed.error().fields().at(0).path, "/sum");
  EXPECT_TRUE(within([&](UnitOfWork& unit) -> Result<> {
    EXPECT_FALSE(unit.within_savepoint([&]() -> Result<> {
      TENON_TRY(unit.insert(of("line"), large));
      return {};
    }));
    return {};
  })) << "undone, it is in nobody's way";
  EXPECT_EQ(sums(made->id).substr(0, 2), "1,");
  EXPECT_EQ(drifted(), 0);
}

TEST_F(RollupTest, goes_back_with_a_savepoint) {
  const auto made = put("order", {{"code", "A"}});
  ASSERT_TRUE(within([&](UnitOfWork& unit) -> Result<> {
    const json::object fields{{"order_ref", made->id.to_string()}, {"quantity", 1}, {"price", 1}};
    auto part = unit.within_savepoint([&]() -> Result<> {
      TENON_TRY(unit.insert(of("line"), fields));
      return fail(ErrorCode::invalid, "no");
    });
    EXPECT_FALSE(part);
    TENON_TRY(unit.insert(of("line"), fields));
    return {};
  }));
  EXPECT_EQ(sums(made->id), "1,1.00,1.00,1.00");
  EXPECT_EQ(number("SELECT count(*) FROM audit WHERE action = 'derived'"), 1);
  EXPECT_EQ(audited()->fault, "");
}

TEST_F(RollupTest, refuses_entities_whose_formulas_or_roll_ups_make_no_sense) {
  const auto reason = [&](auto alter) {
    auto parent = testing::order();
    auto child = testing::line();
    alter(parent, child);
    auto package = testing::crm({parent, child});
    package.id = "shop2";
    for (auto& entity : package.entities) entity.plugin = "shop2";
    auto done = tenon::testing::run(tenant_->install(package, soon()));
    return done ? std::string("installed") : done.error().reason();
  };
  EXPECT_EQ(reason([](Entity&, Entity&) {}), "installed");
  EXPECT_EQ(reason([](Entity&, Entity& child) { child.fields[3].formula = "nothing * 2"; }),
            "schema.formula");
  EXPECT_EQ(reason([](Entity&, Entity& child) { child.fields[3].formula = "amount + 1"; }),
            "schema.formula");
  EXPECT_EQ(reason([](Entity& parent, Entity&) { parent.fields[5].scale = 3; }), "schema.rollup");
  EXPECT_EQ(reason([](Entity& parent, Entity&) { parent.fields[4].rollup->reference = "due"; }),
            "schema.rollup");
  EXPECT_EQ(reason([](Entity& parent, Entity&) { parent.fields[2].numbering.format = "SO"; }),
            "schema.number");
}

asio::awaitable<void> trade(RollupTest* test, std::shared_ptr<Tenant> tenant,
                            std::vector<RecordId> orders, std::uint64_t seed,
                            std::atomic<int>* done) {
  SeededRandom random(seed);
  std::vector<RecordId> mine;
  for (int i = 0; i < 60; ++i) {
    const auto order = orders[random.next() % orders.size()];
    const auto dice = random.next() % 10;
    const auto pick = mine.empty() ? RecordId{} : mine[random.next() % mine.size()];
    const json::object fields{{"order_ref", order.to_string()},
                              {"quantity", std::to_string(random.next() % 50)},
                              {"price", std::to_string(random.next() % 1000)},
                              {"due", random.next() % 2 == 0 ? "2026-01-01" : "2027-01-01"}};
    auto result = co_await run_unit(tenant, Viewer{}, Origin{.plugin = "shop"}, soon(),
                                    [&](UnitOfWork& unit) -> Result<RecordId> {
                                      const auto& line = *unit.catalog().find("shop", "line");
                                      if (dice < 5 || mine.empty()) {
                                        TENON_ASSIGN(made, unit.insert(line, fields));
                                        return made.id;
                                      }
                                      if (dice < 8) {
                                        TENON_TRY(unit.update(line, pick, fields, {}));
                                      } else {
                                        TENON_TRY(unit.erase(line, pick, {}));
                                        if (dice == 8) TENON_TRY(unit.restore(line, pick));
                                      }
                                      return pick;
                                    });
    if (result && (dice < 5 || mine.empty())) mine.push_back(*result);
    if (result && dice == 9) std::erase(mine, pick);
    if (result) ++*done;
  }
  (void)test;
}

TEST_F(RollupTest, equals_a_recount_after_sixteen_writers) {
  const std::uint64_t seed = SystemRandom().next();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::vector<RecordId> orders;
  orders.reserve(5);
  for (int i = 0; i < 5; ++i) orders.push_back(put("order", {{"code", std::to_string(i)}})->id);
  std::atomic<int> done = 0;
  tenon::testing::run_all(
      2, 16, [&](std::size_t i) { return trade(this, tenant_, orders, seed + i, &done); });
  EXPECT_EQ(done, 16 * 60);
  EXPECT_EQ(drifted(), 0);
  EXPECT_EQ(audited()->fault, "");
  // The recount is no recount if it cannot tell.
  auto lease = tenon::testing::run(tenant_->database().lease(soon()));
  ASSERT_TRUE(lease->session().execute("UPDATE " + of("order").table() +
                                       " SET \"f_sum\" = \"f_sum\" + 1 WHERE \"f_code\" = '3'"));
  ASSERT_TRUE(tenon::testing::run(lease->commit()));
  EXPECT_EQ(drifted(), 1);
}

asio::awaitable<void> transfer(std::shared_ptr<Tenant> tenant, std::vector<RecordId> accounts,
                               std::uint64_t seed) {
  SeededRandom random(seed);
  for (int i = 0; i < 50; ++i) {
    const auto from = accounts[random.next() % accounts.size()];
    const auto to = accounts[random.next() % accounts.size()];
    const auto amount = std::to_string(random.next() % 100'000);
    const bool fails = random.next() % 5 == 0;
    auto done = co_await run_unit(
        tenant, Viewer{}, Origin{.plugin = "shop"}, soon(), [&](UnitOfWork& unit) -> Result<> {
          const auto& line = *unit.catalog().find("shop", "line");
          const auto post = [&](RecordId account, const std::string& price) {
            return unit.insert(
                line, {{"order_ref", account.to_string()}, {"quantity", 1}, {"price", price}});
          };
          TENON_TRY(post(from, "-" + amount));
          if (fails) return fail(ErrorCode::invalid, "half of it is not enough");
          TENON_TRY(post(to, amount));
          return {};
        });
    EXPECT_EQ(done.has_value(), !fails);
  }
}

TEST_F(RollupTest, keeps_the_sum_of_all_accounts_at_zero) {
  const std::uint64_t seed = SystemRandom().next();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::vector<RecordId> accounts;
  accounts.reserve(8);
  for (int i = 0; i < 8; ++i) accounts.push_back(put("order", {{"code", std::to_string(i)}})->id);
  tenon::testing::run_all(2, 16,
                          [&](std::size_t i) { return transfer(tenant_, accounts, seed + i); });
  EXPECT_EQ(number("SELECT CAST(sum(\"f_sum\") AS BIGINT) FROM " + of("order").table()), 0);
  EXPECT_GT(number("SELECT CAST(sum(abs(\"f_sum\")) AS BIGINT) FROM " + of("order").table()), 0);
  EXPECT_EQ(drifted(), 0);
}

}  // namespace
}  // namespace tenon::data
