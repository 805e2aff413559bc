#pragma once
// The tables that every tenant has, whatever is installed.

#include <string>

#include "base/random.h"
#include "storage/session.h"

namespace tenon::data {

/// Newest format of a tenant's file that this build reads and the one it writes.
inline constexpr std::uint32_t kFormat = 1;

/// Creates what is missing. Idempotent, inside the caller's transaction.
[[nodiscard]] Result<> create_system_tables(storage::Session& session, Random& random);
/// The key that signs this tenant's cursors.
[[nodiscard]] Result<std::string> read_cursor_key(storage::Session& session);

}  // namespace tenon::data
