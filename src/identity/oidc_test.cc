#include "identity/oidc.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "identity/test_fixture.h"
#include "identity/providers.h"

namespace tenon::identity {
namespace {

const Timestamp kNow{std::chrono::seconds(1'795'000'000)};

/// A token whose "signature" is a hash over the text and the key's id: what is tested is what is
/// checked of it, not the arithmetic.
std::string token(json::object claims, std::string_view algorithm = "RS256",
                  std::string_view key = "k1") {
  const auto part = [](const json::object& object) {
    return base64url(bytes_of(json::serialize(object)));
  };
  const auto text = part({{"alg", algorithm}, {"kid", key}}) + "." + part(claims);
  return text + "." + base64url(sha256(text + std::string(key)));
}

bool verify(std::string_view, const json::object& key, std::string_view data,
            std::string_view signature) {
  const auto hash = sha256(std::string(data) + std::string(key.at("kid").as_string()));
  return signature == std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size());
}

json::object good_claims() {
  return {{"iss", "https://id.example.com"},
          {"aud", "tenon"},
          {"sub", "4711"},
          {"exp", 1'795'000'300},
          {"iat", 1'795'000'000},
          {"nonce", "n"},
          {"email", "a@example.com"},
          {"email_verified", true}};
}

constexpr std::string_view kKeys =
    R"({"keys":[{"kty":"RSA","kid":"k1"},{"kty":"EC","kid":"k2"},{"kty":"RSA","kid":"k3","use":"enc"}]})";

std::string check(const std::string& text, std::string_view keys = kKeys) {
  const auto claims =
      oidc::check_id_token(text, keys, "https://id.example.com", "tenon", "n", kNow, verify);
  if (claims) return claims->subject + " " + claims->email;
  return claims.error().detail();
}

std::string with(std::string_view name, json::value value) {
  auto claims = good_claims();
  claims[name] = std::move(value);
  return check(token(claims));
}

TEST(IdToken, proves_who_somebody_is) {
  EXPECT_EQ(check(token(good_claims())), "4711 a@example.com");
  EXPECT_EQ(with("email_verified", false), "4711 ")
      << "an address that nobody has verified is none";
  EXPECT_EQ(with("email_verified", "true"), "4711 ");
  EXPECT_EQ(with("aud", json::array{"tenon"}), "4711 a@example.com");
  auto several = good_claims();
  several["aud"] = json::array{"other", "tenon"};
  several["azp"] = "tenon";
  EXPECT_EQ(check(token(several)), "4711 a@example.com");
}

TEST(IdToken, of_another_issuer_audience_time_or_sign_in_proves_nothing) {
  EXPECT_EQ(with("iss", "https://id.example.com/"), "issuer");
  EXPECT_EQ(with("aud", "other"), "audience");
  EXPECT_EQ(with("aud", json::array{"other", "tenon"}), "audience");
  EXPECT_EQ(with("azp", "other"), "audience");
  EXPECT_EQ(with("exp", 1'794'999'900), "expired");
  EXPECT_EQ(with("exp", nullptr), "expired");
  EXPECT_EQ(with("iat", 1'795'000'100), "not made now");
  EXPECT_EQ(with("iat", 1'794'990'000), "not made now");
  EXPECT_EQ(with("nonce", "m"), "nonce");
  EXPECT_EQ(with("nonce", nullptr), "nonce");
  EXPECT_EQ(with("sub", ""), "subject");
  EXPECT_EQ(with("sub", json::string(256, 'x')), "subject");
}

TEST(IdToken, is_signed_by_a_key_of_the_issuer_that_is_for_that) {
  EXPECT_EQ(check(token(good_claims(), "none")), "signature");
  EXPECT_EQ(check(token(good_claims(), "HS256")), "signature");
  EXPECT_EQ(check(token(good_claims(), "RS256", "k9")), "signature");
  EXPECT_EQ(check(token(good_claims(), "RS256", "k2")), "signature") << "a key of another kind";
  EXPECT_EQ(check(token(good_claims(), "ES256", "k2")), "4711 a@example.com");
  EXPECT_EQ(check(token(good_claims(), "RS256", "k3")), "signature") << "a key for secrecy";
  EXPECT_EQ(check(token(good_claims()), "{}"), "signature");
  EXPECT_EQ(check(token(good_claims()), "nonsense"), "signature");
  auto spoilt = token(good_claims());
  spoilt[spoilt.find('.') + 5] ^= 1;
  EXPECT_NE(check(spoilt), "4711 a@example.com");
  for (const auto* none : {"", "a", "a.b", "a.b.c", "a.b.c.d", "....", "e30.e30."})
    EXPECT_NE(check(none), "4711 a@example.com") << none;
}

TEST(Journey, is_carried_for_ten_minutes) {
  SeededRandom random(1);
  const auto journey = oidc::begin_journey("acme", "rs", "/x", kNow, random);
  EXPECT_NE(journey.state, journey.nonce);
  EXPECT_GE(journey.verifier.size(), 43U);
  const auto text = oidc::to_text(journey);
  EXPECT_EQ(oidc::journey_from(text, kNow + oidc::kJourney)->verifier, journey.verifier);
  EXPECT_FALSE(oidc::journey_from(text, kNow + oidc::kJourney + std::chrono::microseconds(1)));
  EXPECT_FALSE(oidc::journey_from("{}", kNow));
  const oidc::Discovery discovery{.issuer = "i",
                                  .authorization_endpoint = "https://i/a?x=1",
                                  .token_endpoint = "t",
                                  .jwks_uri = "j"};
  const auto to = oidc::authorization_address(discovery, "a b", "https://h/c", journey);
  EXPECT_TRUE(
      to.starts_with("https://i/a?x=1&response_type=code&client_id=a%20b&redirect_uri="
                     "https%3A%2F%2Fh%2Fc&scope=openid%20"))
      << to;
  EXPECT_EQ(to.find(journey.verifier), std::string::npos) << "only its hash travels there";
}

TEST(Discovery, is_of_the_issuer_that_was_asked) {
  const std::string good =
      R"({"issuer":"https://i","authorization_endpoint":"https://i/a","token_endpoint":"https://i/t","jwks_uri":"https://i/j","token_endpoint_auth_methods_supported":["client_secret_post"]})";
  EXPECT_EQ(oidc::discovery_address("https://i/"), "https://i/.well-known/openid-configuration");
  const auto read = oidc::read_discovery(good, "https://i");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->client_secret_basic);
  EXPECT_EQ(oidc::read_discovery(good, "https://j").error().reason(), "oidc.discovery");
  EXPECT_EQ(oidc::read_discovery("[]", "https://i").error().reason(), "oidc.discovery");
  EXPECT_EQ(oidc::read_discovery(R"({"issuer":"https://i"})", "https://i").error().reason(),
            "oidc.discovery");
}

class ProvidersTest : public testing::IdentityTest {
 protected:
  std::string put(std::string id, std::string issuer = "https://id.example.com",
                  std::string secret = "hush") {
    auto done = change([&](Change& change) {
      return put_provider(change, key_,
                          {.id = id,
                           .name = "Example",
                           .issuer = issuer,
                           .client_id = "tenon",
                           .client_secret = Secret<std::string>(secret)});
    });
    return done ? "good" : done.error().reason();
  }
  std::string arrive(std::string subject, std::string email, std::string provider = "rs") {
    auto user = change([&](Change& change) {
      return find_linked_user(change, provider, {.subject = subject, .email = email});
    });
    if (!user) return user.error().reason();
    return look([&](storage::Session& session) { return get_user(session, *user); })->name;
  }
};

TEST_P(ProvidersTest, keep_their_secret_sealed_and_when_none_is_given) {
  EXPECT_EQ(put("rs"), "good");
  EXPECT_EQ(put("rs", "https://id.example.com", ""), "good");
  const auto stored =
      look([&](storage::Session& session) { return get_provider(session, key_, "rs"); });
  EXPECT_EQ(stored->client_secret.reveal(), "hush");
  EXPECT_EQ(count("SELECT count(*) FROM audit WHERE after LIKE '%hush%'"), 0);
  EXPECT_EQ(put("R S"), "schema.fields");
  EXPECT_EQ(put("x", "ftp://x"), "schema.fields");
  for (std::size_t i = 1; i < kProviders; ++i) EXPECT_EQ(put("p" + std::to_string(i)), "good");
  EXPECT_EQ(put("over"), "provider.limit");
}

TEST_P(ProvidersTest, know_a_user_by_a_verified_address_once_and_then_by_their_own_name) {
  put("rs");
  const auto anna = change([](Change& change) {
    return create_user(change, {.name = "anna", .email = "Anna@Example.com"});
  });
  EXPECT_EQ(arrive("s1", ""), "oidc.unknown_user");
  EXPECT_EQ(arrive("s1", "nobody@example.com"), "oidc.unknown_user");
  EXPECT_EQ(arrive("s1", "anna@example.com"), "anna");
  EXPECT_EQ(arrive("s1", ""), "anna");
  EXPECT_EQ(arrive("s2", "anna@example.com"), "oidc.unknown_user")
      << "another account with the same address is somebody else";
  EXPECT_EQ(arrive("s1", "", "other"), "oidc.unknown_user");
  EXPECT_EQ(put("rs", "https://elsewhere.example.com"), "good");
  EXPECT_EQ(arrive("s1", ""), "oidc.unknown_user") << "names of another issuer are other people's";
  (void)anna;
}

TENON_ON_BOTH(ProvidersTest);

}  // namespace
}  // namespace tenon::identity
