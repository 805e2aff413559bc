// Conflicts, trash, upsert, batches, numbers and keys of a unit of work.
#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "data/batch.h"
#include "data/sales_fixture.h"

namespace tenon::data {
namespace {

using testing::soon;
class WritesTest : public testing::SalesTest {
 protected:
  std::string codes(const Error& error) {
    std::string text;
    for (const auto& field : error.fields()) text += field.path + ":" + field.code + " ";
    return text;
  }
  std::string plain(std::string_view text) {
    std::string out(text);
    std::erase(out, '"');
    return out;
  }
};

TEST_F(WritesTest, shows_the_three_versions_of_a_conflict_and_where_they_clash) {
  const auto made = put("order", {{"code", "A"}, {"note", "old"}, {"discount", "1"}});
  const auto update = [&](const json::object& fields, std::optional<std::uint64_t> version) {
    return within(
        [&](UnitOfWork& unit) { return unit.update(of("order"), made->id, fields, version); });
  };
  ASSERT_TRUE(update({{"note", "theirs"}}, 1));
  ASSERT_TRUE(update({{"discount", "5"}}, 2));
  auto stale = update({{"note", "mine"}, {"discount", "5"}, {"code", "B"}}, 1);
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().reason(), "data.version");
  const auto details = *json::parse_object(stale.error().details());
  EXPECT_EQ(details.at("expected"), 1);
  EXPECT_EQ(details.at("current"), 3);
  EXPECT_EQ(details.at("base").at("note").as_string(), "old");
  EXPECT_EQ(details.at("theirs").at("note").as_string(), "theirs");
  EXPECT_EQ(details.at("record"), details.at("theirs"));
  EXPECT_EQ(details.at("mine").at("note").as_string(), "mine");
  EXPECT_EQ(json::serialize(details.at("clashes")), R"(["note"])");
  auto unknown = update({{"note", "mine"}, {"code", "A"}}, 77);
  const auto without = *json::parse_object(unknown.error().details());
  EXPECT_TRUE(without.at("base").is_null());
  EXPECT_EQ(json::serialize(without.at("clashes")), R"(["note"])");
}

TEST_F(WritesTest, brings_back_everything_that_went_in_the_same_deletion_and_nothing_else) {
  const auto order = put("order", {{"code", "A"}});
  const auto early = line_of(order->id, "1", "1");
  const auto late = line_of(order->id, "1", "2");
  ASSERT_TRUE(gone("line", early->id));
  ASSERT_TRUE(gone("order", order->id));
  EXPECT_EQ(see("line", late->id, {"price"}), "data.not_found");
  auto alone = back("line", early->id);
  ASSERT_FALSE(alone) << "its order is in the trash";
  EXPECT_EQ(codes(alone.error()), "/order_ref:reference ");
  ASSERT_TRUE(back("order", order->id));
  EXPECT_EQ(see("line", late->id, {"price"}), "2.00");
  EXPECT_EQ(see("line", early->id, {"price"}), "data.not_found");
  EXPECT_EQ(sums(order->id), "1,2.00,2.00,2.00");
  EXPECT_EQ(back("order", order->id).error().code(), ErrorCode::not_found);
  ASSERT_TRUE(gone("order", order->id));
  auto member = back("line", late->id);
  ASSERT_TRUE(member) << "the whole deletion comes back, whichever of it is named";
  EXPECT_EQ(sums(order->id), "1,2.00,2.00,2.00");
}

TEST_F(WritesTest, says_which_unique_field_keeps_a_row_in_the_trash) {
  const auto first = put("order", {{"code", "A"}});
  ASSERT_TRUE(gone("order", first->id));
  ASSERT_TRUE(put("order", {{"code", "A"}}));
  auto again = back("order", first->id);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().reason(), "data.unique");
  EXPECT_EQ(codes(again.error()), "/code:unique ");
}

TEST_F(WritesTest, purges_what_is_in_the_trash_with_what_hangs_on_it_and_nothing_that_lives) {
  const auto order = put("order", {{"code", "A"}});
  const auto line = line_of(order->id, "1", "1");
  const auto purge = [&](std::string_view name, RecordId id) {
    return within([&](UnitOfWork& unit) { return unit.purge(of(name), id); });
  };
  EXPECT_EQ(purge("order", order->id).error().code(), ErrorCode::not_found);
  ASSERT_TRUE(gone("order", order->id));
  ASSERT_TRUE(purge("order", order->id));
  EXPECT_EQ(back("order", order->id).error().code(), ErrorCode::not_found);
  EXPECT_EQ(back("line", line->id).error().code(), ErrorCode::not_found);
  EXPECT_EQ(number("SELECT count(*) FROM " + of("line").table()), 0);
  EXPECT_EQ(number("SELECT count(*) FROM audit WHERE action = 'purged' AND before IS NULL"), 2);
}

TEST_F(WritesTest, upserts_by_a_unique_key) {
  const std::vector<std::string> key{"code"};
  const auto upsert = [&](const json::object& fields, Resolution resolution,
                          const std::vector<std::string>& names) {
    return within(
        [&](UnitOfWork& unit) { return unit.upsert(of("order"), fields, names, resolution); });
  };
  using Outcome = Upserted::Outcome;
  auto first = upsert({{"code", "A"}, {"note", "1"}}, Resolution::merge, key);
  ASSERT_TRUE(first) << first.error().for_log();
  EXPECT_EQ(first->outcome, Outcome::inserted);
  auto second = upsert({{"code", "A"}, {"note", "2"}}, Resolution::merge, {});
  ASSERT_TRUE(second) << second.error().for_log();
  EXPECT_EQ(second->outcome, Outcome::updated);
  EXPECT_EQ(second->record.id, first->record.id);
  auto third = upsert({{"code", "A"}, {"note", "3"}}, Resolution::ignore, key);
  EXPECT_EQ(third->outcome, Outcome::ignored);
  EXPECT_EQ(see("order", first->record.id, {"note", "version"}), "2,2");
  EXPECT_EQ(upsert({{"note", "x"}}, Resolution::merge, {}).error().reason(), "data.on_conflict");
  EXPECT_EQ(upsert({{"note", "x"}}, Resolution::merge, {"note"}).error().reason(),
            "data.on_conflict");
  EXPECT_EQ(upsert({{"note", "x"}}, Resolution::merge, {"nothing"}).error().reason(),
            "query.unknown_field");
  auto null = upsert({{"code", nullptr}}, Resolution::merge, key);
  ASSERT_TRUE(null);
  EXPECT_EQ(null->outcome, Outcome::inserted) << "null meets nothing";
}

asio::awaitable<void> upsert_each(std::shared_ptr<Tenant> tenant, int keys) {
  for (int i = 0; i < keys; ++i) {
    auto done = co_await run_unit(
        tenant, Viewer{}, Origin{.plugin = "shop"}, soon(), [i](UnitOfWork& unit) {
          const json::object fields{{"code", std::to_string(i)}};
          return unit.upsert(*unit.catalog().find("shop", "order"), fields, {}, Resolution::merge);
        });
    EXPECT_TRUE(done) << done.error().for_log();
  }
}

TEST_F(WritesTest, makes_one_row_per_key_when_sixteen_upsert_at_once) {
  tenon::testing::run_all(2, 16, [&](std::size_t) { return upsert_each(tenant_, 40); });
  EXPECT_EQ(number("SELECT count(*) FROM " + of("order").table()), 40);
}

TEST_F(WritesTest, inserts_many_or_none) {
  const std::vector<json::object> rows{{{"code", "A"}}, {{"code", "B"}}, {{"code", "A"}}};
  auto all = within([&](UnitOfWork& unit) -> Result<> {
    auto bad = unit.insert_all(of("order"), rows);
    EXPECT_FALSE(bad);
    if (!bad) EXPECT_EQ(codes(bad.error()), "/2/code:unique ");
    auto good = unit.insert_all(of("order"), std::span(rows).first(2));
    EXPECT_TRUE(good);
    const std::vector<json::object> many(kMaxBulk + 1);
    auto over = unit.insert_all(of("order"), many);
    EXPECT_EQ(over.error().reason(), "data.bulk");
    return {};
  });
  ASSERT_TRUE(all);
  EXPECT_EQ(number("SELECT count(*) FROM " + of("order").table()), 2);
}

TEST_F(WritesTest, applies_a_batch_whose_items_refer_to_earlier_ones) {
  const auto apply = [&](std::string_view text) {
    return within([&](UnitOfWork& unit) -> Result<std::vector<Applied>> {
      TENON_ASSIGN(body, json::parse(text));
      TENON_ASSIGN(operations, parse_batch(body));
      return apply_batch(unit, operations, perform_in(unit));
    });
  };
  auto done = apply(R"([
    {"op":"insert","entity":"shop.order","as":"order","fields":{"code":"A","note":"n"}},
    {"op":"insert","entity":"shop.line","fields":{"order_ref":{"$ref":"order/id"},"quantity":2,"price":"3"}},
    {"op":"upsert","entity":"shop.order","fields":{"code":"B","note":{"$ref":"order/note"}},"on_conflict":["code"]},
    {"op":"update","entity":"shop.line","id":{"$ref":"1/id"},"version":1,"fields":{"price":"4"}},
    {"op":"delete","entity":"shop.order","id":{"$ref":"2/id"}}])");
  ASSERT_TRUE(done) << done.error().for_log();
  EXPECT_EQ(sums(done->front().id), "1,8.00,8.00,8.00");
  EXPECT_FALSE(done->back().record);

  const auto failed = [&](std::string_view text) {
    auto result = apply(text);
    return result ? std::string("done") : codes(result.error());
  };
  EXPECT_EQ(failed(R"([{"op":"insert","entity":"shop.order","fields":{"code":"C"}},
                       {"op":"insert","entity":"shop.order","fields":{"code":"A"}}])"),
            "/1/code:unique ");
  EXPECT_EQ(number("SELECT count(*) FROM " + of("order").table() + " WHERE \"f_code\" = 'C'"), 0);
  EXPECT_EQ(
      failed(R"([{"op":"insert","entity":"shop.line","fields":{"order_ref":{"$ref":"later/id"}}},
                       {"op":"insert","entity":"shop.order","as":"later","fields":{}}])"),
      "/0/order_ref:reference ");
  EXPECT_EQ(failed(R"([{"op":"insert","entity":"shop.order","as":"a","fields":{}},
                       {"op":"insert","entity":"shop.order","as":"a","fields":{}}])"),
            "/1/as:operation ");
  EXPECT_EQ(failed(R"([{"op":"insert","entity":"shop.nothing","fields":{}}])"),
            "/0:schema.unknown_entity ");
  EXPECT_EQ(
      failed(R"([{"op":"jump","entity":"","extra":1},{"op":"delete","entity":"shop.order"},7])"),
      "/0/extra:operation /0/op:operation /0/entity:operation /0/fields:operation "
      "/1/id:operation /2:operation ");
  json::array many(kMaxBatch + 1);
  EXPECT_EQ(parse_batch(many).error().reason(), "batch.size");
}

TEST_F(WritesTest, numbers_documents_by_period_and_gives_the_number_before_the_commit) {
  const auto year = std::to_string(static_cast<int>(
      std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(clock_.now())).year()));
  std::vector<Record> records;
  ASSERT_TRUE(within([&](UnitOfWork& unit) -> Result<> {
    for (int i = 0; i < 2; ++i) {
      TENON_ASSIGN(made, unit.insert(of("order"), json::object{}));
      EXPECT_NE(made.json.find("\"number\":null"), std::string::npos) << "taken last";
      records.push_back(std::move(made));
    }
    return unit.settle(of("order"), records);
  }));
  EXPECT_NE(records[0].json.find("SO" + year + "-000"), std::string::npos) << records[0].json;
  EXPECT_EQ(see("order", records[0].id, {"ticket"}), "000001");
  EXPECT_EQ(number("SELECT next FROM number_sequence WHERE name = 'shop.order.number'"), 3);
  EXPECT_EQ(number("SELECT count(*) FROM audit WHERE action = 'created' AND after LIKE "
                   "'%\"number\":null%'"),
            0)
      << "the audit and the event know the number";
}

TEST(NumberFormatTest, counts_anew_when_its_period_ends) {
  const auto at = [](std::string_view text) { return *from_rfc3339(text); };
  const auto november = at("2026-11-30T23:59:59Z");
  const auto december = at("2026-12-01T00:00:00Z");
  const auto format = NumberFormat::parse("SO{yyyy}-{mm}/{0000}榫");
  ASSERT_TRUE(format);
  EXPECT_EQ(format->text(7, november), "SO2026-11/0007榫");
  EXPECT_EQ(format->text(12345, december), "SO2026-12/12345榫");
  EXPECT_EQ(format->period(november), "2026-11");
  EXPECT_NE(format->period(november), format->period(december));
  EXPECT_EQ(NumberFormat::parse("{00}")->period(november), "");
  EXPECT_EQ(NumberFormat::parse("{yy}{00}")->period(november), "2026");
  EXPECT_EQ(NumberFormat::parse("{yyyy}{mm}{dd}{00}")->period(november), "2026-11-30");
  for (const auto* wrong : {"", "SO", "{00}{00}", "{mm}{00}", "{yyyy}{dd}{00}", "{x}{0}", "{00",
                            "}{0}", "\n{0}", "{0000000000000000000}"})
    EXPECT_FALSE(NumberFormat::parse(wrong)) << wrong;
  EXPECT_FALSE(NumberFormat::parse(std::string(65, 'x') + "{0}"));
}

asio::awaitable<void> number_orders(std::shared_ptr<Tenant> tenant, std::uint64_t seed, int count) {
  SeededRandom random(seed);
  for (int i = 0; i < count; ++i) {
    const bool fails = random.next() % 4 == 0;
    auto done = co_await run_unit(
        tenant, Viewer{}, Origin{.plugin = "shop"}, soon(), [&](UnitOfWork& unit) -> Result<> {
          TENON_TRY(unit.insert(*unit.catalog().find("shop", "order"), json::object{}));
          TENON_TRY(unit.settle());
          if (fails) return fail(ErrorCode::invalid, "no");
          return {};
        });
    EXPECT_EQ(done.has_value(), !fails);
  }
}

TEST_F(WritesTest, gives_no_number_twice_and_leaves_none_out_among_sixteen_writers) {
  tenon::testing::run_all(2, 16, [&](std::size_t i) { return number_orders(tenant_, i, 25); });
  const auto rows = number("SELECT count(*) FROM " + of("order").table());
  ASSERT_GT(rows, 100);
  EXPECT_EQ(number("SELECT count(DISTINCT \"f_number\") FROM " + of("order").table()), rows);
  EXPECT_EQ(number("SELECT count(DISTINCT \"f_ticket\") FROM " + of("order").table()), rows);
  EXPECT_EQ(number("SELECT next FROM number_sequence WHERE name = 'shop.order.number'"), rows + 1)
      << "gapless";
}

TEST_F(WritesTest, does_the_work_of_a_key_once) {
  const OnceKey key{.user = {}, .route = "POST /x", .key = "k1", .request = sha256("a")};
  const auto attempt = [&](const OnceKey& once, bool fails) {
    return within([&](UnitOfWork& unit) -> Result<std::string> {
      TENON_ASSIGN(known, unit.begin_once(once));
      if (known) return "again " + known->response;
      TENON_TRY(unit.insert(of("order"), json::object{}));
      if (fails) return fail(ErrorCode::invalid, "no");
      TENON_TRY(unit.finish_once(once, {.status = 201, .response = "first"}));
      return std::string("done");
    });
  };
  EXPECT_FALSE(attempt(key, true)) << "a failure leaves the key free";
  EXPECT_EQ(*attempt(key, false), "done");
  EXPECT_EQ(*attempt(key, false), "again first");
  EXPECT_EQ(number("SELECT count(*) FROM " + of("order").table()), 1);
  auto other = key;
  other.request = sha256("b");
  EXPECT_EQ(attempt(other, false).error().reason(), "idempotency.mismatch");
  other.user = UserId::make(clock_, random_);
  EXPECT_EQ(*attempt(other, false), "done") << "of another user";
  for (const auto& wrong : {std::string(), std::string("a b"), std::string(kMaxOnceKey + 1, 'x')}) {
    auto bad = key;
    bad.key = wrong;
    EXPECT_EQ(attempt(bad, false).error().reason(), "idempotency.key");
  }
  auto running = within([&](UnitOfWork& unit) -> Result<> {
    auto fresh = key;
    fresh.key = "k2";
    TENON_TRY(unit.begin_once(fresh));
    EXPECT_EQ(unit.begin_once(fresh).error().reason(), "idempotency.running");
    EXPECT_EQ(
        unit.finish_once(fresh, {.status = 200, .response = std::string(kMaxStoredAnswer + 1, 'x')})
            .error()
            .reason(),
        "idempotency.size");
    return fail(ErrorCode::invalid, "no");
  });
  EXPECT_FALSE(running);
}

TEST_F(WritesTest, forgets_keys_that_have_expired) {
  const OnceKey key{.user = {}, .route = "r", .key = "k", .request = sha256("a")};
  auto lease = tenon::testing::run(tenant_->database().lease(soon()));
  auto& session = lease->session();
  const auto now = clock_.now();
  ASSERT_FALSE(*begin_once(session, key, now));
  ASSERT_TRUE(finish_once(session, key, {.status = 200, .response = "x"}));
  EXPECT_EQ(*clean_once(session, now + kOnceKept - std::chrono::seconds(1), 10), 0U);
  EXPECT_TRUE(*begin_once(session, key, now + kOnceKept - std::chrono::seconds(1)));
  EXPECT_FALSE(*begin_once(session, key, now + kOnceKept)) << "an expired key is free again";
  EXPECT_EQ(*clean_once(session, now + 3 * kOnceKept, 10), 1U);
}

}  // namespace
}  // namespace tenon::data
