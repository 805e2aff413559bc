#pragma once
// Which modules have met a tenant. It is a row of the tenant's own database, so that a module is
// told of each tenant once, also of one that was made by the command line or restored.

#include <string>
#include <string_view>

#include "base/clock.h"
#include "modules/module.h"

namespace tenon::modules {

/// For data::Tenants::Options::native. Lifetime: the program's.
[[nodiscard]] data::NativeModule met_tables();

/// Makes the table. For the tenant's writer, inside a transaction.
[[nodiscard]] Result<> prepare_met(storage::Session& session, Timestamp now);

[[nodiscard]] Task<bool> has_met(std::shared_ptr<data::Tenant> tenant, std::string module);
[[nodiscard]] Task<> note_met(std::shared_ptr<data::Tenant> tenant, std::string module,
                              Timestamp now, Deadline deadline);
/// The next time is the first again.
[[nodiscard]] Task<> forget_met(std::shared_ptr<data::Tenant> tenant, std::string module,
                                Deadline deadline);

}  // namespace tenon::modules
