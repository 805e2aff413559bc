#pragma once
// A tenant as this room sees it: its database, and a number that grows whenever somebody's rights,
// sessions or state change. What was made of the database is good while the number stands, so a
// change holds for open sessions from the moment it is acknowledged.

#include <atomic>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "async/deadline.h"
#include "async/task.h"
#include "base/clock.h"
#include "data/tenant.h"

namespace tenon::identity {

/// On a database that several processes share, the number is asked for when it was not for so long.
inline constexpr std::chrono::seconds kLookAgain{1};
/// How often a tenant's size is looked at.
inline constexpr std::chrono::seconds kLookAtSize{10};

/// Thread: any. Held by shared_ptr by sessions and requests.
class Realm {
 public:
  explicit Realm(std::shared_ptr<data::Tenant> tenant) : tenant_(std::move(tenant)) {}
  Realm(const Realm&) = delete;
  Realm& operator=(const Realm&) = delete;

  [[nodiscard]] const std::shared_ptr<data::Tenant>& tenant() const noexcept { return tenant_; }
  [[nodiscard]] const std::string& name() const noexcept { return tenant_->name(); }
  [[nodiscard]] std::int64_t epoch() const noexcept { return epoch_.load(); }
  /// Whether epoch() may be relied on without asking the database.
  [[nodiscard]] bool is_fresh(Instant now) const noexcept {
    return !tenant_->waits() || now.time_since_epoch().count() < good_until_.load();
  }
  /// Whether it is this caller's turn to look how large the tenant has become.
  [[nodiscard]] bool take_size_look(Instant now) noexcept;
  void set_full(bool full) noexcept { full_.store(full); }
  [[nodiscard]] bool is_full() const noexcept { return full_.load(); }
  /// Looks at the size at the next question, not when it is time.
  void forget_size() noexcept { next_size_look_.store(0); }
  /// Notes what the database said.
  void set_epoch(std::int64_t epoch, Instant now) noexcept;
  /// Nothing that was made under any number is good any more.
  void retire() noexcept { epoch_.store(std::numeric_limits<std::int64_t>::max()); }
  /// Makes sure that the number is fresh. Errors: those of the database.
  [[nodiscard]] Task<> look(Instant now);

 private:
  std::shared_ptr<data::Tenant> tenant_;  // shared with whoever works in it
  std::atomic<std::int64_t> epoch_{0};
  std::atomic<Instant::rep> good_until_{0};
  std::atomic<Instant::rep> next_size_look_{0};
  std::atomic<bool> full_{false};
};

/// The realms of all tenants that somebody has asked for. Thread: any.
class Realms {
 public:
  /// Finds an open tenant. Errors: unavailable (`tenant.gone`, `tenant.away`).
  using Find = std::function<Result<std::shared_ptr<data::Tenant>>(std::string_view)>;
  explicit Realms(Find find) : find_(std::move(find)) {}

  /// Errors: those of Find.
  [[nodiscard]] Result<std::shared_ptr<Realm>> find(std::string_view tenant);
  [[nodiscard]] std::shared_ptr<Realm> of(std::shared_ptr<data::Tenant> tenant);

 private:
  Find find_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Realm>, std::less<>> realms_;  // shared with sessions
};

/// `epoch` of a database; 0 while nothing has changed.
[[nodiscard]] Result<std::int64_t> read_epoch(storage::Session& session);

}  // namespace tenon::identity
