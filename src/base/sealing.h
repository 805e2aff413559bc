#pragma once
// A secret that must be read again (the key of an authenticator app, the password of a foreign
// service) is kept encrypted. XChaCha20-Poly1305 with a fresh nonce; the context says what the
// secret belongs to, so that a sealed text does not open in another place.

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/random.h"
#include "base/secret.h"

namespace tenon {

/// 256 bits, and the number under which sealed texts name the key they need.
struct SealingKey {
  std::uint8_t number = 1;
  Secret<std::array<std::uint8_t, 32>> bytes;
};

/// number ‖ nonce ‖ ciphertext ‖ tag.
[[nodiscard]] std::string seal(const SealingKey& key, std::string_view secret,
                               std::string_view context, Random& random);
/// Errors: internal (`seal.open`) for another key, another context or a changed text.
[[nodiscard]] Result<Secret<std::string>> unseal(const SealingKey& key, std::string_view sealed,
                                                 std::string_view context);

/// The key in `file`: 64 hexadecimal digits, made when the file is missing, for its owner alone.
/// Errors: unavailable (`seal.key`) with the file's name when it cannot be read or written, is
/// readable by others, or holds something else. Blocks.
[[nodiscard]] Result<SealingKey> open_sealing_key(const std::filesystem::path& file,
                                                  Random& random);

}  // namespace tenon
