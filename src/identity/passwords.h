#pragma once
// A password is kept as an Argon2id hash only. Making or checking one costs 20 ms and 19 MiB on
// purpose, so it runs on the blocking pool and few at a time: else signing in would be a way to
// stop the server. Which passwords are good enough is decided here too.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "async/blocking_pool.h"
#include "async/permit.h"
#include "async/task.h"
#include "base/hash.h"
#include "base/secret.h"

namespace tenon::identity {

inline constexpr std::size_t kMinPassword = 8;    // characters
inline constexpr std::size_t kMaxPassword = 128;  // characters; at most 512 bytes

/// Any characters, 8 to 128 of them; none of the common ones, none made of one or two characters
/// over and over, none that is one of `own` (user name, company) with a few characters around it.
/// Errors: invalid (`user.password`) with the rule as field code (`min_length`, `max_length`,
/// `common`, `own_name`, `format`) at `/password`.
[[nodiscard]] Result<> check_password(const Secret<std::string>& password,
                                      std::span<const std::string_view> own);

/// Thread: any. Lifetime: the pool outlives it.
class Passwords {
 public:
  struct Options {
    PasswordCost cost;
    std::size_t running = 4;   // hashes under way
    std::size_t waiting = 64;  // and waiting; one more is told to come back
  };
  explicit Passwords(BlockingPool& pool) : Passwords(pool, Options{}) {}
  Passwords(BlockingPool& pool, Options options);

  /// Errors: unavailable (`permit.full`).
  [[nodiscard]] Task<std::string> hash(Secret<std::string> password, Deadline deadline);

  struct Check {
    bool matches = false;
    bool stale = false;  // it matches and should be stored anew, at today's cost
  };
  /// The same work whether or not there is a hash to check against. Errors: as hash().
  [[nodiscard]] Task<Check> check(Secret<std::string> password, std::optional<std::string> hash,
                                  Deadline deadline);

 private:
  BlockingPool& pool_;
  const PasswordCost cost_;
  const std::string decoy_;  // looks like a hash; no password is behind it
  PermitPool permits_;
};

}  // namespace tenon::identity
