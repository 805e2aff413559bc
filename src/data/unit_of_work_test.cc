#include "data/unit_of_work.h"

#include <gtest/gtest.h>

#include "data/test_fixture.h"

namespace tenon::data {
namespace {

using testing::soon;
class UnitOfWorkTest : public testing::TenantTest {};

std::string field_codes(const Error& error) {
  std::string text;
  for (const auto& field : error.fields()) text += field.path + ":" + field.code + " ";
  return text;
}

TEST_F(UnitOfWorkTest, stores_every_kind_of_field_and_gives_it_back) {
  auto employer = insert("company", R"({"name":"榫卯"})");
  ASSERT_TRUE(employer) << employer.error().for_log();
  auto made = insert(
      "customer", R"({"name":"王小明","code":"AB123456","level":"A","credit":"12.5","active":true,
    "born":"1990-02-28","seen":"2026-11-23T12:00:00+08:00","visits":-9007199254740993,"notes":"a\nb","extra":{"x":[1,null]},
    "tags":["vip"],"token":"018F0000-0000-7000-8000-000000000001","employer":")" +
                      employer->id.to_string() + "\"}");
  ASSERT_TRUE(made) << made.error().for_log();
  EXPECT_EQ(made->version, 1U);
  auto found = tenant_->get(entity("customer"), made->id, {});
  ASSERT_TRUE(found) << found.error().for_log();
  EXPECT_EQ(found->json, made->json) << "what insert gives is what is stored";
  const auto row = json::parse_object(found->json);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->at("city").as_string(), "上海");
  EXPECT_EQ(row->at("credit").as_string(), "12.50");
  EXPECT_EQ(row->at("active"), true);
  EXPECT_EQ(row->at("born").as_string(), "1990-02-28");
  EXPECT_EQ(row->at("seen").as_string(), "2026-11-23T04:00:00.000000Z");
  EXPECT_EQ(row->at("visits"), -9007199254740993);
  EXPECT_EQ(row->at("notes").as_string(), "a\nb");
  EXPECT_EQ(json::serialize(row->at("extra")), R"({"x":[1,null]})");
  EXPECT_EQ(json::serialize(row->at("tags")), R"(["vip"])");
  EXPECT_EQ(row->at("token").as_string(), "018f0000-0000-7000-8000-000000000001");
  EXPECT_EQ(row->at("employer").as_string(), employer->id.to_string());
  EXPECT_TRUE(row->at("score").is_null());
  EXPECT_EQ(row->at("version"), 1);
  EXPECT_FALSE(row->contains("deleted_at"));
}

TEST_F(UnitOfWorkTest, collects_all_wrong_fields_at_once) {
  auto made = insert("customer",
                     R"({"code":"x","level":"C","credit":"1.005","born":"2026-02-30","visits":1.5,
    "tags":["vip","vip"],"nam":"x","id":"018f0000-0000-7000-8000-000000000001","score":1,"active":"yes",
    "employer":"018f0000-0000-7000-8000-000000000009"})");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::invalid);
  EXPECT_EQ(field_codes(made.error()),
            "/nam:unknown /id:read_only /name:required /code:pattern /level:option /credit:scale "
            "/active:type "
            "/born:type /visits:type /tags:option /score:read_only ");
  EXPECT_NE(made.error().fields()[0].message.find("\"name\""), std::string::npos);
}

TEST_F(UnitOfWorkTest, measures_length_in_code_points_and_checks_bounds) {
  std::string long_name;
  for (int i = 0; i < 120; ++i) long_name += "榫";
  EXPECT_TRUE(insert("customer", R"({"name":")" + long_name + "\"}"));
  auto longer = insert("customer", R"({"name":")" + long_name + "榫\"}");
  ASSERT_FALSE(longer);
  EXPECT_EQ(field_codes(longer.error()), "/name:max_length ");
  for (const auto* credit : {"\"-0.01\"", "1000000.01"}) {
    auto outside = insert("customer", std::string(R"({"name":"a","credit":)") + credit + "}");
    ASSERT_FALSE(outside) << credit;
    EXPECT_TRUE(outside.error().fields()[0].code == "minimum" ||
                outside.error().fields()[0].code == "maximum");
  }
  auto huge = insert("customer", R"({"name":"a","credit":"92233720368547758.08"})");
  ASSERT_FALSE(huge);
  EXPECT_EQ(field_codes(huge.error()), "/credit:range ");
}

TEST_F(UnitOfWorkTest, names_the_field_of_a_value_that_is_used_already_among_living_rows) {
  auto first = insert("customer", R"({"name":"a","code":"AB123456"})");
  ASSERT_TRUE(first);
  auto second = insert("customer", R"({"name":"b","code":"AB123456"})");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), "data.unique");
  EXPECT_EQ(second.error().code(), ErrorCode::conflict);
  EXPECT_EQ(field_codes(second.error()), "/code:unique ");
  ASSERT_TRUE(
      within([&](UnitOfWork& unit) { return unit.erase(entity("customer"), first->id, 1); }));
  EXPECT_TRUE(insert("customer", R"({"name":"b","code":"AB123456"})"));
}

TEST_F(UnitOfWorkTest, refuses_an_update_of_another_version_and_shows_the_current_one) {
  auto made = insert("customer", R"({"name":"a"})");
  ASSERT_TRUE(made);
  const json::object change{{"city", "北京"}};
  auto changed = within(
      [&](UnitOfWork& unit) { return unit.update(entity("customer"), made->id, change, 1); });
  ASSERT_TRUE(changed) << changed.error().for_log();
  EXPECT_EQ(changed->version, 2U);
  EXPECT_EQ(tenant_->get(entity("customer"), made->id, {})->json, changed->json);
  auto stale = within(
      [&](UnitOfWork& unit) { return unit.update(entity("customer"), made->id, change, 1); });
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().reason(), "data.version");
  EXPECT_NE(stale.error().details().find("\"expected\":1,\"current\":2"), std::string::npos);
  auto same = within(
      [&](UnitOfWork& unit) { return unit.update(entity("customer"), made->id, change, 2); });
  ASSERT_TRUE(same);
  EXPECT_EQ(same->version, 2U) << "an update that changes nothing makes no version";
}

TEST_F(UnitOfWorkTest, lets_a_module_but_no_client_write_computed_fields) {
  const json::object fields{{"name", "a"}, {"score", 7}};
  auto made = within(
      [&](UnitOfWork& unit) { return unit.insert(entity("customer"), fields, Author::module); });
  ASSERT_TRUE(made) << made.error().for_log();
  EXPECT_NE(made->json.find("\"score\":7"), std::string::npos);
}

TEST_F(UnitOfWorkTest, reads_what_it_wrote_and_shows_it_to_nobody_else_before_commit) {
  auto work = [](UnitOfWork unit, const EntityInfo* info, Tenant* tenant) -> Task<> {
    EXPECT_FALSE(unit.acquired());
    TENON_CO_TRY(co_await unit.acquire(soon()));
    TENON_CO_ASSIGN(made, unit.insert(*info, json::object{{"name", "a"}}));
    EXPECT_TRUE(unit.get(*info, made.id));
    EXPECT_EQ(unit.list(*info, Query{})->rows, 1U);
    EXPECT_FALSE(tenant->get(*info, made.id, {}));
    EXPECT_EQ(unit.tally().rows_written, 1U);
    TENON_CO_TRY(co_await unit.commit());
    EXPECT_TRUE(tenant->get(*info, made.id, {}));
    co_return Result<>();
  };
  EXPECT_TRUE(tenon::testing::run(work(tenant_->unit({}), &entity("customer"), tenant_.get())));
}

TEST_F(UnitOfWorkTest, leaves_nothing_behind_when_it_is_dropped_or_rolled_back) {
  auto failed = within([&](UnitOfWork& unit) -> Result<> {
    TENON_TRY(unit.insert(entity("customer"), json::object{{"name", "a"}}));
    return fail(ErrorCode::denied, "the hook says no");
  });
  EXPECT_FALSE(failed);
  EXPECT_EQ(list("customer", "")->json, "[]");
  EXPECT_EQ(tenant_->outbox().backlog()->waiting, 0U);
}

TEST_F(UnitOfWorkTest, undoes_a_failed_part_and_keeps_the_rest) {
  auto done = within([&](UnitOfWork& unit) -> Result<> {
    TENON_TRY(unit.insert(entity("customer"), json::object{{"name", "kept"}}));
    auto part = unit.within_savepoint([&]() -> Result<> {
      TENON_TRY(unit.insert(entity("customer"), json::object{{"name", "lost"}}));
      return fail(ErrorCode::invalid, "no");
    });
    EXPECT_FALSE(part);
    return {};
  });
  EXPECT_TRUE(done);
  EXPECT_EQ(names("order=name"), "kept");
}

TEST_F(UnitOfWorkTest, undoes_a_failed_part_behind_the_deadline) {
  auto done = within([&](UnitOfWork& unit) -> Result<> {
    TENON_TRY(unit.insert(entity("customer"), json::object{{"name", "kept"}}));
    auto part = unit.within_savepoint([&]() -> Result<> {
      TENON_TRY(unit.insert(entity("customer"), json::object{{"name", "lost"}}));
      unit.set_deadline(Deadline::after(std::chrono::seconds(-1)));
      return fail(ErrorCode::invalid, "no");
    });
    EXPECT_FALSE(part);
    return {};
  });
  EXPECT_TRUE(done);
  EXPECT_EQ(names("order=name"), "kept");
}

TEST_F(UnitOfWorkTest, does_what_references_say_when_a_row_goes) {
  auto firm = insert("company", R"({"name":"f"})");
  ASSERT_TRUE(firm);
  auto person = insert("customer", R"({"name":"p","employer":")" + firm->id.to_string() + "\"}");
  ASSERT_TRUE(person);
  auto line = insert("contact", R"({"phone":"1","customer":")" + person->id.to_string() + "\"}");
  ASSERT_TRUE(line) << line.error().for_log();

  ASSERT_TRUE(within(
      [&](UnitOfWork& unit) { return unit.erase(entity("company"), firm->id, std::nullopt); }));
  EXPECT_NE(tenant_->get(entity("customer"), person->id, {})->json.find("\"employer\":null"),
            std::string::npos);
  ASSERT_TRUE(within(
      [&](UnitOfWork& unit) { return unit.erase(entity("customer"), person->id, std::nullopt); }));
  EXPECT_EQ(tenant_->get(entity("contact"), line->id, {}).error().code(), ErrorCode::not_found);
  auto orphan = insert("contact", R"({"phone":"1","customer":")" + person->id.to_string() + "\"}");
  ASSERT_FALSE(orphan);
  EXPECT_EQ(field_codes(orphan.error()), "/customer:reference ");
}

TEST_F(UnitOfWorkTest, keeps_a_row_that_others_refer_to_with_restrict) {
  auto restricted = testing::contact();
  restricted.name = "invoice";
  restricted.fields[1].on_delete = OnDelete::restrict;
  ASSERT_TRUE(tenon::testing::run(tenant_->install(
      testing::crm({testing::company(), testing::customer(), testing::contact(), restricted}),
      soon())));
  auto person = insert("customer", R"({"name":"p"})");
  ASSERT_TRUE(insert("invoice", R"({"customer":")" + person->id.to_string() + "\"}"));
  // The failure is caught inside the unit, which goes on and commits.
  auto done = within([&](UnitOfWork& unit) -> Result<> {
    auto erased = unit.erase(entity("customer"), person->id, std::nullopt);
    EXPECT_FALSE(erased);
    if (!erased) EXPECT_EQ(erased.error().reason(), "data.referenced");
    return {};
  });
  EXPECT_TRUE(done);
  EXPECT_TRUE(tenant_->get(entity("customer"), person->id, {}));
}

TEST_F(UnitOfWorkTest, changes_all_rows_of_a_filter_or_none) {
  for (const auto* name : {"a", "b", "c"})
    ASSERT_TRUE(insert("customer", R"({"name":")" + std::string(name) + "\"}"));
  const auto query = [&](std::string_view text) {
    return *parse_query(entity("customer"), *split_query(text));
  };
  const json::object change{{"city", "广州"}};
  auto unfiltered = within([&](UnitOfWork& unit) {
    return unit.update_where(entity("customer"), query("limit=5"), change, 10);
  });
  EXPECT_EQ(unfiltered.error().reason(), "data.filter_required");
  auto many = within([&](UnitOfWork& unit) {
    return unit.update_where(entity("customer"), query("name=gte.a"), change, 2);
  });
  EXPECT_EQ(many.error().reason(), "data.max_affected");
  auto two = within([&](UnitOfWork& unit) {
    return unit.update_where(entity("customer"), query("name=gt.a"), change, 2);
  });
  ASSERT_TRUE(two) << two.error().for_log();
  EXPECT_EQ(two->size(), 2U);
  EXPECT_EQ(names("city=eq.广州&order=name"), "b,c");
  ASSERT_TRUE(within([&](UnitOfWork& unit) {
    return unit.erase_where(entity("customer"), query("name=eq.b"), 5);
  }));
  EXPECT_EQ(names("order=name"), "a,c");
}

TEST_F(UnitOfWorkTest, writes_events_in_order_per_record_with_their_chain) {
  const EventId cause = EventId::make(clock_, random_);
  Origin origin{.plugin = "crm", .causation = cause, .hop = 2};
  RecordId id;
  ASSERT_TRUE(within(
      [&](UnitOfWork& unit) -> Result<> {
        TENON_ASSIGN(made, unit.insert(entity("customer"), json::object{{"name", "a"}}));
        id = made.id;
        TENON_TRY(
            unit.update(entity("customer"), made.id, json::object{{"name", "b"}}, std::nullopt));
        TENON_TRY(unit.publish("customer.merged", "", R"({"n":1})"));
        return {};
      },
      origin));
  auto& outbox = tenant_->outbox();
  const auto exchange = [&](Settlement done) {
    return tenon::testing::run(outbox.exchange(std::move(done), 10, clock_.now(), soon()));
  };
  auto events = exchange({});
  ASSERT_TRUE(events) << events.error().for_log();
  ASSERT_EQ(events->size(), 2U) << "the head of each key";
  EXPECT_EQ((*events)[0].type, "crm.customer.created");
  EXPECT_EQ((*events)[0].aggregate, "crm.customer/" + id.to_string());
  EXPECT_EQ((*events)[0].hop, 3U);
  EXPECT_EQ((*events)[0].causation, cause);
  EXPECT_EQ((*events)[0].correlation, (*events)[1].correlation);
  EXPECT_EQ((*events)[1].type, "crm.customer.merged");
  EXPECT_TRUE(exchange({})->empty()) << "a key of which one is out waits";
  auto next = exchange({.delivered = {(*events)[0].claim}, .failed = {}, .released = {}});
  ASSERT_EQ(next->size(), 1U);
  EXPECT_EQ((*next)[0].type, "crm.customer.updated");
  EXPECT_NE((*next)[0].payload.find("\"changed\":[\"name\"]"), std::string::npos);
}

TEST_F(UnitOfWorkTest, ends_a_chain_of_events_after_eight_hops) {
  Origin origin{.plugin = "crm", .causation = EventId::make(clock_, random_), .hop = 8};
  auto made = within(
      [&](UnitOfWork& unit) {
        return unit.insert(entity("customer"), json::object{{"name", "a"}});
      },
      origin);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason(), "event.hops");
}

TEST_F(UnitOfWorkTest, tells_a_first_delivery_from_a_repeated_one) {
  const auto event = EventId::make(clock_, random_);
  for (const bool first : {true, false}) {
    auto seen = within([&](UnitOfWork& unit) { return unit.first_delivery("sales", event); });
    ASSERT_TRUE(seen);
    EXPECT_EQ(*seen, first);
  }
}

}  // namespace
}  // namespace tenon::data
