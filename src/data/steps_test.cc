// What waits for approval is changed by no way of writing, and a step is taken by whoever may.
#include "data/steps.h"

#include <set>

#include "data/relations.h"
#include "data/test_fixture.h"

namespace tenon::data {
namespace {

using testing::field;
using testing::soon;

Entity invoice() {
  Entity entity{.plugin = "lab", .name = "invoice"};
  auto number = field("number", FieldType::string);
  number.unique = true;
  entity.fields = {number, field("total", FieldType::money)};
  States states;
  states.field = "status";
  states.initial = "draft";
  states.states = {{.name = "draft", .label = {}, .required = {}, .immutable = false},
                   {.name = "posted", .label = {}, .required = {"number"}, .immutable = true}};
  states.transitions = {{.name = "post",
                         .display_name = {},
                         .from = {"draft"},
                         .to = "posted",
                         .permission = "invoice.post",
                         .not_author = false,
                         .amount_field = {},
                         .amount_limit = {},
                         .amount_permission = {},
                         .approvals = Approvals{.count = 2,
                                                .permission = "invoice.approve",
                                                .not_author = true,
                                                .amount_field = "total",
                                                .above = "\"100.00\""}}};
  entity.states = std::move(states);
  return entity;
}

/// Sees all and holds what is named; may change nothing unless told.
class Holder final : public Rights {
 public:
  Holder(std::set<std::string, std::less<>> held, Scope change) : held_(std::move(held)) {
    access_.change = change;
  }
  const Access& on(std::string_view) const noexcept override { return access_; }
  bool holds(std::string_view permission) const noexcept override {
    return held_.contains(permission);
  }

 private:
  std::set<std::string, std::less<>> held_;
  Access access_;
};

class StepsTest : public testing::TenantTest {
 protected:
  Viewer author_ = viewer({"lab.invoice.post"}, Scope::all);
  Viewer one_ = viewer({"lab.invoice.approve"}, Scope::none);
  Viewer two_ = viewer({"lab.invoice.approve"}, Scope::none);

  void SetUp() override {
    TenantTest::SetUp();
    const auto done = tenon::testing::run(tenant_->install({.id = "lab",
                                                            .version = "1.0.0",
                                                            .manifest = "[metadata]",
                                                            .component = std::string("\0asm", 4),
                                                            .sha256 = "01",
                                                            .entities = {invoice()}},
                                                           soon()));
    ASSERT_TRUE(done) << done.error().for_log();
  }
  Viewer viewer(std::set<std::string, std::less<>> held, Scope change) {
    return {.user = UserId::make(clock_, random_),
            .department = {},
            .departments = {},
            .rights = std::make_shared<Holder>(std::move(held), change)};
  }
  /// `work(UnitOfWork&, const EntityInfo&)` for `who`; the reason of its failure, or empty.
  template <class Work>
  std::string as(const Viewer& who, Work work) {
    auto done = within(
        [&](UnitOfWork& unit) -> Result<> {
          auto result = work(unit, *unit.catalog().find("lab", "invoice"));
          if (!result) return std::unexpected(std::move(result.error()));
          return {};
        },
        {}, who);
    return done ? std::string() : done.error().reason();
  }
  RecordId make(std::string total) {
    RecordId id{};
    const auto reason = as(author_, [&](UnitOfWork& unit, const EntityInfo& entity) {
      auto record =
          unit.insert(entity, {{"number", "N" + std::to_string(++made_)}, {"total", total}});
      if (record) id = record->id;
      return record;
    });
    EXPECT_EQ(reason, "");
    return id;
  }
  std::string change(const Viewer& who, RecordId id, json::object fields) {
    return as(who, [&](UnitOfWork& unit, const EntityInfo& entity) {
      return unit.update(entity, id, fields, std::nullopt);
    });
  }
  ApprovalId ask(RecordId id) {
    ApprovalId approval{};
    EXPECT_EQ(as(author_,
                 [&](UnitOfWork& unit, const EntityInfo& entity) {
                   auto taken = unit.take_step(entity, id, "post", "please", std::nullopt);
                   if (taken) approval = taken->waiting_in.value_or(ApprovalId{});
                   return taken;
                 }),
              "");
    return approval;
  }
  std::string decide(const Viewer& who, ApprovalId approval, Verdict verdict) {
    return as(who, [&](UnitOfWork& unit, const EntityInfo& entity) -> Result<> {
      TENON_ASSIGN(decided, unit.decide(approval, verdict, "because"));
      if (decided.step == nullptr) return {};
      TENON_TRY(unit.update(entity, decided.approval.record, {{"status", decided.step->to}},
                            std::nullopt, Author::module));
      return {};
    });
  }
  std::string status(RecordId id) {
    const auto entity = tenant_->catalog();
    const auto record = tenant_->get(*entity->find("lab", "invoice"), id, {});
    return std::string(json::parse_object(record->json)->at("status").as_string());
  }

 private:
  int made_ = 0;
};

TEST_F(StepsTest, what_waits_is_changed_by_no_way_of_writing) {
  const auto id = make("500.00");
  const auto approval = ask(id);
  for (const auto& who : {author_, Viewer{}}) {
    EXPECT_EQ(change(who, id, {{"total", "1.00"}}), "data.awaiting");
    EXPECT_EQ(change(who, id, {{"status", "posted"}}), "data.awaiting");
    EXPECT_EQ(as(who, [&](UnitOfWork& unit,
                          const EntityInfo& of) { return unit.erase(of, id, std::nullopt); }),
              "data.awaiting");
    EXPECT_EQ(as(who,
                 [&](UnitOfWork& unit, const EntityInfo& of) {
                   const std::vector<std::string> key{"number"};
                   return unit.upsert(of, {{"number", "N1"}, {"total", "2.00"}}, key,
                                      Resolution::merge);
                 }),
              "data.awaiting");
  }
  EXPECT_EQ(decide(one_, approval, Verdict::reject), "");
  EXPECT_EQ(change(author_, id, {{"total", "1.00"}}), "");
}

TEST_F(StepsTest, enough_others_make_the_step_and_need_no_right_to_change) {
  const auto id = make("500.00");
  EXPECT_EQ(change(Viewer{}, id, {{"status", "posted"}}), "data.approval");
  const auto approval = ask(id);
  EXPECT_EQ(decide(author_, approval, Verdict::approve), "approval.right");
  EXPECT_EQ(decide(one_, approval, Verdict::approve), "");
  EXPECT_EQ(decide(one_, approval, Verdict::approve), "approval.decided");
  EXPECT_EQ(status(id), "draft");
  EXPECT_EQ(decide(two_, approval, Verdict::approve), "");
  EXPECT_EQ(status(id), "posted");
  EXPECT_EQ(decide(two_, approval, Verdict::withdraw), "approval.ended");
  EXPECT_EQ(change(Viewer{}, id, {{"total", "1.00"}}), "data.immutable");
  const auto report = audited();
  ASSERT_TRUE(report) << report.error().for_log();
  EXPECT_EQ(report->fault, "");
}

TEST_F(StepsTest, a_small_amount_needs_the_right_to_the_step_alone) {
  const auto id = make("100.00");
  EXPECT_EQ(change(one_, id, {{"status", "posted"}}), "data.scope");
  const auto writer = viewer({}, Scope::all);
  EXPECT_EQ(change(writer, id, {{"status", "posted"}}), "data.transition_right");
  EXPECT_EQ(change(author_, id, {{"total", "500.00"}, {"status", "posted"}}), "data.approval")
      << "what it was and what it becomes both count";
  EXPECT_EQ(change(author_, id, {{"status", "posted"}}), "");
}

TEST_F(StepsTest, a_step_is_told_by_its_own_name_and_as_a_change) {
  const auto id = make("1.00");
  EXPECT_EQ(change(author_, id, {{"status", "posted"}}), "");
  auto lease = tenant_->database().reader();
  ASSERT_TRUE(lease);
  std::vector<std::string> types, actions;
  const auto read = [&](std::string_view sql, std::vector<std::string>& into) {
    EXPECT_TRUE(lease->session().query(sql, {}, [&](const storage::Row& row) {
      into.emplace_back(row.text(0));
      return storage::Visit::more;
    }));
  };
  read("SELECT type FROM outbox ORDER BY sequence", types);
  read("SELECT action FROM audit WHERE entity = 'lab.invoice' ORDER BY sequence", actions);
  EXPECT_EQ(types, (std::vector<std::string>{"lab.invoice.created", "lab.invoice.updated",
                                             "lab.invoice.post"}));
  EXPECT_EQ(actions, (std::vector<std::string>{"created", "post"}));
}

TEST_F(StepsTest, approvals_that_do_not_fit_together_are_refused) {
  const auto refused = [](auto spoil) {
    auto entity = invoice();
    spoil(*entity.states->transitions[0].approvals, entity);
    return expand({entity}).has_value() ? std::string() : expand({entity}).error().reason();
  };
  EXPECT_EQ(refused([](Approvals& of, Entity&) { of.count = 0; }), "schema.states");
  EXPECT_EQ(refused([](Approvals& of, Entity&) { of.count = kMaxApprovals + 1; }), "schema.states");
  EXPECT_EQ(refused([](Approvals& of, Entity&) { of.permission.clear(); }), "schema.states");
  EXPECT_EQ(refused([](Approvals& of, Entity&) { of.above.reset(); }), "schema.states");
  EXPECT_EQ(refused([](Approvals& of, Entity&) { of.amount_field = "number"; }), "schema.states");
  EXPECT_EQ(refused([](Approvals&, Entity& of) { of.states->transitions[0].name = "updated"; }),
            "schema.states");
}

}  // namespace
}  // namespace tenon::data
