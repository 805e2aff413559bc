#include "identity/users.h"

#include "identity/hand_over.h"
#include "identity/test_fixture.h"
#include "identity/plan.h"
#include "identity/tickets.h"

namespace tenon::identity {
namespace {

using UsersTest = testing::IdentityTest;

std::string reason(const auto& result) { return result ? "good" : result.error().reason(); }

std::string codes(const Error& error) {
  std::string text;
  for (const auto& field : error.fields()) text += field.path + ":" + field.code + " ";
  return text;
}

TEST_P(UsersTest, have_names_that_differ_by_more_than_case) {
  add_user("Anna");
  const auto again = change([](Change& change) { return create_user(change, {.name = "ANNA"}); });
  EXPECT_EQ(reason(again), "user.exists");
  EXPECT_EQ(codes(again.error()), "/name:unique ");
  const auto wrong = change([](Change& change) {
    return create_user(
        change,
        {.name = std::string(65, 'x'), .full_name = "a\nb", .email = "nobody", .locale = "fr"});
  });
  EXPECT_EQ(codes(wrong.error()),
            "/name:max_length /full_name:format /email:format /locale:option ");
  EXPECT_TRUE(
      change([](Change& change) { return create_user(change, {.name = std::string(64, 'x')}); }));
  EXPECT_EQ(codes(change([](Change& change) { return create_user(change, {.name = ""}); }).error()),
            "/name:required ");
}

TEST_P(UsersTest, are_listed_in_pages_by_name_and_found_by_a_part_of_it) {
  for (const auto* name : {"dora", "anna", "carl", "bert", "100%", "a_b"}) add_user(name);
  const auto names = [&](UserQuery query) {
    std::string text;
    auto page = look([&](storage::Session& session) { return list_users(session, query); });
    EXPECT_TRUE(page) << page.error().for_log();
    for (const auto& user : page->users) text += user.name + " ";
    return text + page->next;
  };
  EXPECT_EQ(names({.limit = 3}), "100% a_b anna anna");
  EXPECT_EQ(names({.limit = 3, .after = "anna"}), "bert carl dora ");
  EXPECT_EQ(names({.text = "R"}), "bert carl dora ");
  EXPECT_EQ(names({.text = "%"}), "100% ") << "a wildcard is a character";
  EXPECT_EQ(names({.text = "_"}), "a_b ");
  EXPECT_EQ(names({.state = UserState::deactivated}), "");
}

TEST_P(UsersTest, are_changed_by_the_version_that_was_read) {
  const auto id = add_user("anna");
  EXPECT_TRUE(change([&](Change& change) {
    return change_user(change, id, {.full_name = "Anna A.", .email = "a@example.com"}, 1);
  }));
  EXPECT_EQ(reason(change(
                [&](Change& change) { return change_user(change, id, {.full_name = "x"}, 1); })),
            "data.version");
  const auto row = look([&](storage::Session& session) { return get_user(session, id); });
  EXPECT_EQ(row->full_name, "Anna A.");
  EXPECT_EQ(row->version, 2U);
  const auto other = add_user("bert");
  EXPECT_EQ(reason(change([&](Change& change) {
              return change_user(change, other, {.email = "A@Example.com"});
            })),
            "user.exists");
}

TEST_P(UsersTest, that_are_deactivated_lose_sessions_tokens_and_the_way_back) {
  add_administrator("root");
  const auto id = add_user("anna");
  const auto session = sign_in("anna");
  ASSERT_TRUE(session) << session.error().for_log();
  EXPECT_EQ(who(session->token), "anna");
  ASSERT_TRUE(change([&](Change& change) { return deactivate_user(change, id, {}); }));
  EXPECT_EQ(who(session->token), "");
  EXPECT_EQ(reason(sign_in("anna")), "http.login_failed");
  EXPECT_EQ(reason(change([&](Change& change) { return make_ticket(change, id); })),
            "user.deactivated");
  ASSERT_TRUE(change([&](Change& change) { return reactivate_user(change, id); }));
  EXPECT_TRUE(sign_in("anna"));
  EXPECT_EQ(who(session->token), "") << "an ended session stays ended";
}

TEST_P(UsersTest, the_last_administrator_stays) {
  const auto root = add_administrator("root");
  const auto other = add_administrator("other");
  const auto deactivate = [&](UserId id) {
    return reason(change([&](Change& change) { return deactivate_user(change, id, {}); }));
  };
  const auto demote = [&](UserId id) {
    return reason(change([&](Change& change) { return set_roles(change, id, {}); }));
  };
  EXPECT_EQ(
      reason(change([&](Change& change) { return deactivate_user(change, root, {}); }, as(root))),
      "user.self");
  EXPECT_EQ(deactivate(other), "good");
  EXPECT_EQ(deactivate(root), "user.last_administrator");
  EXPECT_EQ(demote(root), "user.last_administrator");
  ASSERT_TRUE(change([&](Change& change) { return reactivate_user(change, other); }));
  EXPECT_EQ(demote(root), "good");
}

TEST_P(UsersTest, a_plan_bounds_their_number) {
  ASSERT_TRUE(change([](Change& change) {
    return set_plan(change, {.name = "small", .limits = {{PlanLimit::users, 2}}});
  }));
  add_administrator("root");
  const auto anna = add_user("anna");
  const auto third = [&] {
    return reason(change([](Change& change) { return create_user(change, {.name = "third"}); }));
  };
  EXPECT_EQ(third(), "plan.users");
  ASSERT_TRUE(change([&](Change& change) { return deactivate_user(change, anna, {}); }));
  EXPECT_EQ(third(), "good");
  EXPECT_EQ(reason(change([&](Change& change) { return reactivate_user(change, anna); })),
            "plan.users");
}

TEST_P(UsersTest, an_invitation_works_once_and_for_a_while) {
  const auto invite = [&](const std::string& name) {
    return change([&](Change& change) -> Result<Ticket> {
      TENON_ASSIGN(id, create_user(change, {.name = name}));
      return make_ticket(change, id);
    });
  };
  const auto ticket = invite("anna");
  ASSERT_TRUE(ticket) << ticket.error().for_log();
  EXPECT_EQ(ticket->purpose, TicketPurpose::invitation);
  const auto use = [&](const std::string& token) {
    const auto hash = hash_password(Secret<std::string>("chosen by anna"), kCost);
    return reason(change([&](Change& change) { return use_ticket(change, token, *hash); }));
  };
  EXPECT_EQ(reason(sign_in("anna", "chosen by anna")), "http.login_failed");
  EXPECT_EQ(use(ticket->token + "x"), "ticket.invalid");
  EXPECT_EQ(use(ticket->token), "good");
  EXPECT_EQ(use(ticket->token), "ticket.invalid");
  const auto entered = sign_in("anna", "chosen by anna");
  ASSERT_TRUE(entered) << entered.error().for_log();

  const auto late = invite("bert");
  clock_.advance(kInvitationTime + std::chrono::seconds(1));
  EXPECT_EQ(use(late->token), "ticket.invalid");

  const auto id = entered->principal->user;
  const auto first = change([&](Change& change) { return make_ticket(change, id); });
  const auto second = change([&](Change& change) { return make_ticket(change, id); });
  EXPECT_EQ(second->purpose, TicketPurpose::reset);
  EXPECT_EQ(use(first->token), "ticket.invalid") << "a newer one ends it";
  EXPECT_EQ(use(second->token), "good");
  EXPECT_EQ(who(entered->token), "") << "a reset ends the sessions";
}

TEST_P(UsersTest, a_manager_changes_only_those_whose_rights_he_has) {
  const auto root = add_administrator("root");
  const auto manage = add_role("people", {{"tenon.users.manage", data::Scope::all},
                                          {"crm.customer.list", data::Scope::department}});
  const auto wide = add_role("wide", {{"crm.customer.list", data::Scope::all}});
  const auto narrow = add_role("narrow", {{"crm.customer.list", data::Scope::self}});
  const auto manager = add_user("manager", {manage});
  const auto above = add_user("above", {wide});
  const auto below = add_user("below", {narrow});
  const auto actor = as(manager);
  const auto rename = [&](UserId id) {
    return reason(
        change([&](Change& change) { return change_user(change, id, {.full_name = "x"}); }, actor));
  };
  EXPECT_EQ(rename(below), "good");
  EXPECT_EQ(rename(above), "user.escalation");
  EXPECT_EQ(rename(root), "user.escalation");
  EXPECT_EQ(reason(change([&](Change& change) { return make_ticket(change, root); }, actor)),
            "user.escalation");
  EXPECT_EQ(
      reason(change([&](Change& change) { return deactivate_user(change, above, {}); }, actor)),
      "user.escalation");
  const auto give = [&](RoleId role) {
    return reason(change([&](Change& change) { return set_roles(change, below, {role}); }, actor));
  };
  EXPECT_EQ(give(wide), "role.escalation");
  EXPECT_EQ(give(kAdministratorRole), "role.escalation");
  EXPECT_EQ(give(narrow), "good");
}

TEST_P(UsersTest, every_change_leaves_an_audit_row_and_the_chain_holds) {
  const auto root = add_administrator("root");
  const auto before = count("SELECT count(*) FROM audit");
  const auto id =
      change([](Change& change) { return create_user(change, {.name = "anna"}); }, as(root));
  ASSERT_TRUE(change([&](Change& change) { return deactivate_user(change, *id, {}); }, as(root)));
  EXPECT_EQ(count("SELECT count(*) FROM audit"), before + 2);
  EXPECT_EQ(count("SELECT count(*) FROM audit WHERE after LIKE '%a long password%' OR after LIKE "
                  "'%argon2%'"),
            0);
  if (GetParam()) (void)wait_for(realm_->tenant()->seal_audit(1000, testing::soon()));
  const auto report = realm_->tenant()->verify_audit();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->fault, "");
}

TENON_ON_BOTH(UsersTest);

}  // namespace
}  // namespace tenon::identity
