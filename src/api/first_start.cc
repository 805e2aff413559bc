#include "api/first_start.h"

#include <array>
#include <span>

#include "base/hash.h"

namespace tenon::api {
namespace {

constexpr std::chrono::hours kOpen{24};

}  // namespace

std::string FirstStart::begin(Random& random) {
  std::array<std::uint8_t, 32> bytes{};
  random.fill(std::as_writable_bytes(std::span(bytes)));
  const std::lock_guard lock(mutex_);
  token_ = base64url(bytes);
  expires_ = clock_.now() + kOpen;
  return *token_;
}

bool FirstStart::is_open() const {
  const std::lock_guard lock(mutex_);
  return token_ && clock_.now() < expires_;
}

bool FirstStart::matches(const std::string& token) const {
  const std::lock_guard lock(mutex_);
  return token_ && clock_.now() < expires_ &&
         equal_in_constant_time(sha256(*token_), sha256(token));
}

void FirstStart::end() {
  const std::lock_guard lock(mutex_);
  token_.reset();
}

}  // namespace tenon::api
