#pragma once
// Digests and keyed digests (libsodium), and the two ways in which bytes are written as text.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tenon {

using Sha256 = std::array<std::uint8_t, 32>;
[[nodiscard]] Sha256 sha256(std::string_view bytes) noexcept;

/// HMAC-SHA-256. Requires: 32 bytes of key.
[[nodiscard]] Sha256 hmac_sha256(std::string_view key, std::string_view bytes) noexcept;
/// Compares without telling by its time where two texts of equal length differ.
[[nodiscard]] bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept;

/// Lower case.
[[nodiscard]] std::string hex(std::span<const std::uint8_t> bytes);
/// RFC 4648 section 5, without padding.
[[nodiscard]] std::string base64url(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace tenon
