#pragma once
// One address, one user and one tenant each get their share of the server and no more: so many
// requests a second, and so many of one tenant at once. Who asks for more is told when to come
// back.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/rate_limiter.h"
#include "identity/principal.h"

namespace tenon::api {

struct ThrottleOptions {
  Rate per_user{50, 100};
  Rate per_tenant{200, 400};
  Rate per_address{200, 400};   // before anybody knows whose request it is
  std::size_t users = 100'000;  // remembered at once
  std::size_t tenants = 10'000;
  std::size_t addresses = 100'000;
  std::size_t in_flight_per_tenant = 128;
};

/// Thread: any. Lifetime: outlives its places.
class Throttle {
 public:
  explicit Throttle(const ThrottleOptions& options);
  Throttle(const Throttle&) = delete;
  Throttle& operator=(const Throttle&) = delete;

  /// Errors: exhausted (`limit.rate_address`).
  [[nodiscard]] Result<> admit(std::string_view address, Instant now);

  /// A request of a tenant that runs; ends with this object.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept
        : throttle_(std::exchange(other.throttle_, nullptr)), tenant_(std::move(other.tenant_)) {}
    Place& operator=(Place&& other) noexcept;
    ~Place() { leave(); }

   private:
    friend class Throttle;
    void leave() noexcept;
    Throttle* throttle_ = nullptr;
    std::string tenant_;
  };
  /// Errors: exhausted (`limit.rate_user`, `limit.rate_tenant`), unavailable
  /// (`limit.tenant_busy`).
  [[nodiscard]] Result<Place> admit(const identity::Principal& principal, Instant now);

 private:
  const std::size_t in_flight_per_tenant_;
  RateLimiter users_;
  RateLimiter tenants_;
  RateLimiter addresses_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> in_flight_;  // tenants with requests that run
};

}  // namespace tenon::api
