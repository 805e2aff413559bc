#include "identity/providers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "identity/sql.h"
#include "identity/user_checks.h"

namespace tenon::identity {
namespace {

std::string context_of(const std::string& id) { return "provider " + id; }

Result<> check(const Provider& provider) {
  FieldCheck check;
  const bool plain = std::ranges::all_of(provider.id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (provider.id.empty() || provider.id.size() > 40 || !plain)
    check.add("id", "format", "is made of 1 to 40 of a-z, 0-9 and -");
  check.text("name", provider.name, 1, 100);
  check.text("issuer", provider.issuer, 1, 500);
  if (!provider.issuer.starts_with("https://") && !provider.issuer.starts_with("http://"))
    check.add("issuer", "format", "is an address as https://id.example.com");
  check.text("client_id", provider.client_id, 1, 255);
  check.text("client_secret", provider.client_secret.reveal(), 0, 1000);
  return check.done();
}

json::object to_json(const Provider& provider) {
  return {{"id", provider.id},
          {"name", provider.name},
          {"issuer", provider.issuer},
          {"client_id", provider.client_id}};
}

std::unexpected<Error> unknown() {
  return fail(
      Error(ErrorCode::not_found, "There is no such sign-in service.").because("provider.unknown"));
}

Result<std::optional<UserId>> user_of(Change& change, std::string_view statement,
                                      std::string_view first, std::string_view second) {
  std::optional<UserId> found;
  TENON_TRY(sql::each(change.session(), statement, std::array<sql::Value, 2>{first, second},
                      [&](const sql::Row& row) { found = sql::id_at<UserId>(row, 0); }));
  return found;
}

}  // namespace

Result<std::vector<Provider>> list_providers(storage::Session& session, const SealingKey& key) {
  std::vector<Provider> all;
  std::vector<std::string> sealed;
  TENON_TRY(sql::each(session,
                      "SELECT id, name, issuer, client_id, client_secret FROM identity_provider "
                      "ORDER BY id",
                      std::array<sql::Value, 0>{}, [&](const sql::Row& row) {
                        all.push_back({.id = std::string(row.text(0)),
                                       .name = std::string(row.text(1)),
                                       .issuer = std::string(row.text(2)),
                                       .client_id = std::string(row.text(3)),
                                       .client_secret = {}});
                        sealed.push_back(sql::bytes_at(row, 4));
                      }));
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!sealed[i].empty()) {
      TENON_ASSIGN(secret, unseal(key, sealed[i], context_of(all[i].id)));
      all[i].client_secret = std::move(secret);
    }
  return all;
}

Result<Provider> get_provider(storage::Session& session, const SealingKey& key,
                              const std::string& id) {
  TENON_ASSIGN(all, list_providers(session, key));
  const auto found = std::ranges::find(all, id, &Provider::id);
  if (found == all.end()) return unknown();
  return std::move(*found);
}

Result<> put_provider(Change& change, const SealingKey& key, const Provider& provider) {
  TENON_TRY(check(provider));
  TENON_ASSIGN(all, list_providers(change.session(), key));
  const auto before = std::ranges::find(all, provider.id, &Provider::id);
  if (before == all.end() && all.size() >= kProviders)
    return fail(Error(ErrorCode::exhausted,
                      fmt::format("A company has at most {} sign-in services.", kProviders))
                    .because("provider.limit"));
  const auto& given = provider.client_secret.reveal();
  const auto& secret =
      given.empty() && before != all.end() ? before->client_secret.reveal() : given;
  const auto sealed =
      secret.empty() ? std::string() : seal(key, secret, context_of(provider.id), change.random());
  TENON_TRY(change.execute(
      "INSERT INTO identity_provider(id, name, issuer, client_id, client_secret) "
      "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
      "issuer = excluded.issuer, client_id = excluded.client_id, "
      "client_secret = excluded.client_secret",
      std::array<sql::Value, 5>{std::string_view(provider.id), std::string_view(provider.name),
                                std::string_view(provider.issuer),
                                std::string_view(provider.client_id), sql::bytes_or_null(sealed)}));
  // The names that another issuer gives are other people's.
  if (before != all.end() && before->issuer != provider.issuer)
    TENON_TRY(change.execute("DELETE FROM identity_link WHERE provider = ?1",
                             std::array<sql::Value, 1>{std::string_view(provider.id)}));
  return change.audit("provider", Uuid{}, before == all.end() ? "created" : "updated",
                      before == all.end() ? json::object() : to_json(*before), to_json(provider));
}

Result<> delete_provider(Change& change, const std::string& id) {
  const std::array<sql::Value, 1> which{std::string_view(id)};
  TENON_TRY(change.execute("DELETE FROM identity_link WHERE provider = ?1", which));
  TENON_ASSIGN(gone, change.execute("DELETE FROM identity_provider WHERE id = ?1", which));
  if (gone == 0) return unknown();
  return change.audit("provider", Uuid{}, "deleted", {{"id", id}}, {});
}

Result<UserId> find_linked_user(Change& change, const std::string& provider,
                                const oidc::Claims& claims) {
  TENON_ASSIGN(linked, user_of(change,
                               "SELECT u.id FROM identity_link AS l JOIN identity_user AS u ON "
                               "u.id = l.user_id WHERE l.provider = ?1 AND l.subject = ?2 AND "
                               "u.state <> 2",
                               provider, claims.subject));
  if (linked) return *linked;
  const auto email = utf8::is_valid(claims.email) ? utf8::fold(claims.email) : std::string();
  std::optional<UserId> known;
  if (!email.empty()) {
    TENON_ASSIGN(found, user_of(change,
                                "SELECT id FROM identity_user WHERE email_key = ?1 AND state <> 2 "
                                "AND NOT EXISTS (SELECT 1 FROM identity_link AS l WHERE "
                                "l.user_id = identity_user.id AND l.provider = ?2)",
                                email, provider));
    known = found;
  }
  if (!known)
    return fail(Error(ErrorCode::denied,
                      "The sign-in service knows you, but no user of this company has your "
                      "e-mail address; ask an administrator.")
                    .because("oidc.unknown_user"));
  TENON_TRY(
      change.execute("INSERT INTO identity_link(provider, subject, user_id) VALUES(?1, ?2, ?3) "
                     "ON CONFLICT (provider, subject) DO UPDATE SET user_id = excluded.user_id",
                     std::array<sql::Value, 3>{std::string_view(provider),
                                               std::string_view(claims.subject), sql::id(*known)}));
  // Who was invited has come, by another door.
  TENON_TRY(change.execute("UPDATE identity_user SET state = 1 WHERE id = ?1 AND state = 0",
                           std::array<sql::Value, 1>{sql::id(*known)}));
  TENON_TRY(change.audit("user", known->value, "linked", {}, {{"provider", provider}}));
  return *known;
}

}  // namespace tenon::identity
