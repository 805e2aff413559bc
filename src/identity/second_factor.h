#pragma once
// Something that only the user has: an authenticator app, and ten codes on paper for the day it is
// lost. The app's secret has to be read again, so it is stored sealed; the codes are stored as
// hashes and each works once.

#include <string>
#include <vector>

#include "base/sealing.h"
#include "identity/change.h"

namespace tenon::identity {

inline constexpr std::size_t kRecoveryCodes = 10;

struct Enrolment {
  std::string secret;   // base32, to be typed
  std::string address;  // otpauth://…, to be scanned
};

/// Offers a new secret; the one in use stays until confirm_totp(). Errors: not_found.
[[nodiscard]] Result<Enrolment> begin_totp(Change& change, const SealingKey& key, UserId user);
/// Puts the offered secret in use when `code` is of it; gives fresh recovery codes. Errors: invalid
/// (`totp.code`), conflict (`totp.not_begun`).
[[nodiscard]] Result<std::vector<std::string>> confirm_totp(Change& change, const SealingKey& key,
                                                            UserId user, const std::string& code);
/// Ends the second factor of a user. Idempotent.
[[nodiscard]] Result<> remove_totp(Change& change, UserId user);

/// Uses up a code of the app or of the paper. Nothing to do for a user without second factor.
/// Errors: denied (`session.code_required`, `session.code_wrong`: also for one that was used).
[[nodiscard]] Result<> use_code(Change& change, const SealingKey& key, UserId user,
                                const std::string& code);

}  // namespace tenon::identity
