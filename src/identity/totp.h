#pragma once
// One-time codes of an authenticator app: RFC 6238 with SHA-1, six digits and steps of 30 seconds,
// which is what all of them speak. A code is good for its own step and the ones beside it, and only
// once: whoever accepts it notes the step, and no step up to that is accepted again.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace tenon::identity::totp {

inline constexpr std::size_t kSecretBytes = 20;

/// Random bytes for a new secret.
[[nodiscard]] std::string make_secret(Random& random);
/// Base32 without padding (RFC 4648), as it is typed into an app.
[[nodiscard]] std::string base32(std::string_view bytes);
/// `otpauth://totp/…` for a QR code.
[[nodiscard]] std::string address_of(std::string_view secret, std::string_view company,
                                     std::string_view user);

[[nodiscard]] std::int64_t step_of(Timestamp now) noexcept;
/// Six digits.
[[nodiscard]] std::string code_at(std::string_view secret, std::int64_t step);
/// The step whose code this is, when it is near `now` and later than `last`. Empty: it is none.
[[nodiscard]] std::optional<std::int64_t> accept(std::string_view secret, std::string_view code,
                                                 Timestamp now, std::int64_t last);

}  // namespace tenon::identity::totp
