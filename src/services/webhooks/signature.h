#pragma once
// How a receiver knows that a message is ours and is not an old one sent again: the signature of
// Standard Webhooks (github.com/standard-webhooks), HMAC-SHA-256 over id, time and body.

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "http/request.h"

namespace tenon::services {

/// A new secret as its owner sees it once: `whsec_` and the Base64 of 32 random bytes.
[[nodiscard]] std::string new_webhook_secret(Random& random);

/// `v1,` and the Base64 of the HMAC over `<id>.<seconds>.<body>`. Requires: `secret` is of
/// new_webhook_secret().
[[nodiscard]] std::string sign_webhook(std::string_view secret, std::string_view id,
                                       std::int64_t seconds, std::string_view body);

/// The three fields that go with a message, and the type of its body.
[[nodiscard]] std::vector<http::HeaderField> webhook_fields(std::string_view secret,
                                                            std::string_view id, Timestamp now,
                                                            std::string_view body);

}  // namespace tenon::services
