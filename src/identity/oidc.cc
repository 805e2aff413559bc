#include "identity/oidc.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/hash.h"

namespace tenon::identity::oidc {
namespace {

constexpr std::chrono::seconds kLeeway{60};
constexpr std::chrono::minutes kMaxAge{10};  // of the token, from its making

std::string text_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::unexpected<Error> bad_discovery(std::string_view why) {
  return fail(Error(ErrorCode::unavailable, "The sign-in service does not say what it should.")
                  .because("oidc.discovery")
                  .in_context(why));
}

std::unexpected<Error> bad_token(std::string_view why) {
  return fail(Error(ErrorCode::denied, "The sign-in service's answer proves nothing; try again.")
                  .because("oidc.token")
                  .in_context(why));
}

std::string secret(Random& random) {
  std::array<std::uint8_t, 32> bytes{};
  random.fill(std::as_writable_bytes(std::span(bytes)));
  return base64url(bytes);
}

std::optional<std::int64_t> seconds_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (value->is_double()) return static_cast<std::int64_t>(value->get_double());
  return std::nullopt;
}

/// Whether the token is for us: our name is among its audiences, and when there are several, it
/// was given to us.
bool is_for(const json::object& claims, const std::string& client_id) {
  const auto* audience = claims.if_contains("aud");
  if (audience == nullptr) return false;
  const auto azp = text_in(claims, "azp");
  if (!azp.empty() && azp != client_id) return false;
  if (audience->is_string()) return audience->get_string() == client_id;
  if (!audience->is_array()) return false;
  const auto& all = audience->get_array();
  const bool named = std::ranges::any_of(all, [&](const json::value& one) {
    return one.is_string() && one.get_string() == client_id;
  });
  return named && (all.size() == 1 || azp == client_id);
}

struct Parts {
  json::object head, claims;
  std::string_view signed_text;
  std::string signature;
};

std::optional<Parts> parts_of(const std::string& token) {
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  if (first == std::string::npos || second == std::string::npos ||
      token.find('.', second + 1) != std::string::npos)
    return std::nullopt;
  const std::string_view text = token;
  const auto head = from_base64url(text.substr(0, first));
  const auto claims = from_base64url(text.substr(first + 1, second - first - 1));
  auto signature = from_base64url(text.substr(second + 1));
  if (!head || !claims || !signature) return std::nullopt;
  auto head_json = json::parse_object(*head);
  auto claims_json = json::parse_object(*claims);
  if (!head_json || !claims_json) return std::nullopt;
  return Parts{.head = *std::move(head_json),
               .claims = *std::move(claims_json),
               .signed_text = text.substr(0, second),
               .signature = *std::move(signature)};
}

/// Whether one of the issuer's keys signed it. A token that names a key is checked with that one.
bool is_signed(const Parts& parts, std::string_view jwks, const Verify& verify) {
  const auto algorithm = text_in(parts.head, "alg");
  // `none` and keys that both sides know are not among them, whatever the token says.
  if (algorithm != "RS256" && algorithm != "ES256") return false;
  const auto document = json::parse_object(jwks);
  if (!document) return false;
  const auto* keys = document->if_contains("keys");
  if (keys == nullptr || !keys->is_array()) return false;
  const auto wanted = text_in(parts.head, "kid");
  const std::string_view kind = algorithm == "RS256" ? "RSA" : "EC";
  return std::ranges::any_of(keys->get_array(), [&](const json::value& one) {
    const auto* key = one.if_object();
    if (key == nullptr || text_in(*key, "kty") != kind) return false;
    if (const auto use = text_in(*key, "use"); !use.empty() && use != "sig") return false;
    if (const auto alg = text_in(*key, "alg"); !alg.empty() && alg != algorithm) return false;
    if (!wanted.empty() && text_in(*key, "kid") != wanted) return false;
    return verify(algorithm, *key, parts.signed_text, parts.signature);
  });
}

}  // namespace

std::string discovery_address(std::string_view issuer) {
  while (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer) + "/.well-known/openid-configuration";
}

Result<Discovery> read_discovery(std::string_view document, std::string_view issuer) {
  const auto object = json::parse_object(document);
  if (!object) return bad_discovery("no JSON object");
  Discovery found{.issuer = text_in(*object, "issuer"),
                  .authorization_endpoint = text_in(*object, "authorization_endpoint"),
                  .token_endpoint = text_in(*object, "token_endpoint"),
                  .jwks_uri = text_in(*object, "jwks_uri")};
  if (found.issuer != issuer) return bad_discovery("another issuer");
  if (found.authorization_endpoint.empty() || found.token_endpoint.empty() ||
      found.jwks_uri.empty())
    return bad_discovery("an endpoint is missing");
  const auto* methods = object->if_contains("token_endpoint_auth_methods_supported");
  if (methods != nullptr && methods->is_array())
    found.client_secret_basic = std::ranges::any_of(methods->get_array(), [](const auto& one) {
      return one.is_string() && one.get_string() == "client_secret_basic";
    });
  return found;
}

Journey begin_journey(std::string company, std::string provider, std::string next, Timestamp now,
                      Random& random) {
  return {.company = std::move(company),
          .provider = std::move(provider),
          .state = secret(random),
          .nonce = secret(random),
          .verifier = secret(random),
          .next = std::move(next),
          .begun = now};
}

std::string to_text(const Journey& journey) {
  return json::serialize(json::object{{"company", journey.company},
                                      {"provider", journey.provider},
                                      {"state", journey.state},
                                      {"nonce", journey.nonce},
                                      {"verifier", journey.verifier},
                                      {"next", journey.next},
                                      {"begun", journey.begun.time_since_epoch().count()}});
}

std::optional<Journey> journey_from(std::string_view text, Timestamp now) {
  const auto object = json::parse_object(text);
  if (!object) return std::nullopt;
  const auto begun = seconds_in(*object, "begun");
  if (!begun) return std::nullopt;
  Journey journey{.company = text_in(*object, "company"),
                  .provider = text_in(*object, "provider"),
                  .state = text_in(*object, "state"),
                  .nonce = text_in(*object, "nonce"),
                  .verifier = text_in(*object, "verifier"),
                  .next = text_in(*object, "next"),
                  .begun = Timestamp(std::chrono::microseconds(*begun))};
  if (journey.state.empty() || now - journey.begun > kJourney) return std::nullopt;
  return journey;
}

std::string form_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string authorization_address(const Discovery& discovery, const std::string& client_id,
                                  const std::string& redirect_uri, const Journey& journey) {
  const bool has_query = discovery.authorization_endpoint.find('?') != std::string::npos;
  return fmt::format(
      "{}{}response_type=code&client_id={}&redirect_uri={}&scope=openid%20email%20profile&state={}"
      "&nonce={}&code_challenge={}&code_challenge_method=S256",
      discovery.authorization_endpoint, has_query ? "&" : "?", form_encoded(client_id),
      form_encoded(redirect_uri), journey.state, journey.nonce,
      base64url(sha256(journey.verifier)));
}

std::string token_request(const std::string& code, const std::string& redirect_uri,
                          const Journey& journey) {
  return fmt::format("grant_type=authorization_code&code={}&redirect_uri={}&code_verifier={}",
                     form_encoded(code), form_encoded(redirect_uri), journey.verifier);
}

Result<Claims> check_id_token(const std::string& token, std::string_view jwks,
                              const std::string& issuer, const std::string& client_id,
                              const std::string& nonce, Timestamp now, const Verify& verify) {
  const auto parts = parts_of(token);
  if (!parts) return bad_token("no signed token");
  if (!is_signed(*parts, jwks, verify)) return bad_token("signature");
  const auto& claims = parts->claims;
  if (text_in(claims, "iss") != issuer) return bad_token("issuer");
  if (!is_for(claims, client_id)) return bad_token("audience");
  const auto at = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
  const auto expires = seconds_in(claims, "exp");
  const auto made = seconds_in(claims, "iat");
  if (!expires || std::chrono::seconds(*expires) + kLeeway < at) return bad_token("expired");
  if (!made || std::chrono::seconds(*made) > at + kLeeway ||
      std::chrono::seconds(*made) + kMaxAge < at)
    return bad_token("not made now");
  if (nonce.empty() || text_in(claims, "nonce") != nonce) return bad_token("nonce");
  Claims proved{.subject = text_in(claims, "sub"), .email = {}};
  if (proved.subject.empty() || proved.subject.size() > 255) return bad_token("subject");
  const auto* verified = claims.if_contains("email_verified");
  if (verified != nullptr && verified->is_bool() && verified->get_bool())
    proved.email = text_in(claims, "email");
  return proved;
}

}  // namespace tenon::identity::oidc
