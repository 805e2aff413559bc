#pragma once
// How much a tenant has taken of what its plan gives.

#include <cstdint>

#include "identity/plan.h"

namespace tenon::identity {

struct Usage {
  std::int64_t users = 0;  // that are not deactivated
  std::int64_t departments = 0;
  std::int64_t storage_bytes = 0;
};
/// Cost: on PostgreSQL a look at the size of each table.
[[nodiscard]] Result<Usage> read_usage(storage::Session& session);
[[nodiscard]] Result<std::int64_t> read_storage_bytes(storage::Session& session);

/// Whether the tenant may still grow, as of the last look. Errors: exhausted (`plan.storage`).
[[nodiscard]] Task<> check_storage(std::shared_ptr<Realm> realm, Instant now);

}  // namespace tenon::identity
