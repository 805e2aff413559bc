#include "base/hash.h"

#include <sodium.h>

#include <utility>

namespace tenon {
namespace {

/// libsodium picks its implementations once; until then its functions must not be called.
void need_sodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) TENON_FATAL("libsodium cannot be initialised");
}

}  // namespace

struct Sha256::State {
  crypto_hash_sha256_state state;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { crypto_hash_sha256_init(&state_->state); }
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::uint8_t> data) {
  crypto_hash_sha256_update(&state_->state, data.data(), data.size());
}

Digest Sha256::finish() {
  Digest digest;
  crypto_hash_sha256_final(&state_->state, digest.data());
  return digest;
}

Digest sha256(std::span<const std::uint8_t> data) {
  Digest digest;
  crypto_hash_sha256(digest.data(), data.data(), data.size());
  return digest;
}

Digest sha256(std::string_view text) { return sha256(bytes_of(text)); }

Digest hmac_sha256(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data) {
  Digest digest;
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  crypto_auth_hmacsha256_update(&state, data.data(), data.size());
  crypto_auth_hmacsha256_final(&state, digest.data());
  sodium_memzero(&state, sizeof state);
  return digest;
}

bool equal_in_constant_time(std::span<const std::uint8_t> left,
                            std::span<const std::uint8_t> right) noexcept {
  return left.size() == right.size() && sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string hex(std::span<const std::uint8_t> data) {
  std::string text(data.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), data.data(), data.size());
  text.pop_back();
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string data(text.size() / 2, '\0');
  std::size_t size = 0;
  if (text.size() % 2 != 0 ||
      sodium_hex2bin(reinterpret_cast<std::uint8_t*>(data.data()), data.size(), text.data(),
                     text.size(), nullptr, &size, nullptr) != 0 ||
      size != data.size())
    return std::nullopt;
  return data;
}

std::string base64(std::span<const std::uint8_t> data) {
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
  std::string text(sodium_base64_encoded_len(data.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), data.data(), data.size(), kVariant);
  text.pop_back();  // the terminator that libsodium counts
  return text;
}

std::string base64url(std::span<const std::uint8_t> data) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(data.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), data.data(), data.size(), kVariant);
  text.pop_back();
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string data(text.size() / 4 * 3 + 2, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<std::uint8_t*>(data.data()), data.size(), text.data(),
                        text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
    return std::nullopt;
  data.resize(size);
  return data;
}

Result<std::string> hash_password(const Secret<std::string>& password, PasswordCost cost) {
  need_sodium();
  std::string hash(crypto_pwhash_STRBYTES, '\0');
  const auto& text = password.reveal();
  if (crypto_pwhash_str_alg(hash.data(), text.data(), text.size(), cost.passes, cost.memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(
        Error(ErrorCode::exhausted, "There is not enough memory to check a password; try again.")
            .because("password.memory"));
  hash.resize(hash.find('\0'));
  return hash;
}

bool verify_password(const Secret<std::string>& password, const std::string& hash) {
  need_sodium();
  if (hash.size() >= crypto_pwhash_STRBYTES) return false;
  const auto& text = password.reveal();
  return crypto_pwhash_str_verify(hash.c_str(), text.data(), text.size()) == 0;
}

bool needs_rehash(const std::string& hash, PasswordCost cost) {
  need_sodium();
  if (hash.size() >= crypto_pwhash_STRBYTES) return true;
  return crypto_pwhash_str_needs_rehash(hash.c_str(), cost.passes, cost.memory_bytes) != 0;
}

}  // namespace tenon
