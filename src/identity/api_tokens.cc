#include "identity/api_tokens.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "identity/plan.h"
#include "identity/rights.h"
#include "identity/sql.h"

namespace tenon::identity {
namespace {

std::unexpected<Error> wrong(std::string_view field, std::string_view code, std::string text) {
  return fail(Error(ErrorCode::invalid, text)
                  .because("schema.fields")
                  .with_field({"/" + std::string(field), std::string(code), text}));
}

std::string text_of(const std::vector<std::string>& scopes) {
  json::array array;
  for (const auto& scope : scopes) array.emplace_back(scope);
  return json::serialize(array);
}

std::optional<std::vector<std::string>> scopes_at(const sql::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  std::vector<std::string> scopes;
  // A text of ours that does not read any more gives no right at all.
  if (auto parsed = json::parse(row.text(column)); parsed && parsed->is_array())
    for (const auto& scope : parsed->get_array())
      if (scope.is_string()) scopes.emplace_back(scope.get_string());
  return scopes;
}

ApiToken token_at(const sql::Row& row) {
  ApiToken token{.id = sql::id_at<TokenId>(row, 0),
                 .name = std::string(row.text(1)),
                 .scopes = scopes_at(row, 2),
                 .created = sql::time_at(row, 3),
                 .expires = sql::time_at(row, 4),
                 .used = {}};
  if (!row.is_null(5)) token.used = sql::time_at(row, 5);
  return token;
}

Result<> check(Change& change, const NewApiToken& token) {
  if (token.name.empty() || token.name.size() > 100 || !utf8::is_valid(token.name))
    return wrong("name", "max_length", "has 1 to 100 bytes");
  if (token.lifetime <= std::chrono::seconds(0) || token.lifetime > kLongestToken)
    return wrong("expires_at", "range", "lies in the future, at most 366 days away");
  if (token.scopes && token.scopes->size() > kScopesOfToken)
    return wrong("scopes", "range", fmt::format("names at most {} permissions", kScopesOfToken));
  TENON_ASSIGN(
      count, sql::number(change.session(),
                         "SELECT count(*) FROM identity_token WHERE user_id = ?1 AND "
                         "expires_at > ?2",
                         std::array<sql::Value, 2>{sql::id(token.user), sql::time(change.now())}));
  TENON_ASSIGN(plan, read_plan(change.session()));
  const auto most = plan.of(PlanLimit::tokens_of_user);
  if (count < most) return {};
  return fail(Error(ErrorCode::exhausted,
                    fmt::format("A user has at most {} API tokens; end one first.", most))
                  .because("token.limit"));
}

}  // namespace

Result<MadeToken> make_api_token(Change& change, const NewApiToken& token) {
  TENON_TRY(check(change, token));
  MadeToken made{.text = fmt::format("{}.{}", change.tenant(), change.make_secret()),
                 .token = {.id = change.make_id<TokenId>(),
                           .name = token.name,
                           .scopes = token.scopes,
                           .created = change.now(),
                           .expires = change.now() + token.lifetime,
                           .used = {}}};
  const auto scopes = token.scopes ? text_of(*token.scopes) : std::string();
  const Digest hash = sha256(made.text);
  const std::array<sql::Value, 7> values{sql::digest(hash),
                                         sql::id(made.token.id),
                                         sql::id(token.user),
                                         std::string_view(token.name),
                                         sql::text_or_null(scopes),
                                         sql::time(made.token.created),
                                         sql::time(made.token.expires)};
  TENON_TRY(change.execute(
      "INSERT INTO identity_token(hash, id, user_id, name, scopes, created_at, expires_at) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      values));
  json::object told{{"user", token.user.to_string()},
                    {"name", token.name},
                    {"expires_at", to_rfc3339(made.token.expires)}};
  if (!scopes.empty()) told["scopes"] = *json::parse(scopes);
  TENON_TRY(change.audit("token", made.token.id.value, "created", {}, told));
  return made;
}

Result<std::vector<ApiToken>> api_tokens_of(storage::Session& session, UserId user) {
  std::vector<ApiToken> all;
  TENON_TRY(sql::each(session,
                      "SELECT id, name, scopes, created_at, expires_at, used_at FROM "
                      "identity_token WHERE user_id = ?1 ORDER BY created_at DESC",
                      std::array<sql::Value, 1>{sql::id(user)},
                      [&](const sql::Row& row) { all.push_back(token_at(row)); }));
  return all;
}

Result<> end_api_token(Change& change, UserId user, TokenId id) {
  TENON_ASSIGN(ended, change.execute("DELETE FROM identity_token WHERE user_id = ?1 AND id = ?2",
                                     std::array<sql::Value, 2>{sql::id(user), sql::id(id)}));
  if (ended == 0)
    return fail(Error(ErrorCode::not_found, "There is no such token.").because("token.unknown"));
  change.touch();
  return change.audit("token", id.value, "deleted", {}, {{"user", user.to_string()}});
}

Result<std::optional<Credential>> read_api_token(storage::Session& session,
                                                 const std::string& tenant, const Digest& hash,
                                                 Timestamp now) {
  struct Stored {
    ApiToken token;
    UserId user;
  };
  std::optional<Stored> found;
  TENON_TRY(sql::each(session,
                      "SELECT id, name, scopes, created_at, expires_at, used_at, user_id FROM "
                      "identity_token WHERE hash = ?1",
                      std::array<sql::Value, 1>{sql::digest(hash)}, [&](const sql::Row& row) {
                        found = Stored{.token = token_at(row), .user = sql::id_at<UserId>(row, 6)};
                      }));
  if (!found || now >= found->token.expires) return std::optional<Credential>();
  TENON_ASSIGN(principal, read_principal(session, tenant, found->user));
  if (principal == nullptr) return std::optional<Credential>();
  if (found->token.scopes) narrow(*principal, *found->token.scopes);
  principal->proof = Proof::token;
  principal->session = found->token.id;
  const auto lifetime = found->token.expires - found->token.created;
  return std::optional(Credential{.principal = std::move(principal),
                                  .opened = found->token.created,
                                  .seen = found->token.used.value_or(found->token.created),
                                  .idle = std::chrono::microseconds::max(),
                                  .absolute = lifetime});
}

}  // namespace tenon::identity
