#pragma once
// Signing in at somebody else's door: OpenID Connect, authorisation code with PKCE. This is what is
// decided of it, without any I/O: which address a browser is sent to, and whether what came back
// proves who somebody is. Who fetches documents and checks signatures is handed in.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/random.h"

namespace tenon::identity::oidc {

/// What the issuer says of itself (`/.well-known/openid-configuration`).
struct Discovery {
  std::string issuer, authorization_endpoint, token_endpoint, jwks_uri;
  bool client_secret_basic = true;  // else in the body
};
/// Errors: unavailable (`oidc.discovery`): a document of another issuer, or without what we need.
[[nodiscard]] Result<Discovery> read_discovery(std::string_view document, std::string_view issuer);
[[nodiscard]] std::string discovery_address(std::string_view issuer);

/// What a browser carries, sealed, from the beginning of a sign-in to its end.
struct Journey {
  std::string company, provider, state, nonce, verifier, next;
  Timestamp begun;
};
inline constexpr std::chrono::minutes kJourney{10};
[[nodiscard]] Journey begin_journey(std::string company, std::string provider, std::string next,
                                    Timestamp now, Random& random);
[[nodiscard]] std::string to_text(const Journey& journey);
/// Empty for a text that is none, or too old.
[[nodiscard]] std::optional<Journey> journey_from(std::string_view text, Timestamp now);

[[nodiscard]] std::string authorization_address(const Discovery& discovery,
                                                const std::string& client_id,
                                                const std::string& redirect_uri,
                                                const Journey& journey);
/// Body of the request that changes the code into tokens.
[[nodiscard]] std::string token_request(const std::string& code, const std::string& redirect_uri,
                                        const Journey& journey);
[[nodiscard]] std::string form_encoded(std::string_view text);

/// What an ID token proves.
struct Claims {
  std::string subject;
  std::string email;  // empty unless the issuer says that it has verified it
};
/// `RS256` or `ES256`, and the key as its JWK.
using Verify = std::function<bool(std::string_view algorithm, const json::object& key,
                                  std::string_view data, std::string_view signature)>;
/// Errors: denied (`oidc.token`) with what is wrong in the private detail: signature, issuer,
/// audience, time, nonce.
[[nodiscard]] Result<Claims> check_id_token(const std::string& token, std::string_view jwks,
                                            const std::string& issuer, const std::string& client_id,
                                            const std::string& nonce, Timestamp now,
                                            const Verify& verify);

}  // namespace tenon::identity::oidc
