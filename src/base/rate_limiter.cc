#include "base/rate_limiter.h"

#include <algorithm>

namespace tenon {
namespace {

std::chrono::nanoseconds nanoseconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

RateLimiter::RateLimiter(Rate rate, std::size_t capacity)
    : interval_(rate.per_second > 0 ? nanoseconds(1 / rate.per_second)
                                    : std::chrono::nanoseconds(0)),
      tolerance_(rate.per_second > 0
                     ? nanoseconds((std::max(rate.burst, 1.0) - 1) / rate.per_second)
                     : std::chrono::nanoseconds(0)),
      shard_capacity_(std::max<std::size_t>(capacity / kShards, 1)) {}

std::optional<std::chrono::nanoseconds> RateLimiter::take(std::string_view key, Instant now) {
  if (interval_.count() == 0) return std::nullopt;
  Shard& shard = shards_[Hash{}(key) % kShards];
  const std::scoped_lock lock(shard.mutex);
  auto found = shard.full_at.find(key);
  if (found == shard.full_at.end()) {
    if (shard.full_at.size() >= shard_capacity_) make_room(shard, now);
    found = shard.full_at.emplace(std::string(key), now).first;
  }
  const Instant full_at = std::max(found->second, now);
  if (full_at - now > tolerance_) return full_at - now - tolerance_;
  found->second = full_at + interval_;
  return std::nullopt;
}

// Full buckets say nothing and go first. When a flood of new keys leaves none, any other goes.
void RateLimiter::make_room(Shard& shard, Instant now) {
  constexpr std::chrono::milliseconds kBetweenSweeps{100};
  if (now - shard.swept > kBetweenSweeps) {
    shard.swept = now;
    std::erase_if(shard.full_at, [now](const auto& entry) { return entry.second <= now; });
    if (shard.full_at.empty()) return;
  }
  shard.full_at.erase(shard.full_at.begin());
}

std::size_t RateLimiter::size() const {
  std::size_t size = 0;
  for (const Shard& shard : shards_) {
    const std::scoped_lock lock(shard.mutex);
    size += shard.full_at.size();
  }
  return size;
}

}  // namespace tenon
