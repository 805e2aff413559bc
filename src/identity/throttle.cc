#include "identity/throttle.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/hash.h"

namespace tenon::identity {
namespace {

std::unexpected<Error> wait_for(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(time).count();
  return fail(Error(ErrorCode::exhausted,
                    fmt::format("Too many attempts to sign in; try again in {} seconds.", seconds))
                  .because("session.throttled")
                  .with_details(fmt::format("{{\"retry_after\":{}}}", seconds)));
}

}  // namespace

std::chrono::nanoseconds Throttle::wait_after(std::uint32_t failures) const noexcept {
  if (failures < options_.failures) return {};
  const auto doublings = std::min(failures - options_.failures, 20U);
  return std::min<std::chrono::nanoseconds>(options_.first_wait * (std::int64_t{1} << doublings),
                                            options_.longest_wait);
}

Result<> Throttle::take_address(const std::string& address, Instant now) {
  const double full = options_.per_address;
  auto& known = addresses_.try_emplace(address, Address{.places = full, .last = now}).first->second;
  const std::chrono::duration<double, std::ratio<60>> minutes = now - known.last;
  known.places = std::min(full, known.places + minutes.count() * full);
  known.last = now;
  if (known.places < 1) {
    const std::chrono::duration<double, std::ratio<60>> until((1 - known.places) / full);
    return wait_for(std::chrono::duration_cast<std::chrono::nanoseconds>(until));
  }
  known.places -= 1;
  return {};
}

void Throttle::make_room(Instant now) {
  if (accounts_.size() >= options_.capacity) {
    std::erase_if(accounts_, [&](const auto& one) {
      return now > one.second.open && now - one.second.last > options_.window;
    });
    // Still full: somebody invents names. Who is waiting longest already is let go.
    if (accounts_.size() >= options_.capacity)
      accounts_.erase(
          std::ranges::min_element(accounts_, {}, [](const auto& one) { return one.second.open; }));
  }
  if (addresses_.size() >= options_.capacity) {
    std::erase_if(addresses_,
                  [&](const auto& one) { return now - one.second.last > std::chrono::minutes(1); });
    if (addresses_.size() >= options_.capacity) addresses_.erase(addresses_.begin());
  }
}

Result<> Throttle::begin(const std::string& account, const std::string& address) {
  const auto now = clock_.instant();
  const std::lock_guard lock(mutex_);
  make_room(now);
  TENON_TRY(take_address(network_of(address), now));
  auto& known = accounts_.try_emplace(account, Account{.failures = 0, .last = now, .open = now})
                    .first->second;
  if (known.open > now) return wait_for(known.open - now);
  if (now - known.last > options_.window) known.failures = 0;
  ++known.failures;
  known.last = now;
  known.open = now + std::chrono::duration_cast<Instant::duration>(wait_after(known.failures));
  return {};
}

void Throttle::succeeded(const std::string& account) {
  const std::lock_guard lock(mutex_);
  accounts_.erase(account);
}

void Throttle::withdraw(const std::string& account) {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(account);
  if (found == accounts_.end() || found->second.failures == 0) return;
  auto& known = found->second;
  --known.failures;
  known.open = clock_.instant();
}

std::string network_of(std::string_view address) {
  const std::string text(address);
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  const bool mapped =
      std::ranges::all_of(std::span(bytes).first(10), [](auto b) { return b == 0; });
  if (mapped && bytes[10] == 0xFF && bytes[11] == 0xFF)
    return fmt::format("{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15]);
  return hex(std::span(bytes).first(8));
}

}  // namespace tenon::identity
