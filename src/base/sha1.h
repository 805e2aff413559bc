#pragma once
// HMAC-SHA-1 (RFC 2104, FIPS 180-4), for one-time codes alone: RFC 6238 was written with it and it
// is what authenticator apps speak. Nothing else may use it; everything of ours is SHA-256.

#include <array>
#include <cstdint>
#include <span>

namespace tenon {

using Sha1Digest = std::array<std::uint8_t, 20>;

/// `key` has any length.
[[nodiscard]] Sha1Digest hmac_sha1(std::span<const std::uint8_t> key,
                                   std::span<const std::uint8_t> data);

}  // namespace tenon
