#pragma once
// Test support: a tenant with this room's tables, in a file or in a database server, and the whole
// room over a clock that the test moves.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "async/executor_pool.h"
#include "async/wait_for.h"
#include "identity/identity.h"
#include "identity/rights.h"
#include "identity/roles.h"
#include "identity/tables.h"
#include "identity/users.h"
#include "storage/postgres_scratch.h"

namespace tenon::identity::testing {

/// Wall time and monotonic time that move together, read from several threads.
class TestClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const noexcept override {
    return Timestamp(std::chrono::microseconds(micros_.load()));
  }
  [[nodiscard]] Instant instant() const noexcept override {
    return Instant(std::chrono::microseconds(micros_.load()));
  }
  void advance(std::chrono::microseconds by) noexcept { micros_ += by.count(); }

 private:
  std::atomic<std::int64_t> micros_{1'795'000'000'000'000};
};

inline Deadline soon() { return Deadline::after(std::chrono::seconds(20)); }

class IdentityTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      TENON_NEEDS_POSTGRES();
      database_ = tenon::testing::PrivatePostgres::shared()->fresh_database();
    }
    auto made = tenants_.create("acme", database_);
    ASSERT_TRUE(made) << made.error().for_log();
    realm_ = identity_.realms.of(*made);
    identity_.trail.start();
  }
  void TearDown() override { (void)wait_for(identity_.trail.stop(soon())); }

  template <class Work>
  auto change(Work work, Actor actor = {}) {
    return wait_for(
        identity::change(identity_.tools, realm_, std::move(actor), soon(), std::move(work)));
  }
  template <class Work>
  auto look(Work work) {
    return wait_for(identity::look(realm_, std::move(work)));
  }

  /// A user with a password; the hash costs little, so that tests are quick.
  UserId add_user(std::string name, std::vector<RoleId> roles = {},
                  std::optional<DepartmentId> department = {},
                  std::string password = "a long password") {
    auto hash = hash_password(Secret<std::string>(std::move(password)), kCost);
    auto id = change([&](Change& change) {
      return create_user(
          change, {.name = name, .department = department, .roles = roles, .password = *hash});
    });
    EXPECT_TRUE(id) << id.error().for_log();
    return id.value_or(UserId{});
  }
  UserId add_administrator(std::string name) {
    return add_user(std::move(name), {kAdministratorRole});
  }
  RoleId add_role(std::string name, std::vector<Grant> grants,
                  std::vector<ColumnRight> columns = {}) {
    auto id = change([&](Change& change) {
      return create_role(change,
                         {.name = name, .description = "", .grants = grants, .columns = columns});
    });
    EXPECT_TRUE(id) << id.error().for_log();
    return id.value_or(RoleId{});
  }
  std::shared_ptr<const Principal> principal(UserId user) {
    auto read =
        look([&](storage::Session& session) { return read_principal(session, "acme", user); });
    EXPECT_TRUE(read) << read.error().for_log();
    return read.value_or(nullptr);
  }
  Actor as(UserId user) { return {.principal = principal(user)}; }

  auto sign_in(std::string user, std::string password = "a long password", std::string code = {},
               std::string company = "acme", std::string address = "10.0.0.1",
               Remember remember = Remember::no) {
    return wait_for(identity_.sign_in.run({.company = std::move(company),
                                           .user = std::move(user),
                                           .password = Secret<std::string>(std::move(password)),
                                           .code = std::move(code),
                                           .remember = remember,
                                           .address = std::move(address),
                                           .agent = "test"},
                                          soon()));
  }
  /// The name that a token stands for, or empty.
  std::string who(const std::string& token, Proof proof = Proof::session) {
    auto found = wait_for(identity_.sessions.find(token, proof, soon()));
    EXPECT_TRUE(found) << found.error().for_log();
    return found && *found ? (*found)->name : std::string();
  }
  std::int64_t count(const std::string& sql) {
    std::int64_t number = -1;
    auto reader = realm_->tenant()->database().reader();
    auto done = reader->session().query(sql, {}, [&](const storage::Row& row) {
      number = row.integer(0);
      return storage::Visit::stop;
    });
    EXPECT_TRUE(done) << done.error().for_log();
    return number;
  }

  static constexpr PasswordCost kCost{.passes = 1, .memory_bytes = 8192};
  tenon::testing::ScratchDirectory directory_;
  BlockingPool pool_{{.threads = 4}};
  TestClock clock_;
  SystemRandom random_;
  ExecutorPool background_{1, "background"};
  data::Tenants tenants_{directory_.path(),
                         pool_,
                         clock_,
                         random_,
                         {.storage = {}, .files = {}, .servers = nullptr, .native = {tables()}}};
  SealingKey key_{.number = 1, .bytes = Secret(std::array<std::uint8_t, 32>{7})};
  Identity identity_{{.sessions = {}, .throttle = {}, .passwords = {.cost = kCost}},
                     key_,
                     pool_,
                     background_.next(),
                     clock_,
                     random_,
                     [this](std::string_view name) -> Result<std::shared_ptr<data::Tenant>> {
                       auto found = tenants_.open(name);
                       if (found) return found;
                       return fail(Error(ErrorCode::unavailable, "gone").because("tenant.gone"));
                     }};
  std::string database_;
  std::shared_ptr<Realm> realm_;
};

}  // namespace tenon::identity::testing

/// Runs the tests of `fixture` on both kinds of tenants.
#define TENON_ON_BOTH(fixture)                                                      \
  INSTANTIATE_TEST_SUITE_P(Both, fixture, ::testing::Bool(), [](const auto& info) { \
    return std::string(info.param ? "postgres" : "sqlite");                         \
  })
