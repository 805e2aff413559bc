#include "identity/sessions.h"

#include "identity/api_tokens.h"
#include "identity/plan.h"
#include "identity/test_fixture.h"

namespace tenon::identity {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class SessionsTest : public testing::IdentityTest {
 protected:
  std::string enter(std::string user = "anna", Remember remember = Remember::no) {
    auto entered = sign_in(std::move(user), "a long password", {}, "acme", "10.0.0.1", remember);
    EXPECT_TRUE(entered) << entered.error().for_log();
    return entered ? entered->token : std::string();
  }
  /// What a process that starts now knows: the database alone.
  std::unique_ptr<Sessions> after_restart() {
    return std::make_unique<Sessions>(Sessions::Options{}, identity_.tools, identity_.realms);
  }
  static std::string name_in(Sessions& sessions, const std::string& token) {
    auto found = wait_for(sessions.find(token, Proof::session, testing::soon()));
    return found && *found ? (*found)->name : std::string();
  }
};

TEST_P(SessionsTest, are_found_by_their_token_until_they_are_closed) {
  add_user("anna");
  const auto token = enter();
  EXPECT_TRUE(parts_of(token));
  EXPECT_EQ(who(token), "anna");
  ASSERT_TRUE(wait_for(identity_.sessions.close(token, {}, testing::soon())));
  EXPECT_EQ(who(token), "");
}

TEST_P(SessionsTest, refuse_every_other_text) {
  add_user("anna");
  const auto token = enter();
  const auto secret = token.substr(token.find('.') + 1);
  for (const std::string& wrong :
       {std::string(), secret, "acme." + secret.substr(1), token + "A", "beta." + secret,
        "acme." + std::string(43, 'A'), "../acme." + secret, "ACME." + secret})
    EXPECT_EQ(who(wrong), "") << wrong;
  EXPECT_EQ(who(token, Proof::token), "") << "a cookie is no API token";
  EXPECT_EQ(who(token), "anna");
}

TEST_P(SessionsTest, outlive_the_process_and_are_stored_as_hashes_alone) {
  add_user("anna");
  const auto token = enter();
  EXPECT_EQ(name_in(*after_restart(), token), "anna");
  auto reader = realm_->tenant()->database().reader();
  std::string stored;
  ASSERT_TRUE(reader->session().query("SELECT hash FROM identity_session", {},
                                      [&](const storage::Row& row) {
                                        stored = hex(row.blob(0));
                                        return storage::Visit::more;
                                      }));
  EXPECT_EQ(stored, hex(sha256(token)));
}

TEST_P(SessionsTest, end_when_they_are_idle_for_too_long) {
  add_user("anna");
  const auto token = enter();
  clock_.advance(minutes(29));
  EXPECT_EQ(who(token), "anna");
  clock_.advance(minutes(29));
  EXPECT_EQ(who(token), "anna") << "use counts as activity";
  EXPECT_EQ(name_in(*after_restart(), token), "anna") << "also over a restart";
  clock_.advance(minutes(31));
  EXPECT_EQ(who(token), "");
  EXPECT_EQ(name_in(*after_restart(), token), "");
}

TEST_P(SessionsTest, are_peeked_at_without_counting_as_use) {
  add_user("anna");
  const auto token = enter();
  const auto peek = [&](Sessions& sessions) {
    auto found = wait_for(sessions.peek(token, Proof::session, testing::soon()));
    return found && *found ? (*found)->name : std::string();
  };
  clock_.advance(minutes(29));
  EXPECT_EQ(peek(identity_.sessions), "anna");
  EXPECT_EQ(peek(*after_restart()), "anna");
  clock_.advance(minutes(2));
  EXPECT_EQ(peek(identity_.sessions), "");
  EXPECT_EQ(who(token), "");
}

TEST_P(SessionsTest, of_who_asked_to_be_remembered_rest_for_eight_hours) {
  add_user("anna");
  const auto token = enter("anna", Remember::yes);
  clock_.advance(hours(8));
  EXPECT_EQ(who(token), "anna");
  clock_.advance(hours(4) + seconds(1));
  EXPECT_EQ(who(token), "") << "twelve hours are the end for everybody";
}

TEST_P(SessionsTest, end_at_their_greatest_age_however_busy) {
  add_user("anna");
  const auto token = enter();
  for (int i = 0; i < 36; ++i) {
    clock_.advance(minutes(20));
    EXPECT_EQ(who(token), "anna") << i;
  }
  clock_.advance(seconds(1));
  EXPECT_EQ(who(token), "");
}

TEST_P(SessionsTest, of_one_user_are_twenty_at_most_and_the_idlest_makes_room) {
  add_user("anna");
  std::vector<std::string> tokens;
  for (int i = 0; i < 20; ++i) {
    tokens.push_back(enter());
    clock_.advance(seconds(70));
  }
  EXPECT_EQ(who(tokens[0]), "anna");  // now the second is the one idle for longest
  const auto last = enter();
  EXPECT_EQ(who(tokens[1]), "");
  EXPECT_EQ(who(tokens[0]), "anna");
  EXPECT_EQ(who(last), "anna");
  EXPECT_EQ(count("SELECT count(*) FROM identity_session"), 20);
}

TEST_P(SessionsTest, in_memory_are_bounded_and_the_rest_is_read_again) {
  add_user("anna");
  Sessions small({.limits = {}, .capacity = 2}, identity_.tools, identity_.realms);
  std::vector<std::string> tokens;
  for (int i = 0; i < 4; ++i) tokens.push_back(enter());
  for (int round = 0; round < 2; ++round)
    for (const auto& token : tokens) EXPECT_EQ(name_in(small, token), "anna");
}

TEST_P(SessionsTest, see_a_changed_right_at_once) {
  const auto id = add_user("anna");
  const auto role = add_role("sales", {{"crm.customer.list", data::Scope::self}});
  const auto token = enter();
  const auto scope = [&] {
    auto found = wait_for(identity_.sessions.find(token, Proof::session, testing::soon()));
    return (*found)->scope_of("crm.customer.list");
  };
  EXPECT_EQ(scope(), data::Scope::none);
  ASSERT_TRUE(change([&](Change& change) { return set_roles(change, id, {role}); }));
  EXPECT_EQ(scope(), data::Scope::self);
  ASSERT_TRUE(change([&](Change& change) {
    return change_role(change, role,
                       {.name = "sales",
                        .description = "",
                        .grants = {{"crm.customer.list", data::Scope::all}},
                        .columns = {}},
                       {});
  }));
  EXPECT_EQ(scope(), data::Scope::all);
  ASSERT_TRUE(change([&](Change& change) { return delete_role(change, role); }));
  EXPECT_EQ(scope(), data::Scope::none);
}

TEST_P(SessionsTest, of_another_process_are_ended_within_a_second) {
  const auto id = add_user("anna");
  const auto token = enter();
  EXPECT_EQ(who(token), "anna");
  // Another process has a realm and memory of its own over the same database.
  const auto other = std::make_shared<Realm>(realm_->tenant());
  ASSERT_TRUE(
      wait_for(identity::change(identity_.tools, other, {}, testing::soon(),
                                [&](Change& change) { return end_sessions(change, id, {}); })));
  if (!GetParam()) {
    EXPECT_TRUE(realm_->is_fresh(clock_.instant() + std::chrono::hours(1)))
        << "a file has one process";
    return;
  }
  clock_.advance(kLookAgain + seconds(1));
  EXPECT_EQ(who(token), "");
}

TEST_P(SessionsTest, look_with_another_users_eyes_while_an_administrator_does) {
  const auto root = add_administrator("root");
  add_administrator("other");
  const auto anna = add_user("anna");
  const auto token = change([&](Change& change) {
    return identity_.sessions.open(change, {.user = root, .view_as = anna});
  });
  auto found = wait_for(identity_.sessions.find(*token, Proof::session, testing::soon()));
  EXPECT_EQ((*found)->name, "anna");
  EXPECT_TRUE((*found)->read_only());
  EXPECT_FALSE((*found)->administrator);
  EXPECT_EQ((*found)->responsible(), root);
  ASSERT_TRUE(change([&](Change& change) { return set_roles(change, root, {}); }));
  EXPECT_EQ(who(*token), "");
}

class ApiTokensTest : public SessionsTest {};

TEST_P(ApiTokensTest, stand_for_their_user_until_they_end) {
  const auto id = add_administrator("root");
  const auto made = change([&](Change& change) {
    return make_api_token(change, {.user = id, .name = "import", .lifetime = hours(24)});
  });
  ASSERT_TRUE(made) << made.error().for_log();
  EXPECT_EQ(who(made->text, Proof::token), "root");
  EXPECT_EQ(who(made->text, Proof::session), "") << "a token is no cookie";
  clock_.advance(hours(23));
  EXPECT_EQ(who(made->text, Proof::token), "root") << "a token does not idle";
  const auto all = look([&](storage::Session& session) { return api_tokens_of(session, id); });
  EXPECT_TRUE(all->front().used.has_value());
  clock_.advance(hours(1) + seconds(1));
  EXPECT_EQ(who(made->text, Proof::token), "");
}

TEST_P(ApiTokensTest, reach_no_further_than_they_say_and_end_at_once) {
  const auto id = add_administrator("root");
  const auto made = change([&](Change& change) {
    return make_api_token(
        change,
        {.user = id, .name = "read", .scopes = std::vector<std::string>{"crm.customer.list"}});
  });
  auto found = wait_for(identity_.sessions.find(made->text, Proof::token, testing::soon()));
  EXPECT_FALSE((*found)->administrator);
  EXPECT_TRUE((*found)->has("crm.customer.list"));
  EXPECT_FALSE((*found)->has("crm.customer.manage"));
  EXPECT_EQ((*found)->entities.at("crm.customer").scope, data::Scope::all);
  EXPECT_EQ((*found)->entities.at("crm.customer").change, data::Scope::none);
  ASSERT_TRUE(change([&](Change& change) { return end_api_token(change, id, made->token.id); }));
  EXPECT_EQ(who(made->text, Proof::token), "");
}

TEST_P(ApiTokensTest, are_bounded_in_number_lifetime_and_scopes) {
  const auto id = add_user("anna");
  const auto make = [&](NewApiToken token) {
    token.user = id;
    auto made = change([&](Change& change) { return make_api_token(change, token); });
    return made ? std::string("made") : made.error().reason();
  };
  EXPECT_EQ(make({.user = {}, .name = "x", .lifetime = kLongestToken}), "made");
  EXPECT_EQ(make({.user = {}, .name = "x", .lifetime = kLongestToken + seconds(1)}),
            "schema.fields");
  EXPECT_EQ(make({.user = {}, .name = "x", .lifetime = seconds(0)}), "schema.fields");
  EXPECT_EQ(make({.user = {}, .name = std::string(101, 'x')}), "schema.fields");
  EXPECT_EQ(make({.user = {}, .name = "x", .scopes = std::vector<std::string>(101, "a.b")}),
            "schema.fields");
  for (std::int64_t i = 1; i < standard(PlanLimit::tokens_of_user); ++i)
    EXPECT_EQ(make({.user = {}, .name = "x"}), "made");
  EXPECT_EQ(make({.user = {}, .name = "x"}), "token.limit");
}

TENON_ON_BOTH(SessionsTest);
TENON_ON_BOTH(ApiTokensTest);

}  // namespace
}  // namespace tenon::identity
