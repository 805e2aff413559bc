#pragma once
// One client that asks without pause takes from all others. A rate limiter says who may go on and
// who has to wait, for keys that strangers choose: so it remembers a bounded number of them, one
// instant each (the generic cell rate algorithm: a token bucket that stores when it is full again).

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace tenon {

/// `per_second` in the long run, `burst` at once. Zero `per_second` refuses nobody.
struct Rate {
  double per_second = 0;
  double burst = 1;
};

/// Thread: any. Cost: a hash lookup under one of sixteen locks.
class RateLimiter {
 public:
  /// At most `capacity` keys are remembered; a key that is forgotten starts with a full burst.
  RateLimiter(Rate rate, std::size_t capacity);

  /// Takes one from the key's bucket. Returns how long to wait when it is empty.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> take(std::string_view key, Instant now);

  /// Keys remembered now.
  [[nodiscard]] std::size_t size() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Instant, Hash, std::equal_to<>> full_at;
    Instant swept;
  };
  static constexpr std::size_t kShards = 16;
  static void make_room(Shard& shard, Instant now);

  const std::chrono::nanoseconds interval_;   // of one
  const std::chrono::nanoseconds tolerance_;  // how far ahead a bucket may be taken from
  const std::size_t shard_capacity_;
  std::array<Shard, kShards> shards_;
};

}  // namespace tenon
