#include "api/throttle.h"

#include <utility>

#include "base/json.h"

namespace tenon::api {
namespace {

std::unexpected<Error> come_back(std::string reason, std::string text,
                                 std::chrono::nanoseconds wait) {
  const json::object details{
      {"retry_after", std::chrono::ceil<std::chrono::seconds>(wait).count()},
      {"wait_ms", std::chrono::ceil<std::chrono::milliseconds>(wait).count()}};
  return fail(Error(ErrorCode::exhausted, std::move(text))
                  .because(std::move(reason))
                  .with_details(json::serialize(details)));
}

}  // namespace

Throttle::Throttle(const ThrottleOptions& options)
    : in_flight_per_tenant_(options.in_flight_per_tenant),
      users_(options.per_user, options.users),
      tenants_(options.per_tenant, options.tenants),
      addresses_(options.per_address, options.addresses) {}

Result<> Throttle::admit(std::string_view address, Instant now) {
  if (const auto wait = addresses_.take(address, now))
    return come_back("limit.rate_address", "too many requests from this address", *wait);
  return {};
}

Result<Throttle::Place> Throttle::admit(const identity::Principal& principal, Instant now) {
  // The tenant is part of the key: a user's id says nothing about another tenant's users.
  const auto& id = principal.user.value.bytes;
  std::string user = principal.tenant;
  user.append(reinterpret_cast<const char*>(id.data()), id.size());
  if (const auto wait = users_.take(user, now))
    return come_back("limit.rate_user", "you are sending too many requests", *wait);
  if (const auto wait = tenants_.take(principal.tenant, now))
    return come_back("limit.rate_tenant", "this company is sending too many requests", *wait);
  {
    const std::scoped_lock lock(mutex_);
    std::size_t& running = in_flight_[principal.tenant];
    if (running >= in_flight_per_tenant_)
      return fail(Error(ErrorCode::unavailable, "this company has too many requests running")
                      .because("limit.tenant_busy"));
    ++running;
  }
  Place place;
  place.throttle_ = this;
  place.tenant_ = principal.tenant;
  return place;
}

Throttle::Place& Throttle::Place::operator=(Place&& other) noexcept {
  if (this == &other) return *this;
  leave();
  throttle_ = std::exchange(other.throttle_, nullptr);
  tenant_ = std::move(other.tenant_);
  return *this;
}

void Throttle::Place::leave() noexcept {
  if (throttle_ == nullptr) return;
  const std::scoped_lock lock(throttle_->mutex_);
  const auto found = throttle_->in_flight_.find(tenant_);
  if (--found->second == 0) throttle_->in_flight_.erase(found);
  throttle_ = nullptr;
}

}  // namespace tenon::api
