#pragma once
// Digests and the texts that carry them. One place for what is compared in constant time and for
// how a password is kept.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

namespace tenon {

using Digest = std::array<std::uint8_t, 32>;

/// The bytes of a text, for the functions below.
[[nodiscard]] inline std::span<const std::uint8_t> bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// SHA-256 (FIPS 180-4) over data that comes in pieces. Thread: one.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(std::span<const std::uint8_t> data);
  void update(std::string_view text) { update(bytes_of(text)); }
  /// The digest of all that was given. Requires: called once, as the last.
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] Digest sha256(std::span<const std::uint8_t> data);
[[nodiscard]] Digest sha256(std::string_view text);

/// HMAC-SHA-256 (RFC 2104). `key` has any length.
[[nodiscard]] Digest hmac_sha256(std::span<const std::uint8_t> key,
                                 std::span<const std::uint8_t> data);

/// Compares without telling by its time where two values differ; lengths are no secret.
[[nodiscard]] bool equal_in_constant_time(std::span<const std::uint8_t> left,
                                          std::span<const std::uint8_t> right) noexcept;

/// Lower-case hexadecimal, two digits a byte.
[[nodiscard]] std::string hex(std::span<const std::uint8_t> data);
/// Either case; empty when `text` is not an even number of hexadecimal digits.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);

/// Base64 with `+`, `/` and padding (RFC 4648 §4), for headers that ask for it.
[[nodiscard]] std::string base64(std::span<const std::uint8_t> data);
/// Base64 with `-` and `_`, without padding (RFC 4648 §5).
[[nodiscard]] std::string base64url(std::span<const std::uint8_t> data);
/// Empty when `text` is not the one canonical form of some bytes.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

/// What one check of a password costs. The defaults are what OWASP names for Argon2id.
struct PasswordCost {
  std::uint64_t passes = 2;
  std::size_t memory_bytes = std::size_t{19} << 20;
};

/// Argon2id with a fresh salt, as a text that names its own parameters (`$argon2id$v=19$…`).
/// Errors: exhausted when the memory cannot be had.
/// Cost: about 20 ms and `cost.memory_bytes`; run it on a BlockingPool.
[[nodiscard]] Result<std::string> hash_password(const Secret<std::string>& password,
                                                PasswordCost cost = {});
/// Whether `password` is the one `hash` was made of; false for a text that is no hash.
/// Cost: that of the parameters in `hash`; run it on a BlockingPool.
[[nodiscard]] bool verify_password(const Secret<std::string>& password, const std::string& hash);
/// Whether `hash` was made with another cost and should be made anew at the next sign-in.
[[nodiscard]] bool needs_rehash(const std::string& hash, PasswordCost cost = {});

}  // namespace tenon
