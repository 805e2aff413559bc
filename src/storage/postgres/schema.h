#pragma once
// A tenant's schema and role in a PostgreSQL database: made, found and dropped by the login role.

#include <cstdint>
#include <string>

#include "storage/postgres/session.h"

namespace tenon::storage::postgres {

/// Errors: invalid (`tenant.name`).
[[nodiscard]] Result<Place> place_of(const Pool& pool, const std::string& name);
[[nodiscard]] Result<bool> has_schema(Pool& pool, const Place& place);
/// Makes role, schema, our functions and the note of the format. All or nothing.
[[nodiscard]] Result<> create_schema(Pool& pool, const Place& place, std::uint32_t format);
/// Errors: unavailable (`storage.format`, `storage.corrupt`).
[[nodiscard]] Result<> check_format(Pool& pool, const Place& place, std::uint32_t newest);
[[nodiscard]] Result<> drop_schema(Pool& pool, const Place& place);

}  // namespace tenon::storage::postgres
