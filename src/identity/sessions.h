#pragma once
// A browser proves who it is by a random token in a cookie. The server keeps only the SHA-256 of
// the token, so a copy of its memory or log cannot sign in. Sessions are bounded in number, idle
// time and age.

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "identity/principal.h"

namespace tenon::identity {

/// Thread: any. Lifetime: clock and random outlive it. Sessions end with the process.
class Sessions {
 public:
  struct Options {
    std::size_t capacity = 10'000;  // one more ends the one idle for longest
    std::chrono::minutes idle{30};
    std::chrono::minutes absolute{12 * 60};
  };
  Sessions(Options options, const Clock& clock, Random& random);

  /// Opens a session and gives its token: 43 characters of base64url, 256 random bits.
  [[nodiscard]] std::string open(std::shared_ptr<const Principal> principal);

  /// The principal of a live session, or null. Counts as activity.
  [[nodiscard]] std::shared_ptr<const Principal> find(std::string_view token);

  /// The same without counting as activity: for a stream that a browser keeps open by itself.
  [[nodiscard]] std::shared_ptr<const Principal> peek(std::string_view token);

  /// Ends one session; unknown tokens are ignored.
  void close(std::string_view token);

 private:
  struct Session {
    std::shared_ptr<const Principal> principal;  // shared with requests that are still running
    Instant opened;
    Instant seen;
  };
  [[nodiscard]] bool expired(const Session& session, Instant now) const noexcept;
  void make_room(Instant now);

  const Options options_;
  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::unordered_map<std::string, Session> by_hash_;
};

}  // namespace tenon::identity
