#pragma once
// What must hold of a tenant's data whatever happened to it: the database is whole; each row, its
// events and its audit rows were written together; nothing living hangs on something deleted.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "data/tenant.h"

namespace tenon::testing {

/// The first breach in words; empty when all hold. Reads everything.
[[nodiscard]] std::string breach_of_invariants(data::Tenant& tenant);

/// Every row of an entity, the trash included: id → version.
[[nodiscard]] Result<std::map<std::string, std::uint64_t>> versions(data::Tenant& tenant,
                                                                    std::string_view plugin,
                                                                    std::string_view entity);

/// First column of the first row.
[[nodiscard]] Result<std::int64_t> number(data::Tenant& tenant, std::string_view sql);

}  // namespace tenon::testing
