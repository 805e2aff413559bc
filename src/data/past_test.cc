// The audit chain, and what it says about the past.
#include <gtest/gtest.h>

#include <map>

#include "data/history.h"
#include "data/match.h"
#include "data/sales_fixture.h"

namespace tenon::data {
namespace {

using testing::soon;

class PastTest : public testing::SalesTest {
 protected:
  void alter(const std::string& sql) {
    auto lease = tenon::testing::run(tenant_->database().lease(soon()));
    auto done = lease->session().execute(sql);
    ASSERT_TRUE(done) << done.error().for_log();
    ASSERT_EQ(*done, 1);
    ASSERT_TRUE(tenon::testing::run(lease->commit()));
  }
  Result<Record> note(RecordId id, std::string_view text) {
    return within([&](UnitOfWork& unit) {
      return unit.update(of("order"), id, json::object{{"note", text}}, {});
    });
  }
};

TEST_F(PastTest, has_an_audit_chain_that_holds) {
  const auto made = put("order", {{"code", "A"}});
  ASSERT_TRUE(note(made->id, "b"));
  ASSERT_TRUE(gone("order", made->id));
  const auto report = audited();
  ASSERT_TRUE(report) << report.error().for_log();
  EXPECT_EQ(report->fault, "");
  EXPECT_EQ(report->sealed, 3U);
  EXPECT_EQ(report->unsealed, 0U);
  EXPECT_EQ(report->head.position, 3);
  ASSERT_TRUE(back("order", made->id));
  EXPECT_EQ(audited(report->head)->fault, "") << "the head lies on the chain";
}

TEST_F(PastTest, names_the_row_that_was_tampered_with) {
  const auto made = put("order", {{"code", "A"}});
  for (const auto* text : {"a", "b", "c"}) ASSERT_TRUE(note(made->id, text));
  const auto head = audited()->head;
  const auto fault_of = [&] { return tenant_->verify_audit(head)->fault; };
  const auto twice = [&](const std::string& plant, const std::string& mend,
                         std::string_view expected) {
    alter(plant);
    const auto fault = fault_of();
    EXPECT_NE(fault.find(expected), std::string::npos) << plant << ": " << fault;
    EXPECT_NE(fault.find(made->id.to_string()), std::string::npos) << fault;
    alter(mend);
    EXPECT_EQ(fault_of(), "") << mend;
  };
  const auto column = [&](std::string_view name, std::string_view value, std::string_view old) {
    const auto set = [&](std::string_view to) {
      return "UPDATE audit SET " + std::string(name) + " = " + std::string(to) +
             " WHERE sequence = 2";
    };
    twice(set(value), set(old), "audit row 2 ");
  };
  column("after", "replace(after, '\"a\"', '\"x\"')", "replace(after, '\"x\"', '\"a\"')");
  column("before", "'{}'", R"('{"note":null}')");
  column("at", "at + 1", "at - 1");
  column("version", "version + 1", "version - 1");
  column("action", "'derived'", "'updated'");
  column("plugin", "'other'", "'crm'");
  column("entity", "'shop.line'", "'shop.order'");
  const std::string id = tenon::testing::on_postgres()
                             ? "CAST('00112233445566778899AABBCCDDEEFF' AS UUID)"
                             : "x'00112233445566778899AABBCCDDEEFF'";
  column("\"user\"", id, "NULL");
  column("trace", id, "NULL");
  alter("DELETE FROM audit WHERE sequence = 4");
  EXPECT_NE(fault_of().find("the chain ends at 3"), std::string::npos) << fault_of();
  EXPECT_EQ(tenant_->verify_audit()->fault, "") << "a cut end shows against a kept head only";
  alter("DELETE FROM audit WHERE sequence = 2");
  EXPECT_NE(fault_of().find("position 2 is missing"), std::string::npos) << fault_of();
  alter(
      "INSERT INTO audit(at, plugin, entity, record, version, action) "
      "VALUES(1, 'x', 'shop.order', " +
      id + ", 1, 'created')");
  EXPECT_NE(fault_of(), "");
}

TEST_F(PastTest, seals_rows_later_where_writers_must_not_wait_for_each_other) {
  const auto made = put("order", {{"code", "A"}});
  for (const auto* text : {"a", "b", "c"}) ASSERT_TRUE(note(made->id, text));
  const auto inline_head = audited()->head;
  auto lease = tenon::testing::run(tenant_->database().lease(soon()));
  auto& session = lease->session();
  ASSERT_TRUE(session.execute("UPDATE audit SET position = NULL, hash = NULL"));
  EXPECT_EQ(*seal_audit(session, 3), 3U);
  EXPECT_EQ(verify_audit(session)->unsealed, 1U);
  EXPECT_EQ(*seal_audit(session, 100), 1U);
  EXPECT_EQ(*seal_audit(session, 100), 0U);
  const auto report = verify_audit(session);
  EXPECT_EQ(report->fault, "");
  EXPECT_EQ(report->head, inline_head);
  lease->rollback();
}

TEST_F(PastTest, tells_the_history_of_a_record) {
  const auto made = put("order", {{"code", "A"}});
  ASSERT_TRUE(note(made->id, "b"));
  ASSERT_TRUE(line_of(made->id, "1", "2"));
  ASSERT_TRUE(gone("order", made->id));
  auto page = tenant_->history(of("order"), made->id, {}, {}, soon());
  ASSERT_TRUE(page) << page.error().for_log();
  const auto list = *json::parse(page->json);
  ASSERT_EQ(page->rows, 4U);
  EXPECT_EQ(list.at(0).at("action").as_string(), "deleted");
  EXPECT_EQ(list.at(1).at("action").as_string(), "derived");
  EXPECT_EQ(json::serialize(list.at(1).at("changed")), R"(["lines","sum","least","latest","net"])");
  EXPECT_EQ(list.at(2).at("version"), 2);
  EXPECT_EQ(json::serialize(list.at(2).at("changed")), R"(["note"])");
  EXPECT_TRUE(list.at(2).at("before").at("note").is_null());
  EXPECT_EQ(list.at(2).at("record").at("note").as_string(), "b");
  EXPECT_EQ(list.at(3).at("plugin").as_string(), "shop");
  auto first = tenant_->history(of("order"), made->id, {.limit = 3, .before = {}}, {}, soon());
  ASSERT_TRUE(first->next);
  auto rest = tenant_->history(of("order"), made->id,
                               {.limit = 3, .before = std::stoll(*first->next)}, {}, soon());
  EXPECT_EQ(rest->rows, 1U);
  EXPECT_FALSE(rest->next);
  EXPECT_EQ(tenant_->history(of("line"), made->id, {}, {}, soon()).error().code(),
            ErrorCode::not_found);
}

TEST_F(PastTest, shows_records_and_lists_as_they_were_like_a_replay_of_the_audit) {
  const std::uint64_t seed = SystemRandom().next();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SeededRandom random(seed);
  std::vector<RecordId> orders;
  std::vector<RecordId> lines;
  // What a list said at the time itself, next to what the past says later.
  std::map<Timestamp, std::string> seen;
  auto query =
      *parse_query(of("order"), *split_query("sum=gte.0&order=note.desc,id&select=id,code,note,"
                                             "sum,lines,net,version&limit=1000"));
  for (int step = 0; step < 120; ++step) {
    const auto dice = random.next() % 8;
    if (dice < 2 || orders.empty()) {
      orders.push_back(put("order", {{"note", std::to_string(random.next() % 5)}})->id);
    } else {
      const auto id = orders[random.next() % orders.size()];
      if (dice < 4) (void)note(id, std::to_string(random.next() % 5));
      if (dice == 4) (void)gone("order", id);
      if (dice == 5) (void)back("order", id);
      if (dice >= 6) (void)line_of(id, "1", std::to_string(random.next() % 100));
    }
    const auto now = clock_.now();
    seen[now] = tenant_->list(of("order"), query, {}, soon())->json;
    while (clock_.now() <= now) {
    }
  }
  for (const auto& [at, json] : seen) {
    auto past = tenant_->list_as_of(of("order"), query, at, {}, soon());
    ASSERT_TRUE(past) << past.error().for_log();
    ASSERT_EQ(past->json, json);
  }
  // A replay of the trail gives the same states, one record at a time.
  std::map<Uuid, std::vector<std::pair<std::int64_t, std::string>>> trail;
  auto reader = tenant_->database().reader();
  ASSERT_TRUE(reader->session().query(
      "SELECT record, at, after FROM audit WHERE entity = 'shop.order' ORDER BY sequence", {},
      [&](const storage::Row& row) {
        Uuid id;
        std::ranges::copy(row.blob(0), id.bytes.begin());
        trail[id].emplace_back(row.integer(1), std::string(row.text(2)));
        return storage::Visit::more;
      }));
  std::size_t compared = 0;
  for (const auto& [id, states] : trail)
    for (const auto& [at, json] : seen) {
      std::string expected;
      for (const auto& [when, state] : states)
        if (when <= at.time_since_epoch().count()) expected = state;
      const auto record = tenant_->record_as_of(of("order"), RecordId{id}, at, {}, soon());
      ASSERT_EQ(record ? record->json : "", expected);
      ++compared;
    }
  EXPECT_GT(compared, 1000U);
  EXPECT_EQ(audited()->fault, "");
}

TEST_F(PastTest, refuses_what_a_list_of_the_past_cannot_do) {
  auto query = *parse_query(of("order"), *split_query("limit=1"));
  query.after = "x";
  EXPECT_EQ(tenant_->list_as_of(of("order"), query, clock_.now(), {}, soon()).error().reason(),
            "query.as_of");
}

TEST(Match, reads_patterns_like_the_database) {
  EXPECT_TRUE(like("%", ""));
  EXPECT_TRUE(like("a%c", "abbc"));
  EXPECT_TRUE(like("%b_", "abbc"));
  EXPECT_TRUE(like("_贸易", "上贸易"));
  EXPECT_TRUE(like("100\\%", "100%"));
  EXPECT_FALSE(like("100\\%", "100x"));
  EXPECT_FALSE(like("a_", "a"));
  EXPECT_FALSE(like("a", "A"));
  EXPECT_TRUE(like("%a%b%", "xaybz"));
}

}  // namespace
}  // namespace tenon::data
