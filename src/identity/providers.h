#pragma once
// The sign-in services that a company trusts, and which of their people are ours. Somebody is
// known by the service's own name for him; the first time by an e-mail address that the service has
// verified and that a user here has.

#include <optional>
#include <string>
#include <vector>

#include "base/sealing.h"
#include "identity/change.h"
#include "identity/oidc.h"

namespace tenon::identity {

inline constexpr std::size_t kProviders = 10;

struct Provider {
  std::string id;      // [a-z0-9-]{1,40}: part of an address
  std::string name;    // on the button
  std::string issuer;  // https://…
  std::string client_id;
  Secret<std::string> client_secret;  // empty for a public client
};

[[nodiscard]] Result<std::vector<Provider>> list_providers(storage::Session& session,
                                                           const SealingKey& key);
/// Errors: not_found (`provider.unknown`).
[[nodiscard]] Result<Provider> get_provider(storage::Session& session, const SealingKey& key,
                                            const std::string& id);
/// Makes or replaces one. An empty secret keeps the one that is stored. Errors: invalid (field
/// errors), exhausted (`provider.limit`).
[[nodiscard]] Result<> put_provider(Change& change, const SealingKey& key,
                                    const Provider& provider);
/// Those who came by it come by it no more. Errors: not_found.
[[nodiscard]] Result<> delete_provider(Change& change, const std::string& id);

/// The user whom `claims` of a provider prove, linked from now on. Errors: denied
/// (`oidc.unknown_user`).
[[nodiscard]] Result<UserId> find_linked_user(Change& change, const std::string& provider,
                                              const oidc::Claims& claims);

}  // namespace tenon::identity
