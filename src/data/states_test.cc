#include "data/states.h"

#include <gtest/gtest.h>

#include "data/native_scripts.h"
#include "data/relations.h"
#include "data/test_fixture.h"

namespace tenon::data {
namespace {

using testing::field;

Entity order() {
  Entity entity{.plugin = "lab", .name = "invoice"};
  auto total = field("total", FieldType::money);
  entity.fields = {field("number", FieldType::string), total};
  States states;
  states.field = "status";
  states.initial = "draft";
  states.states = {{.name = "draft", .label = {}, .required = {}, .immutable = false},
                   {.name = "posted", .label = {}, .required = {"number"}, .immutable = true},
                   {.name = "void", .label = {}, .required = {}, .immutable = true}};
  states.transitions = {{.name = "post",
                         .display_name = {},
                         .from = {"draft"},
                         .to = "posted",
                         .permission = "invoice.post",
                         .not_author = true,
                         .amount_field = "total",
                         .amount_limit = "\"100.00\"",
                         .amount_permission = "invoice.post_large"},
                        {.name = "cancel",
                         .display_name = {},
                         .from = {"posted"},
                         .to = "void",
                         .permission = {},
                         .not_author = false,
                         .amount_field = {},
                         .amount_limit = {},
                         .amount_permission = {}}};
  entity.states = std::move(states);
  return entity;
}

class StatesTest : public ::testing::Test {
 protected:
  std::unique_ptr<EntityInfo> info_ = std::move(*EntityInfo::make(expand({order()})->front(), 1));
  SystemRandom random_;
  Uuid author_ = Uuid::make_v7(SystemClock().now(), random_);
  Uuid other_ = Uuid::make_v7(SystemClock().now(), random_);

  std::vector<Value> row(std::string state, Value number = {}, Value total = {}) {
    std::vector<Value> made(info_->columns().size());
    made[*info_->find("status")] = std::move(state);
    made[*info_->find("number")] = std::move(number);
    made[*info_->find("total")] = std::move(total);
    made[*info_->find("created_by")] = author_;
    return made;
  }
  std::string check(const std::vector<Value>& before, const std::vector<Value>& after,
                    std::string permissions = "", bool as_author = false) {
    const StateActor actor{.user = as_author ? author_ : other_, .may = [&](std::string_view code) {
                             return permissions.find(std::string(code) + ";") != std::string::npos;
                           }};
    const auto done = check_transition(*info_, before, after, actor);
    if (!done) return std::string(to_string(done.error().code())) + " " + done.error().reason();
    return *done == nullptr ? "stays" : (*done)->name;
  }
};

TEST_F(StatesTest, begins_only_in_the_initial_state) {
  EXPECT_EQ(check({}, row("draft")), "stays");
  EXPECT_EQ(check({}, row("posted", "1")), "invalid data.transition");
}

TEST_F(StatesTest, moves_only_along_declared_ways_with_the_rights_for_it) {
  const auto number = Value(std::string("7"));
  EXPECT_EQ(check(row("draft", number), row("posted", number), "invoice.post;"), "post");
  EXPECT_EQ(check(row("draft", number), row("posted", number)), "denied data.transition_right");
  EXPECT_EQ(check(row("draft", number), row("posted", number), "invoice.post;", true),
            "denied data.transition_author");
  EXPECT_EQ(check(row("draft"), row("posted"), "invoice.post;"), "invalid data.fields");
  EXPECT_EQ(check(row("draft", number), row("void", number)), "invalid data.transition");
}

TEST_F(StatesTest, needs_another_right_above_the_amount) {
  const auto n = Value(std::string("7"));
  const auto at = Value(std::int64_t{10000});
  const auto over = Value(std::int64_t{10001});
  EXPECT_EQ(check(row("draft", n, at), row("posted", n, at), "invoice.post;"), "post");
  EXPECT_EQ(check(row("draft", n, over), row("posted", n, over), "invoice.post;"),
            "denied data.transition_amount");
  EXPECT_EQ(
      check(row("draft", n, over), row("posted", n, over), "invoice.post;invoice.post_large;"),
      "post");
}

TEST_F(StatesTest, changes_nothing_of_an_immutable_document_but_its_state) {
  const auto n = Value(std::string("7"));
  EXPECT_EQ(check(row("posted", n), row("posted", Value(std::string("8")))),
            "conflict data.immutable");
  EXPECT_EQ(check(row("posted", n), row("void", n)), "cancel");
  EXPECT_EQ(check(row("posted", n), row("void", Value(std::string("8")))),
            "conflict data.immutable");
  EXPECT_FALSE(check_erasable(*info_, row("posted", n)));
  EXPECT_TRUE(check_erasable(*info_, row("draft", n)));
}

TEST_F(StatesTest, refuses_states_that_do_not_fit_together) {
  auto wrong = order();
  wrong.states->transitions[0].to = "nowhere";
  EXPECT_EQ(expand({wrong}).error().reason(), "schema.states");
  wrong = order();
  wrong.states->initial = "x";
  EXPECT_EQ(expand({wrong}).error().reason(), "schema.states");
  wrong = order();
  wrong.states->states[0].required = {"x"};
  EXPECT_EQ(expand({wrong}).error().reason(), "schema.states");
}

using NativeScripts = testing::TenantTest;

TEST_F(NativeScripts, run_once_in_order_and_never_change) {
  std::vector<NativeScript> scripts{
      {.number = 1,
       .name = "tables",
       .sqlite = "CREATE TABLE native_a(id INTEGER)",
       .postgres = ""},
      {.number = 2, .name = "more", .sqlite = "CREATE TABLE native_b(id INTEGER)", .postgres = ""}};
  const auto apply = [&]() -> std::string {
    auto lease = tenon::testing::run(tenant_->database().lease(testing::soon()));
    auto done = apply_scripts(lease->session(), "money", scripts, clock_.now());
    if (!done) return done.error().reason();
    const auto committed = tenon::testing::run(lease->commit());
    return committed ? std::to_string(*done) : committed.error().reason();
  };
  EXPECT_EQ(apply(), "2");
  EXPECT_EQ(apply(), "0");
  scripts[0].sqlite = "CREATE TABLE native_a(id TEXT)";
  EXPECT_EQ(apply(), "schema.script_changed");
  scripts.pop_back();
  scripts[0].sqlite = "CREATE TABLE native_a(id INTEGER)";
  EXPECT_EQ(apply(), "schema.script_unknown");
  scripts[0].number = 2;
  EXPECT_EQ(apply(), "schema.script_order");
}

}  // namespace
}  // namespace tenon::data
