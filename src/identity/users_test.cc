#include "identity/users.h"

#include <gtest/gtest.h>

#include "storage/postgres_scratch.h"

namespace tenon::identity {
namespace {

using tenon::testing::run;

/// Both kinds of tenants: in a file and in a database server.
class UsersTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::string database;
    if (GetParam()) {
      TENON_NEEDS_POSTGRES();
      database = tenon::testing::PrivatePostgres::shared()->fresh_database();
    }
    auto made = tenants_.create("acme", database);
    ASSERT_TRUE(made) << made.error().for_log();
    tenant_ = *made;
  }
  [[nodiscard]] auto create(std::string name, std::string password) {
    return run(users_.create(
        tenant_, {.name = std::move(name), .password = Secret<std::string>(std::move(password))},
        Users::PasswordRule::enforced, deadline()));
  }
  [[nodiscard]] auto sign_in(std::string name, std::string password) {
    return run(users_.authenticate(tenant_, std::move(name),
                                   Secret<std::string>(std::move(password)), deadline()));
  }
  [[nodiscard]] static Deadline deadline() { return Deadline::after(std::chrono::seconds(20)); }

  tenon::testing::ScratchDirectory directory_;
  BlockingPool pool_{{.threads = 2}};
  SystemClock clock_;
  SystemRandom random_;
  data::Tenants tenants_{directory_.path(), pool_, clock_, random_};
  Users users_{pool_, clock_, random_};
  std::shared_ptr<data::Tenant> tenant_;
};

TEST_P(UsersTest, sign_in_with_their_own_password_only) {
  EXPECT_EQ(sign_in("anna", "a long password").error().reason(), "http.login_failed")
      << "nobody is there yet";
  const auto id = create("anna", "a long password");
  ASSERT_TRUE(id) << id.error().for_log();
  const auto anna = sign_in("anna", "a long password");
  ASSERT_TRUE(anna) << anna.error().for_log();
  EXPECT_EQ((*anna)->user, *id);
  EXPECT_EQ((*anna)->tenant, "acme");
  EXPECT_EQ(sign_in("anna", "another password").error().reason(), "http.login_failed");
  EXPECT_EQ(sign_in("bert", "a long password").error().reason(), "http.login_failed");
}

TEST_P(UsersTest, have_names_of_their_own) {
  ASSERT_TRUE(create("anna", "a long password"));
  const auto again = create("anna", "another password");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().reason(), "user.exists");
  EXPECT_EQ(create("bert", "short").error().reason(), "user.password");
}

INSTANTIATE_TEST_SUITE_P(Both, UsersTest, ::testing::Bool(), [](const auto& info) {
  return std::string(info.param ? "postgres" : "sqlite");
});

}  // namespace
}  // namespace tenon::identity
