#pragma once
// The people of a tenant, kept in the tenant's own database. A password is stored as an Argon2id
// hash only; checking one costs 20 ms and 19 MiB on purpose, so it runs on the blocking pool and
// few at a time.

#include <memory>
#include <string>

#include "async/blocking_pool.h"
#include "async/permit.h"
#include "async/task.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "data/tenant.h"
#include "identity/principal.h"

namespace tenon::identity {

struct NewUser {
  std::string name;              // what is typed at sign-in; 1…64 bytes without control characters
  Secret<std::string> password;  // 8…128 bytes, except for the demo user
  std::string locale = "zh-CN";
  bool administrator = false;
};

/// Thread: any. Lifetime: pool, clock and random outlive it.
class Users {
 public:
  Users(BlockingPool& pool, const Clock& clock, Random& random)
      : pool_(pool), clock_(clock), random_(random) {}

  enum class PasswordRule : std::uint8_t { enforced, waived };  // waived: the demo user only
  /// Errors: invalid (`user.name`, `user.password`), conflict (`user.exists`).
  [[nodiscard]] Task<UserId> create(std::shared_ptr<data::Tenant> tenant, NewUser user,
                                    PasswordRule rule, Deadline deadline);

  /// Errors: denied (`http.login_failed`) alike for an unknown name and a wrong password, after the
  /// same work; unavailable when too many sign in at once.
  [[nodiscard]] Task<std::shared_ptr<const Principal>> authenticate(
      std::shared_ptr<data::Tenant> tenant, std::string name, Secret<std::string> password,
      Deadline deadline);
  /// The work of a failed sign-in without a tenant, so that an unknown company takes as long.
  [[nodiscard]] Task<std::shared_ptr<const Principal>> refuse_unknown_tenant(
      Secret<std::string> password, Deadline deadline);

 private:
  BlockingPool& pool_;
  const Clock& clock_;
  Random& random_;
  PermitPool permits_{4, 64};  // password checks under way and waiting
};

}  // namespace tenon::identity
