// Rows that are there when a formula, a roll-up or a sequence comes or changes: everything as if it
// had always been so, there and back, on large tables, beside writers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "data/derive_fixture.h"
#include "data/migration_fixture.h"

namespace tenon::data {
namespace {

using tenon::testing::run;
using testing::derived;
using testing::field;
using testing::lab;
using testing::named;
using testing::part;
using testing::shop;
using testing::soon;
using testing::with;

constexpr auto kNone = Consent::none;
constexpr auto kAgreed = Consent::destructive;
constexpr int kOrders = 500;
constexpr int kLines = 5000;

class Derive : public testing::MigrationTest {
 protected:
  void fill_shop(int orders = kOrders, int lines = kLines) {
    install(shop(1));
    testing::SalesRows rows(tenant_->database().dialect());
    auto lease = run(tenant_->database().lease(soon()));
    ASSERT_TRUE(lease);
    lease->extend(soon());
    const auto filled = rows.fill(lease->session(), orders, lines);
    ASSERT_TRUE(filled) << filled.error().for_log();
    ASSERT_TRUE(run(lease->commit()));
  }
  void upgrade(const Package& package, Consent consent = kNone) {
    const auto plan = run(tenant_->upgrade(package, consent, {}, soon()));
    ASSERT_TRUE(plan) << plan.error().for_log() << plan.error().details();
  }
  void expect_exact(int version) {
    auto reader = tenant_->database().reader();
    EXPECT_THAT(testing::Recount(reader->session(), version).run(), ::testing::IsEmpty());
  }
  MigrationPlan plan_of(const Package& package) {
    auto plan = run(tenant_->plan(package, soon()));
    EXPECT_TRUE(plan) << plan.error().for_log();
    return plan ? *std::move(plan) : MigrationPlan();
  }
  static std::vector<std::string> words(const MigrationPlan& plan) {
    std::vector<std::string> said;
    for (const auto& step : plan.steps)
      if (step.kind == StepKind::derive) said.push_back(step.text.at("en"));
    return said;
  }
};

TEST_F(Derive, fills_new_fields_of_five_thousand_rows_as_a_recount_says) {
  fill_shop();
  upgrade(shop(2));
  expect_exact(2);
  EXPECT_EQ(answer("SELECT count(*) FROM x1_order WHERE f_number IS NULL OR f_ticket IS NULL"),
            "0 ");
  EXPECT_EQ(answer("SELECT count(DISTINCT f_number) FROM x1_order"), "500 ");
  EXPECT_EQ(answer("SELECT f_ticket FROM x1_order ORDER BY id LIMIT 2"), "000001 000002 ")
      << "in the order in which they were made";
  EXPECT_EQ(answer("SELECT f_number FROM x1_order ORDER BY id LIMIT 1"), "SO2020-0001 ")
      << "of the day on which they were made";
  EXPECT_EQ(answer("SELECT CAST(sum(next - 1) AS BIGINT) FROM number_sequence WHERE name = "
                   "'shop.order.number'"),
            "500 ");
}

TEST_F(Derive, goes_there_and_back_and_there_again) {
  fill_shop(40, 300);
  there_and_back(shop(2), kNone, [&] { expect_exact(2); });
  there_and_back(shop(3), kNone, [&] { expect_exact(3); });
  there_and_back(shop(1), kAgreed,
                 [&] { EXPECT_EQ(columns_of("x1_line").find("f_amount"), std::string::npos); });
}

TEST_F(Derive, recounts_what_a_changed_definition_touches_and_nothing_else) {
  fill_shop();
  upgrade(shop(2));
  EXPECT_THAT(words(plan_of(shop(2))), ::testing::IsEmpty()) << "nothing has changed";
  EXPECT_THAT(
      words(plan_of(shop(3))),
      ::testing::ElementsAre("Compute “amount” of all rows of “shop.line” anew.",
                             "Compute “sum, least, net” of all rows of “shop.order” anew."));
  upgrade(shop(3));
  expect_exact(3);
  auto noted = shop(3);
  noted.version = "3.1.0";
  noted.entities[0].fields.push_back(field("place", FieldType::string));
  EXPECT_THAT(words(plan_of(noted)), ::testing::IsEmpty());
}

TEST_F(Derive, says_in_its_plan_what_it_does_beside_the_running_version_and_what_at_the_end) {
  fill_shop(20, 50);
  const auto plan = plan_of(shop(2));
  EXPECT_THAT(words(plan),
              ::testing::ElementsAre(
                  "Compute “amount” of the rows of “shop.line” that are there, in batches.",
                  "Compute “number, ticket, lines, sum, least, latest, net” of the rows of "
                  "“shop.order” that are there, in batches.",
                  "Compute “amount” of the rows of “shop.line” that changed meanwhile.",
                  "Compute “number, ticket, lines, sum, least, latest, net” of the rows of "
                  "“shop.order” that changed meanwhile."));
  for (const auto& step : plan.steps)
    if (step.kind == StepKind::derive) {
      EXPECT_EQ(step.rows, step.entity == "shop.line" ? 50 : 20);
      EXPECT_NE(step.text.at("zh-CN").find(step.entity), std::string::npos);
      EXPECT_EQ(step.step_class, StepClass::backfill);
    }
}

TEST_F(Derive, goes_on_with_numbers_behind_those_it_gave_also_under_another_name) {
  fill_shop(30, 10);
  upgrade(shop(2));
  const auto order = [&](std::string_view number_field) {
    const auto catalog = tenant_->catalog();
    auto made = within(
        [&](UnitOfWork& unit) {
          return unit.insert(*unit.catalog().find("shop", "order"), json::object{});
        },
        {.plugin = "shop"});
    EXPECT_TRUE(made) << made.error().for_log();
    auto read = tenant_->get(*tenant_->catalog()->find("shop", "order"), made->id, {});
    return std::string(json::parse_object(read->json)->at(number_field).as_string());
  };
  EXPECT_EQ(order("ticket"), "000031");
  auto renamed = shop(2);
  renamed.version = "2.1.0";
  for (auto& one : renamed.entities[0].fields)
    if (one.name == "ticket") {
      one.name = "slip";
      one.renamed_from = "ticket";
    }
  upgrade(renamed);
  const auto next = order("slip");
  EXPECT_GT(next, "000031") << "the counter goes with its field";
  EXPECT_EQ(answer("SELECT count(*) FROM number_sequence WHERE name = 'shop.order.ticket'"), "0 ");
  ASSERT_TRUE(run(tenant_->undo("shop", kNone, soon())));
  EXPECT_GT(order("ticket"), next);
}

TEST_F(Derive, leaves_nothing_behind_that_others_write_while_it_runs) {
  fill_shop(60, 400);
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::vector<std::jthread> writers;
  for (int w = 0; w < 3; ++w)
    writers.emplace_back([&, w] {
      testing::Dice dice(static_cast<std::uint64_t>(w) + 1);
      while (!stop) {
        const auto made = run(run_unit(
            tenant_, Viewer{}, Origin{.plugin = "shop"}, soon(), [&](UnitOfWork& unit) -> Result<> {
              const auto& orders = *unit.catalog().find("shop", "order");
              const auto& lines = *unit.catalog().find("shop", "line");
              TENON_ASSIGN(order, unit.insert(orders, json::object{}));
              for (int i = 0; i < 3; ++i) {
                const auto price = fmt::format("{}.{:02}", dice.below(500), dice.below(100));
                TENON_TRY(unit.insert(lines, json::object{{"order_ref", order.id.to_string()},
                                                          {"quantity", fmt::format("{}", i + 1)},
                                                          {"price", price}}));
              }
              TENON_TRY(unit.update(orders, order.id, json::object{{"discount", "7"}}, {}));
              return {};
            }));
        if (made)
          ++written;
        else
          EXPECT_EQ(made.error().code(), ErrorCode::unavailable) << made.error().for_log();
      }
    });
  const auto wait = [&] {
    const int then = written;
    while (written < then + 5) std::this_thread::yield();
  };
  wait();
  upgrade(shop(2));
  wait();
  upgrade(shop(3));
  wait();
  ASSERT_TRUE(run(tenant_->undo("shop", kNone, soon())));
  wait();
  stop = true;
  writers.clear();
  expect_exact(2);
  EXPECT_EQ(answer("SELECT count(*) - count(DISTINCT f_number) FROM x1_order"), "0 ")
      << "every order has a number, none twice";
}

TEST_F(Derive, refuses_to_write_by_definitions_of_before) {
  install(lab({part({named(), field("size", FieldType::integer)})}, "1.0.0"));
  const auto before = tenant_->catalog();
  auto twice = derived("twice", FieldType::integer);
  twice.formula = "2 * size";
  auto unit = tenant_->unit({}, {.plugin = "lab"});
  install(lab({part({named(), field("size", FieldType::integer), twice})}, "1.1.0"));
  ASSERT_TRUE(run(unit.acquire(soon())));
  const auto old = unit.insert(*before->find("lab", "part"), json::object{{"size", 2}});
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().reason(), "schema.changed");
  const auto made = unit.insert(*unit.catalog().find("lab", "part"), json::object{{"size", 2}});
  ASSERT_TRUE(made) << "it took up those that hold";
  ASSERT_TRUE(run(unit.commit()));
  EXPECT_EQ(answer("SELECT f_twice FROM x1_part"), "4 ");
}

TEST_F(Derive, refuses_rows_that_cannot_be_computed_and_names_them) {
  install(lab({part({named(), field("size", FieldType::integer)})}, "1.0.0"));
  fill({R"({"name":"a","size":4})", R"({"name":"b","size":0})", R"({"name":"c"})"});
  auto share = derived("share", FieldType::decimal);
  share.formula = "100 / size";
  const auto after = lab({part({named(), field("size", FieldType::integer), share})}, "1.1.0");
  const auto id = answer(sqlite() ? "SELECT lower(hex(id)) FROM x1_part WHERE f_name = 'b'"
                                  : "SELECT CAST(id AS TEXT) FROM x1_part WHERE f_name = 'b'");
  refused(after, "schema.data", "schema.data.formula", id.substr(0, 8));
  const auto tried = run(tenant_->dry_run(after, soon()));
  ASSERT_FALSE(tried);
  EXPECT_NE(tried.error().message().find("“share” cannot be computed"), std::string::npos);
  plainly("UPDATE x1_part SET f_size = 8 WHERE f_name = 'b'");
  there_and_back(after, kNone, [&] {
    EXPECT_EQ(answer("SELECT f_share FROM x1_part ORDER BY f_name"), "2500 1250 - ");
  });
}

TEST_F(Derive, refuses_a_sum_that_is_too_large) {
  fill_shop(2, 3);
  plainly(
      "UPDATE x1_line SET f_order_ref = (SELECT id FROM x1_order ORDER BY id LIMIT 1), deleted_at "
      "= NULL, "
      "f_quantity = 1000, f_price = 5000000000000000000");
  refused(shop(2), "schema.data", "schema.data.sum");
}

Entity tree(std::vector<Field> more) {
  auto parent = field("parent", FieldType::reference);
  parent.ref_entity = "part";
  auto own = field("own", FieldType::integer);
  std::vector<Field> fields{named(), parent, own};
  fields.insert(fields.end(), more.begin(), more.end());
  return part(std::move(fields));
}

TEST_F(Derive, sums_up_a_tree_from_its_leaves_whatever_the_order_of_its_rows) {
  install(lab({tree({})}, "1.0.0"));
  for (int i = 0; i < 12; ++i) fill({fmt::format(R"({{"name":"n{:02}","own":{}}})", i, i + 1)});
  // n00 below n01 below n02 … so that each is made before what it hangs on.
  plainly(
      "UPDATE x1_part SET f_parent = (SELECT p.id FROM x1_part p WHERE p.f_own = x1_part.f_own + "
      "1)");
  auto below = derived("below", FieldType::integer);
  below.rollup = Rollup{.plugin = {},
                        .entity = "part",
                        .reference = "parent",
                        .function = Aggregate::sum,
                        .field = "total"};
  auto total = derived("total", FieldType::integer);
  total.formula = "own + below";
  there_and_back(lab({tree({below, total})}, "1.1.0"), kNone, [&] {
    EXPECT_EQ(answer("SELECT f_total FROM x1_part ORDER BY f_name"),
              "1 3 6 10 15 21 28 36 45 55 66 78 ");
  });
  ASSERT_TRUE(run(tenant_->undo("lab", kAgreed, soon())));
  plainly("UPDATE x1_part SET f_parent = id WHERE f_own = 12");
  refused(lab({tree({below, total})}, "1.1.0"), "data.rollup_depth", "");
}

TEST_F(Derive, asks_before_a_plain_field_becomes_a_computed_one_and_gives_it_back) {
  install(lab({part({named(), field("size", FieldType::integer)})}, "1.0.0"));
  fill({R"({"name":"a","size":4})", R"({"name":"b"})"});
  auto size = derived("size", FieldType::integer);
  size.formula = "7";
  const auto after = lab({part({named(), size})}, "2.0.0");
  refused(after, "schema.consent", "schema.data.dropped");
  there_and_back(after, kAgreed,
                 [&] { EXPECT_EQ(answer("SELECT f_size FROM x1_part ORDER BY f_name"), "7 7 "); });
  there_and_back(lab({part({named(), field("size", FieldType::integer)})}, "3.0.0"), kNone,
                 [&] { EXPECT_EQ(answer("SELECT f_size FROM x1_part ORDER BY f_name"), "7 7 "); });
}

TEST_F(Derive, computes_anew_what_reads_a_field_that_is_widened_or_gets_a_default) {
  auto twice = derived("twice", FieldType::integer);
  twice.formula = "2 * size";
  install(lab({part({named(), field("size", FieldType::integer), twice})}, "1.0.0"));
  fill({R"({"name":"a","size":4})", R"({"name":"b"})"});
  auto size = field("size", FieldType::decimal);
  size.scale = 3;
  twice.result = FieldType::decimal;
  there_and_back(lab({part({named(), size, twice})}, "2.0.0"), kNone, [&] {
    EXPECT_EQ(answer("SELECT f_twice FROM x1_part ORDER BY f_name"), "800 - ");
  });
  size.required = true;
  size.default_value = "\"1.500\"";
  there_and_back(lab({part({named(), size, twice})}, "3.0.0"), kNone, [&] {
    EXPECT_EQ(answer("SELECT f_twice FROM x1_part ORDER BY f_name"), "800 300 ");
  });
}

TEST_F(Derive, fills_what_an_extension_adds_to_rows_of_another_module) {
  auto open = part({named(), field("size", FieldType::integer)});
  open.is_public = true;
  install(lab({open}, "1.0.0"));
  fill({R"({"name":"a","size":4})", R"({"name":"b","size":5})"});
  auto grade = derived("grade", FieldType::integer);
  grade.formula = "size * 10 + visits";
  auto visits = derived("visits", FieldType::integer);
  visits.rollup = Rollup{.plugin = {},
                         .entity = "visit",
                         .reference = "where_to",
                         .function = Aggregate::count,
                         .field = {}};
  Entity extension{.plugin = "hr", .name = "part"};
  extension.extends = "lab";
  extension.fields = {grade, visits};
  auto where = field("where_to", FieldType::reference);
  where.ref_plugin = "lab";
  where.ref_entity = "part";
  Entity visit{.plugin = "hr", .name = "visit"};
  visit.fields = {where};
  auto hr = lab({extension, visit}, "1.0.0");
  hr.id = "hr";
  install(hr);
  EXPECT_EQ(answer("SELECT e2_grade, e2_visits FROM x1_part ORDER BY f_name"), "40 0 50 0 ");
  plainly(
      "INSERT INTO x2_visit(id, f_where_to, version, created_at, updated_at) SELECT id, id, 1, 0, "
      "0 FROM x1_part");
  hr.entities[0].fields[0].formula = "size * 100 + visits";
  hr.version = "1.1.0";
  install(hr);
  EXPECT_EQ(answer("SELECT e2_grade FROM x1_part ORDER BY f_name"), "400 500 ")
      << "the roll-up has not changed and is not counted again";
}

TEST_F(Derive, counts_nothing_of_a_module_that_is_purged) {
  install(lab({part({named()})}, "1.0.0"));
  fill({R"({"name":"a"})"});
  auto where = field("where_to", FieldType::reference);
  where.ref_plugin = "lab";
  where.ref_entity = "part";
  Entity visit{.plugin = "hr", .name = "visit"};
  visit.fields = {where};
  auto hr = lab({visit}, "1.0.0");
  hr.id = "hr";
  install(hr);
  plainly(
      "INSERT INTO x2_visit(id, f_where_to, version, created_at, updated_at) SELECT id, id, 1, 0, "
      "0 "
      "FROM x1_part");
  auto visits = derived("visits", FieldType::integer);
  visits.rollup = Rollup{.plugin = "hr",
                         .entity = "visit",
                         .reference = "where_to",
                         .function = Aggregate::count,
                         .field = {}};
  auto weight = derived("weight", FieldType::integer);
  weight.formula = "visits + 1";
  install(lab({part({named(), visits, weight})}, "1.1.0"));
  EXPECT_EQ(answer("SELECT f_visits, f_weight FROM x1_part"), "1 2 ");
  const auto purged = run(tenant_->purge("hr", soon()));
  ASSERT_TRUE(purged) << purged.error().for_log();
  EXPECT_EQ(answer("SELECT f_visits, f_weight FROM x1_part"), "0 1 ");
  install(hr);
  plainly(
      "INSERT INTO x2_visit(id, f_where_to, version, created_at, updated_at) SELECT id, id, 1, 0, "
      "0 "
      "FROM x1_part");
  install(lab({part({named(), visits, weight, field("note", FieldType::string)})}, "1.2.0"));
  EXPECT_EQ(answer("SELECT f_visits FROM x1_part"), "0 ") << "rows that SQL put there are not seen";
}

}  // namespace
}  // namespace tenon::data
