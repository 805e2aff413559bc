#pragma once
// Signatures of the kinds that sign-in services use (RFC 7518): RS256 and ES256, checked with a
// public key as a JSON Web Key states it. Here because OpenSSL is this room's.

#include <string>
#include <string_view>

namespace tenon::http {

/// RSASSA-PKCS1-v1_5 with SHA-256. `modulus` and `exponent` are big-endian bytes; keys under 2048
/// and over 8192 bits sign nothing.
[[nodiscard]] bool verify_rs256(std::string_view modulus, std::string_view exponent,
                                std::string_view data, std::string_view signature);
/// ECDSA on P-256 with SHA-256; coordinates of 32 bytes, the signature as 64 bytes r ‖ s.
[[nodiscard]] bool verify_es256(std::string_view x, std::string_view y, std::string_view data,
                                std::string_view signature);

}  // namespace tenon::http
