#pragma once
// A tenant to look around in: the first-party crm plugin, one user and believable Chinese
// customers.

#include "identity/identity.h"
#include "plugins/registry.h"
#include "server/config.h"

namespace tenon::server {

/// Makes the tenant `demo` with user demo / demo unless it exists. The rows go through the same
/// path as any other, hook included, in batches of one transaction each. Errors: unavailable when
/// the plugin's files are missing.
[[nodiscard]] Task<> make_demo(const Config& config, plugins::Registry& registry,
                               plugins::Host& host, identity::Identity& identity);

}  // namespace tenon::server
