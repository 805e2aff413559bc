#include "identity/second_factor.h"

#include <algorithm>

#include "identity/sql.h"
#include "identity/totp.h"
#include "identity/user_rows.h"

namespace tenon::identity {
namespace {

struct Stored {
  std::string secret, pending;  // sealed; empty: none
  std::int64_t step = 0;        // of the code that was used last
};

std::string context_of(UserId user) { return "totp " + user.to_string(); }

Result<Stored> read_stored(storage::Session& session, UserId user) {
  Stored stored;
  TENON_TRY(sql::each(
      session, "SELECT totp_secret, totp_pending, totp_step FROM identity_user WHERE id = ?1",
      std::array<sql::Value, 1>{sql::id(user)}, [&](const sql::Row& row) {
        stored = {.secret = sql::bytes_at(row, 0),
                  .pending = sql::bytes_at(row, 1),
                  .step = row.integer(2)};
      }));
  return stored;
}

/// Ten characters that nobody confuses, 50 bits.
std::string make_code(Random& random) {
  constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz23456789";
  static_assert(kLetters.size() == 32);
  std::array<std::uint8_t, 10> bytes{};
  random.fill(std::as_writable_bytes(std::span(bytes)));
  std::string code;
  for (const auto byte : bytes) code += kLetters[byte & 31U];
  return code;
}

/// As people type it: blanks and dashes mean nothing.
std::string plain(const std::string& typed) {
  std::string code;
  for (const char c : typed)
    if (c != ' ' && c != '-') code += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return code;
}

Digest hash_of(UserId user, const std::string& code) {
  return sha256(user.to_string() + " " + code);
}

Result<std::vector<std::string>> replace_codes(Change& change, UserId user) {
  TENON_TRY(change.execute("DELETE FROM identity_recovery WHERE user_id = ?1",
                           std::array<sql::Value, 1>{sql::id(user)}));
  std::vector<std::string> codes;
  while (codes.size() < kRecoveryCodes) {
    codes.push_back(make_code(change.random()));
    const Digest hash = hash_of(user, codes.back());
    TENON_TRY(change.execute("INSERT INTO identity_recovery(user_id, hash) VALUES(?1, ?2)",
                             std::array<sql::Value, 2>{sql::id(user), sql::digest(hash)}));
  }
  return codes;
}

Result<bool> use_recovery(Change& change, UserId user, const std::string& code) {
  const Digest hash = hash_of(user, code);
  TENON_ASSIGN(used,
               change.execute("DELETE FROM identity_recovery WHERE user_id = ?1 AND hash = ?2",
                              std::array<sql::Value, 2>{sql::id(user), sql::digest(hash)}));
  if (used == 0) return false;
  TENON_TRY(change.audit("user", user.value, "recovery_code_used", {}, {}));
  return true;
}

}  // namespace

Result<Enrolment> begin_totp(Change& change, const SealingKey& key, UserId user) {
  TENON_ASSIGN(row, get_user(change.session(), user));
  const auto secret = totp::make_secret(change.random());
  const auto sealed = seal(key, secret, context_of(user), change.random());
  TENON_TRY(change.execute("UPDATE identity_user SET totp_pending = ?2 WHERE id = ?1",
                           std::array<sql::Value, 2>{sql::id(user), sql::bytes_or_null(sealed)}));
  return Enrolment{.secret = totp::base32(secret),
                   .address = totp::address_of(secret, change.tenant(), row.name)};
}

Result<std::vector<std::string>> confirm_totp(Change& change, const SealingKey& key, UserId user,
                                              const std::string& code) {
  TENON_ASSIGN(stored, read_stored(change.session(), user));
  if (stored.pending.empty())
    return fail(Error(ErrorCode::conflict, "Ask for a secret first.").because("totp.not_begun"));
  TENON_ASSIGN(secret, unseal(key, stored.pending, context_of(user)));
  const auto step = totp::accept(secret.reveal(), plain(code), change.now(), 0);
  if (!step)
    return fail(Error(ErrorCode::invalid, "This code is not the app's; check the time of both.")
                    .because("totp.code")
                    .with_field({"/code", "option", "This code is not the app's."}));
  TENON_TRY(change.execute(
      "UPDATE identity_user SET totp_secret = totp_pending, totp_pending = NULL, totp_step = ?2, "
      "version = version + 1 WHERE id = ?1",
      std::array<sql::Value, 2>{sql::id(user), *step}));
  TENON_TRY(change.audit("user", user.value, "totp_enabled", {}, {}));
  return replace_codes(change, user);
}

Result<> remove_totp(Change& change, UserId user) {
  TENON_TRY(change.execute(
      "UPDATE identity_user SET totp_secret = NULL, totp_pending = NULL, version = version + 1 "
      "WHERE id = ?1",
      std::array<sql::Value, 1>{sql::id(user)}));
  TENON_TRY(change.execute("DELETE FROM identity_recovery WHERE user_id = ?1",
                           std::array<sql::Value, 1>{sql::id(user)}));
  return change.audit("user", user.value, "totp_removed", {}, {});
}

Result<> use_code(Change& change, const SealingKey& key, UserId user, const std::string& code) {
  TENON_ASSIGN(stored, read_stored(change.session(), user));
  if (stored.secret.empty()) return {};
  const auto typed = plain(code);
  if (typed.empty())
    return fail(Error(ErrorCode::denied, "Type the code of your authenticator app.")
                    .because("session.code_required"));
  TENON_ASSIGN(secret, unseal(key, stored.secret, context_of(user)));
  if (const auto step = totp::accept(secret.reveal(), typed, change.now(), stored.step)) {
    TENON_TRY(change.execute("UPDATE identity_user SET totp_step = ?2 WHERE id = ?1",
                             std::array<sql::Value, 2>{sql::id(user), *step}));
    return {};
  }
  if (typed.size() != 6) {
    TENON_ASSIGN(used, use_recovery(change, user, typed));
    if (used) return {};
  }
  return fail(Error(ErrorCode::denied, "This code is wrong or was used already.")
                  .because("session.code_wrong"));
}

}  // namespace tenon::identity
