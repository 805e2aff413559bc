#include "identity/sign_in.h"

#include "identity/test_fixture.h"
#include "identity/second_factor.h"
#include "identity/totp.h"

namespace tenon::identity {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class SignInTest : public testing::IdentityTest {
 protected:
  std::string attempt(std::string user, std::string password = "a long password",
                      std::string code = {}, std::string company = "acme",
                      std::string address = "10.0.0.1") {
    auto entered = sign_in(std::move(user), std::move(password), std::move(code),
                           std::move(company), std::move(address));
    return entered ? "in" : entered.error().reason();
  }
  /// Puts an authenticator app in use; gives its secret's bytes and the recovery codes.
  std::vector<std::string> enrol(UserId user) {
    auto offered = change([&](Change& change) { return begin_totp(change, key_, user); });
    EXPECT_TRUE(offered) << offered.error().for_log();
    secret_ = from_base32(offered->secret);
    auto codes = change([&](Change& change) { return confirm_totp(change, key_, user, code()); });
    EXPECT_TRUE(codes) << codes.error().for_log();
    return codes.value_or(std::vector<std::string>());
  }
  [[nodiscard]] std::string code(std::int64_t steps = 0) const {
    return totp::code_at(secret_, totp::step_of(clock_.now()) + steps);
  }
  static std::string from_base32(std::string_view text) {
    std::string bytes;
    unsigned held = 0;
    int bits = 0;
    for (const char c : text) {
      held = held << 5 | static_cast<unsigned>(c >= 'A' ? c - 'A' : c - '2' + 26);
      if ((bits += 5) >= 8) bytes += static_cast<char>(held >> (bits -= 8) & 0xFFU);
    }
    return bytes;
  }
  std::string secret_;
};

TEST_P(SignInTest, needs_the_own_name_and_password) {
  EXPECT_EQ(attempt("anna"), "http.login_failed") << "nobody is there yet";
  add_user("Anna");
  EXPECT_EQ(attempt("anna"), "in") << "case of a name means nothing";
  EXPECT_EQ(attempt("anna", "another password"), "http.login_failed");
  EXPECT_EQ(attempt("bert"), "http.login_failed");
  EXPECT_EQ(attempt("anna", "a long password", {}, "beta"), "http.login_failed");
  EXPECT_EQ(attempt("anna", "a long password", {}, "../acme"), "http.login_failed");
  EXPECT_EQ(attempt(std::string(300, 'a')), "http.login_failed");
  EXPECT_EQ(attempt("anna", std::string(2000, 'a')), "http.login_failed");
}

TEST_P(SignInTest, stores_a_hash_anew_when_its_cost_is_of_another_day) {
  const auto id = add_user("anna");
  Passwords today(pool_, {.cost = {.passes = 2, .memory_bytes = 16384}});
  SignIn dearer(identity_.realms, identity_.sessions, today, identity_.throttle, identity_.trail,
                key_);
  const auto hash = [&] {
    std::string stored;
    auto reader = realm_->tenant()->database().reader();
    (void)reader->session().query("SELECT password FROM identity_user", {},
                                  [&](const storage::Row& row) {
                                    stored = row.text(0);
                                    return storage::Visit::more;
                                  });
    return stored;
  };
  const auto before = hash();
  ASSERT_TRUE(wait_for(dearer.run(
      {.company = "acme", .user = "anna", .password = Secret<std::string>("a long password")},
      testing::soon())));
  EXPECT_NE(hash(), before);
  EXPECT_NE(hash().find("m=16,t=2"), std::string::npos) << hash();
  EXPECT_EQ(attempt("anna"), "in");
  (void)id;
}

TEST_P(SignInTest, is_slowed_down_after_five_failures_whether_or_not_the_name_exists) {
  add_user("anna");
  for (const auto* name : {"anna", "nobody"}) {
    for (int i = 0; i < 5; ++i)
      EXPECT_EQ(attempt(name, "wrong password", {}, "acme", "10.1.0." + std::to_string(i)),
                "http.login_failed")
          << name << i;
    EXPECT_EQ(attempt(name, "a long password", {}, "acme", "10.2.0.1"), "session.throttled")
        << name;
  }
  const auto told = sign_in("anna").error();
  EXPECT_EQ(told.details(), R"({"retry_after":60})");
  clock_.advance(seconds(60));
  EXPECT_EQ(attempt("anna", "wrong password"), "http.login_failed");
  EXPECT_EQ(sign_in("anna").error().details(), R"({"retry_after":120})") << "it doubles";
  clock_.advance(seconds(120));
  EXPECT_EQ(attempt("anna"), "in");
  EXPECT_EQ(attempt("anna", "wrong password"), "http.login_failed") << "and begins anew";
  EXPECT_EQ(attempt("anna"), "in");
}

TEST_P(SignInTest, of_one_address_is_bounded_to_thirty_a_minute) {
  for (int i = 0; i < 30; ++i)
    EXPECT_EQ(attempt("user" + std::to_string(i)), "http.login_failed") << i;
  EXPECT_EQ(attempt("another"), "session.throttled");
  EXPECT_EQ(attempt("another", "x", {}, "acme", "10.0.0.2"), "http.login_failed")
      << "other addresses do not notice";
  clock_.advance(seconds(2));
  EXPECT_EQ(attempt("another"), "http.login_failed") << "places come back one by one";
  EXPECT_EQ(attempt("another"), "session.throttled");
}

TEST_P(SignInTest, asks_for_the_code_of_the_app_and_takes_each_once) {
  const auto id = add_user("anna");
  enrol(id);
  EXPECT_EQ(attempt("anna"), "session.code_required");
  EXPECT_EQ(attempt("anna", "wrong password", "000000"), "http.login_failed")
      << "without the password nobody learns that there is a second factor";
  EXPECT_EQ(attempt("anna", "a long password", code()), "session.code_wrong")
      << "the code that began it was used";
  clock_.advance(seconds(30));
  const auto now = code();
  EXPECT_EQ(attempt("anna", "a long password", now), "in");
  EXPECT_EQ(attempt("anna", "a long password", now), "session.code_wrong");
  clock_.advance(seconds(90));
  EXPECT_EQ(attempt("anna", "a long password", code(-2)), "session.code_wrong") << "too old";
  EXPECT_EQ(attempt("anna", "a long password", code(-1)), "in");
  EXPECT_EQ(attempt("anna", "a long password", code()), "in");
}

TEST_P(SignInTest, takes_each_recovery_code_once) {
  const auto id = add_user("anna");
  const auto codes = enrol(id);
  ASSERT_EQ(codes.size(), kRecoveryCodes);
  EXPECT_EQ(attempt("anna", "a long password", codes[0].substr(0, 5) + " - " + codes[0].substr(5)),
            "in");
  EXPECT_EQ(attempt("anna", "a long password", codes[0]), "session.code_wrong");
  EXPECT_EQ(attempt("anna", "a long password", codes[1]), "in");
  EXPECT_EQ(count("SELECT count(*) FROM identity_recovery"), 8);
  ASSERT_TRUE(change([&](Change& change) { return remove_totp(change, id); }));
  EXPECT_EQ(attempt("anna"), "in");
  EXPECT_EQ(count("SELECT count(*) FROM identity_recovery"), 0);
}

TEST_P(SignInTest, guessing_codes_is_throttled_like_guessing_passwords) {
  enrol(add_user("anna"));
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(attempt("anna", "a long password", "12345" + std::to_string(i)),
              "session.code_wrong");
  EXPECT_EQ(attempt("anna", "a long password", code(1)), "session.throttled");
}

TEST_P(SignInTest, the_secret_of_an_app_is_stored_sealed) {
  const auto id = add_user("anna");
  enrol(id);
  std::string stored;
  auto reader = realm_->tenant()->database().reader();
  ASSERT_TRUE(reader->session().query("SELECT totp_secret FROM identity_user", {},
                                      [&](const storage::Row& row) {
                                        stored.assign(row.blob(0).begin(), row.blob(0).end());
                                        return storage::Visit::more;
                                      }));
  EXPECT_EQ(stored.find(secret_), std::string::npos);
  EXPECT_EQ(unseal(key_, stored, "totp " + id.to_string())->reveal(), secret_);
}

TEST_P(SignInTest, leaves_its_traces_in_the_audit) {
  add_user("anna");
  EXPECT_EQ(attempt("anna"), "in");
  EXPECT_EQ(attempt("anna", "wrong password"), "http.login_failed");
  EXPECT_EQ(attempt("nobody"), "http.login_failed");
  ASSERT_TRUE(wait_for(identity_.trail.stop(testing::soon())));
  EXPECT_EQ(count("SELECT count(*) FROM audit WHERE action = 'signed_in'"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM audit WHERE action = 'sign_in_refused'"), 2);
  EXPECT_EQ(count("SELECT count(*) FROM audit WHERE after LIKE '%wrong password%'"), 0);
}

TEST_P(SignInTest, of_many_at_once_cannot_pass_the_bound) {
  add_user("anna");
  std::atomic<int> looked{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 12; ++i)
    threads.emplace_back([&, i] {
      auto done = wait_for(identity_.sign_in.run({.company = "acme",
                                                  .user = "anna",
                                                  .password = Secret<std::string>("wrong password"),
                                                  .address = "10.3.0." + std::to_string(i)},
                                                 testing::soon()));
      if (done.error().reason() == "http.login_failed") ++looked;
    });
  threads.clear();
  EXPECT_EQ(looked, 5);
}

TENON_ON_BOTH(SignInTest);

TEST(Passwords, are_long_enough_and_not_what_everybody_tries_first) {
  const std::array<std::string_view, 2> own{"annabell", "acme"};
  const auto rule = [&](std::string text) {
    auto checked = check_password(Secret<std::string>(std::move(text)), own);
    return checked ? std::string("good") : checked.error().fields().front().code;
  };
  EXPECT_EQ(rule("a good one"), "good");
  EXPECT_EQ(rule("1234567"), "min_length");
  EXPECT_EQ(rule("密码很长吗"), "min_length");
  EXPECT_EQ(rule("密码真的很长很长"), "good") << "characters count, not bytes";
  EXPECT_EQ(rule(std::string(43, 'a') + std::string(85, 'b')), "good");
  EXPECT_EQ(rule(std::string(43, 'a') + std::string(86, 'b')), "max_length");
  EXPECT_EQ(rule("password"), "common");
  EXPECT_EQ(rule("PassWord1"), "common");
  EXPECT_EQ(rule("1qaz2wsx"), "common");
  EXPECT_EQ(rule("zzzzzzzzz"), "common");
  EXPECT_EQ(rule("abababab"), "common");
  EXPECT_EQ(rule("Annabell1"), "own_name");
  EXPECT_EQ(rule("acme2026"), "own_name");
  EXPECT_EQ(rule("acme and a longer sentence"), "good");
  EXPECT_EQ(rule("bad\xffutf8 text"), "format");
}

TEST(Passwords, cost_the_same_for_a_user_that_is_not_there) {
  BlockingPool pool({.threads = 1});
  Passwords passwords(pool);  // today's cost in earnest
  const auto took = [&](std::optional<std::string> hash) {
    // The work is counted in time of this process, not of the wall: others run beside the test.
    const auto begin = std::clock();
    (void)wait_for(
        passwords.check(Secret<std::string>("whatever it is"), std::move(hash), Deadline::never()));
    return std::clock() - begin;
  };
  const auto real = wait_for(passwords.hash(Secret<std::string>("another one"), Deadline::never()));
  (void)took(*real);
  const auto known = took(*real);
  const auto unknown = took({});
  EXPECT_GT(unknown, known / 3);
  EXPECT_GT(known, unknown / 3);
}

TEST(Passwords, are_checked_few_at_a_time) {
  BlockingPool pool({.threads = 1});
  Passwords passwords(pool,
                      {.cost = {.passes = 1, .memory_bytes = 8192}, .running = 1, .waiting = 1});
  std::atomic<bool> go{false};
  ASSERT_TRUE(pool.post([&] { go.wait(false); }));
  std::atomic<int> good{0};
  std::atomic<int> refused{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      auto hash = wait_for(passwords.hash(Secret<std::string>("x"), Deadline::never()));
      if (hash)
        ++good;
      else if (hash.error().reason() == "permit.full")
        ++refused;
      refused.notify_all();
    });
  refused.wait(0);  // one runs, one waits, the third was told to come back
  go = true;
  go.notify_all();
  threads.clear();
  EXPECT_EQ(good, 2);
  EXPECT_EQ(refused, 1);
}

TEST(Totp, gives_the_codes_of_rfc_6238) {
  const std::string secret = "12345678901234567890";
  const auto at = [&](std::int64_t seconds) {
    return totp::code_at(secret, totp::step_of(Timestamp(std::chrono::seconds(seconds))));
  };
  EXPECT_EQ(at(59), "287082");
  EXPECT_EQ(at(1111111109), "081804");
  EXPECT_EQ(at(1111111111), "050471");
  EXPECT_EQ(at(1234567890), "005924");
  EXPECT_EQ(at(2000000000), "279037");
  EXPECT_EQ(at(20000000000), "353130");
  EXPECT_EQ(totp::base32(secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  EXPECT_EQ(totp::address_of(secret, "acme", "安娜"),
            "otpauth://totp/Tenon%20acme:%E5%AE%89%E5%A8%9C?secret="
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tenon%20acme");
}

TEST(Throttle, forgets_an_account_after_a_quiet_quarter_of_an_hour) {
  testing::TestClock clock;
  Throttle throttle({}, clock);
  const auto begin = [&] { return throttle.begin("a", "10.0.0.1").has_value(); };
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(begin());
  EXPECT_FALSE(begin());
  clock.advance(minutes(15) + seconds(61));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(begin()) << i;
  EXPECT_FALSE(begin());
}

TEST(Throttle, waits_an_hour_at_most_and_remembers_a_bounded_number) {
  testing::TestClock clock;
  Throttle throttle({.per_address = 1'000'000, .capacity = 10}, clock);
  for (int i = 0; i < 30; ++i) {
    (void)throttle.begin("a", "10.0.0.1");
    clock.advance(minutes(1));
  }
  const auto refused = throttle.begin("a", "10.0.0.1");
  ASSERT_FALSE(refused);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(throttle.begin("b" + std::to_string(i), "10.0.0.1"));
}

TEST(Throttle, takes_a_network_as_one_address) {
  EXPECT_EQ(network_of("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(network_of("::ffff:10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2::1"));
  EXPECT_NE(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
}

}  // namespace
}  // namespace tenon::identity
