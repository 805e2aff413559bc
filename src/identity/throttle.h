#pragma once
// Guessing must be slow for whoever guesses and unnoticed by everybody else. An attempt to sign in
// takes a place before any work is done: a few for each account, then each next one only after a
// wait that doubles; and so many a minute for each address. Names that do not exist are counted
// like those that do.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/error.h"

namespace tenon::identity {

/// Thread: any. Lifetime: the clock outlives it. What it counts ends with the process.
class Throttle {
 public:
  struct Options {
    std::uint32_t failures = 5;           // of one account that cost no waiting
    std::chrono::minutes window{15};      // after so long without one they are forgotten
    std::chrono::seconds first_wait{60};  // after the last free one; doubles with each more
    std::chrono::minutes longest_wait{60};
    std::uint32_t per_address = 30;  // attempts of one address a minute
    std::size_t capacity = 100'000;  // accounts and addresses that are remembered
  };
  Throttle(Options options, const Clock& clock) : options_(options), clock_(clock) {}

  /// Takes the place of one attempt, as if it had failed. Errors: exhausted (`session.throttled`)
  /// with `{"retry_after": seconds}` in its details.
  [[nodiscard]] Result<> begin(const std::string& account, const std::string& address);
  /// The attempt was good: the account has no failures any more.
  void succeeded(const std::string& account);
  /// The attempt said nothing: it is as if it had not been.
  void withdraw(const std::string& account);

 private:
  struct Account {
    std::uint32_t failures = 0;
    Instant last;
    Instant open;  // when the next attempt may be made
  };
  struct Address {
    double places = 0;
    Instant last;
  };
  [[nodiscard]] Result<> take_address(const std::string& address, Instant now);
  [[nodiscard]] std::chrono::nanoseconds wait_after(std::uint32_t failures) const noexcept;
  void make_room(Instant now);

  const Options options_;
  const Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Account> accounts_;
  std::unordered_map<std::string, Address> addresses_;
};

/// One network as one: an IPv6 address without its last 64 bits, anything else as it is.
[[nodiscard]] std::string network_of(std::string_view address);

}  // namespace tenon::identity
