#include "identity/sign_in.h"

#include <utility>

#include "base/utf8.h"
#include "identity/second_factor.h"
#include "identity/sql.h"
#include "identity/user_rows.h"

namespace tenon::identity {
namespace {

std::unexpected<Error> refused() {
  return fail(Error(ErrorCode::denied, "company, user name or password is wrong")
                  .because("http.login_failed"));
}

/// Under which attempts on one account are counted, whether or not there is such an account.
std::string account_of(const std::string& company, const std::string& user) {
  return hex(sha256(company + '\0' + utf8::fold(utf8::truncated(user, 256))));
}

bool too_long(const Attempt& attempt) noexcept {
  return attempt.user.size() > 256 || attempt.password.reveal().size() > 4 * kMaxPassword;
}

Result<> store_hash(Change& change, UserId user, const std::string& hash) {
  if (hash.empty()) return {};
  TENON_TRY(change.execute("UPDATE identity_user SET password = ?2 WHERE id = ?1",
                           std::array<sql::Value, 2>{sql::id(user), std::string_view(hash)}));
  return {};
}

}  // namespace

Result<std::optional<SignIn::Stored>> SignIn::find(storage::Session& session,
                                                   const std::string& name) {
  std::optional<Stored> found;
  const auto key = utf8::fold(name);
  TENON_TRY(sql::each(
      session,
      "SELECT id, name, password, CAST(CASE WHEN totp_secret IS NULL THEN 0 ELSE 1 END AS BIGINT) "
      "FROM identity_user WHERE name_key = ?1 AND state = 1 AND password IS NOT NULL",
      std::array<sql::Value, 1>{std::string_view(key)}, [&](const sql::Row& row) {
        found = Stored{.id = sql::id_at<UserId>(row, 0),
                       .name = std::string(row.text(1)),
                       .password = std::string(row.text(2)),
                       .has_totp = row.integer(3) != 0};
      }));
  return found;
}

Task<SignedIn> SignIn::run(Attempt attempt, Deadline deadline) {
  const auto account = account_of(attempt.company, attempt.user);
  TENON_CO_TRY(throttle_.begin(account, attempt.address));
  std::optional<Stored> stored;
  auto realm = realms_.find(attempt.company);
  if (!realm && realm.error().reason() != "tenant.gone") {
    throttle_.withdraw(account);
    co_return std::unexpected(std::move(realm.error()));
  }
  if (realm && !too_long(attempt)) {
    TENON_CO_ASSIGN(found, co_await look(*realm, [&attempt](storage::Session& session) {
                      return find(session, attempt.user);
                    }));
    stored = std::move(found);
  }
  auto hash = stored ? stored->password : std::optional<std::string>();
  auto checked = co_await passwords_.check(
      too_long(attempt) ? Secret<std::string>() : attempt.password, std::move(hash), deadline);
  if (!checked) {
    throttle_.withdraw(account);
    co_return std::unexpected(std::move(checked.error()));
  }
  if (!checked->matches) {
    if (realm)
      trail_.push({.realm = *realm,
                   .user = stored ? std::optional(stored->id) : std::nullopt,
                   .what = "sign_in_refused",
                   .name = std::string(utf8::truncated(attempt.user, 64)),
                   .address = attempt.address,
                   .trace = attempt.trace});
    co_return refused();
  }
  if (stored->has_totp && attempt.code.empty()) {
    throttle_.withdraw(account);
    co_return fail(Error(ErrorCode::denied, "Type the code of your authenticator app.")
                       .because("session.code_required"));
  }
  std::string new_hash;
  if (checked->stale) {
    TENON_CO_ASSIGN(made, co_await passwords_.hash(attempt.password, deadline));
    new_hash = std::move(made);
  }
  auto entered =
      co_await enter(*realm, *std::move(stored), std::move(attempt), std::move(new_hash), deadline);
  if (entered) throttle_.succeeded(account);
  co_return entered;
}

Task<SignedIn> SignIn::enter(std::shared_ptr<Realm> realm, Stored user, Attempt attempt,
                             std::string new_hash, Deadline deadline) {
  // Who is let in acts already: the audit row names him.
  Principal self{.tenant = realm->name(), .user = user.id, .name = user.name};
  const Actor actor{.principal = std::make_shared<const Principal>(std::move(self)),
                    .trace = attempt.trace};
  auto token =
      co_await change(sessions_.tools(), realm, actor, deadline,
                      [this, &user, &attempt, &new_hash](Change& change) -> Result<std::string> {
                        TENON_TRY(use_code(change, key_, user.id, attempt.code));
                        TENON_TRY(store_hash(change, user.id, new_hash));
                        TENON_ASSIGN(made, sessions_.open(change, {.user = user.id,
                                                                   .remember = attempt.remember,
                                                                   .address = attempt.address,
                                                                   .agent = attempt.agent}));
                        TENON_TRY(change.audit("session", user.id.value, "signed_in", {},
                                               {{"address", attempt.address}}));
                        return std::move(made);
                      });
  if (!token) {
    if (token.error().reason() == "session.code_wrong")
      trail_.push({.realm = realm,
                   .user = user.id,
                   .what = "sign_in_refused",
                   .name = user.name,
                   .address = attempt.address,
                   .trace = attempt.trace});
    co_return std::unexpected(std::move(token.error()));
  }
  TENON_CO_ASSIGN(principal, co_await sessions_.find(*token, Proof::session, deadline));
  if (principal == nullptr) co_return refused();  // deactivated at this very moment
  co_return SignedIn{
      .token = *std::move(token), .principal = std::move(principal), .remember = attempt.remember};
}

Task<> SignIn::confirm(std::shared_ptr<Realm> realm, UserId user, Secret<std::string> password,
                       std::string address, Deadline deadline) {
  TENON_CO_ASSIGN(row, co_await look(realm, [user](storage::Session& session) {
                    return get_user(session, user);
                  }));
  const auto account = account_of(realm->name(), row.name);
  TENON_CO_TRY(throttle_.begin(account, address));
  TENON_CO_ASSIGN(stored, co_await look(realm, [&row](storage::Session& session) {
                    return find(session, row.name);
                  }));
  TENON_CO_ASSIGN(checked,
                  co_await passwords_.check(std::move(password),
                                            stored ? stored->password : std::nullopt, deadline));
  if (!checked.matches)
    co_return fail(Error(ErrorCode::denied, "This is not your password.")
                       .because("user.wrong_password")
                       .with_field({"/password", "option", "This is not your password."}));
  throttle_.succeeded(account);
  co_return Result<>();
}

}  // namespace tenon::identity
