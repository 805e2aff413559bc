#include "identity/sessions.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/hash.h"

namespace tenon::identity {

Sessions::Sessions(Options options, const Clock& clock, Random& random)
    : options_(options), clock_(clock), random_(random) {}

bool Sessions::expired(const Session& session, Instant now) const noexcept {
  return now - session.seen > options_.idle || now - session.opened > options_.absolute;
}

void Sessions::make_room(Instant now) {
  std::erase_if(by_hash_, [&](const auto& entry) { return expired(entry.second, now); });
  if (by_hash_.size() < options_.capacity) return;
  const auto idlest =
      std::ranges::min_element(by_hash_, {}, [](const auto& entry) { return entry.second.seen; });
  by_hash_.erase(idlest);
}

std::string Sessions::open(std::shared_ptr<const Principal> principal) {
  std::array<std::uint8_t, 32> secret{};
  random_.fill(std::as_writable_bytes(std::span(secret)));
  std::string token = base64url(secret);
  const Instant now = clock_.instant();
  const std::lock_guard lock(mutex_);
  if (by_hash_.size() >= options_.capacity) make_room(now);
  by_hash_.emplace(hex(sha256(token)),
                   Session{.principal = std::move(principal), .opened = now, .seen = now});
  return token;
}

std::shared_ptr<const Principal> Sessions::find(std::string_view token) {
  if (token.size() != 43) return nullptr;
  const std::string hash = hex(sha256(token));
  const Instant now = clock_.instant();
  const std::lock_guard lock(mutex_);
  const auto entry = by_hash_.find(hash);
  if (entry == by_hash_.end()) return nullptr;
  if (expired(entry->second, now)) {
    by_hash_.erase(entry);
    return nullptr;
  }
  entry->second.seen = now;
  return entry->second.principal;
}

std::shared_ptr<const Principal> Sessions::peek(std::string_view token) {
  if (token.size() != 43) return nullptr;
  const std::string hash = hex(sha256(token));
  const std::lock_guard lock(mutex_);
  const auto entry = by_hash_.find(hash);
  if (entry == by_hash_.end() || expired(entry->second, clock_.instant())) return nullptr;
  return entry->second.principal;
}

void Sessions::close(std::string_view token) {
  const std::string hash = hex(sha256(token));
  const std::lock_guard lock(mutex_);
  by_hash_.erase(hash);
}

}  // namespace tenon::identity
