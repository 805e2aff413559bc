#pragma once
// The records of somebody who has left get another owner: entity by entity, in pieces that keep no
// writer waiting for long. What is done is done; whoever calls again goes on where it stopped.

#include <cstdint>

#include "identity/change.h"

namespace tenon::identity {

inline constexpr std::size_t kHandedAtOnce = 200;

struct HandedOver {
  std::uint64_t records = 0;  // of this call
  bool complete = false;      // none is left
};

/// Until none is left or `until` has passed. `by` is who the audit names. Errors: those of the
/// units of work.
[[nodiscard]] Task<HandedOver> hand_over(std::shared_ptr<data::Tenant> tenant, UserId by,
                                         UserId from, UserId to, Deadline until);

}  // namespace tenon::identity
