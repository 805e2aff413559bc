#include "base/sealing.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <utility>

#include "base/hash.h"

namespace tenon {
namespace {

constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;

std::unexpected<Error> bad_key(const std::filesystem::path& file, std::string_view what) {
  return fail(
      Error(ErrorCode::unavailable, "the key file " + file.string() + " " + std::string(what))
          .because("seal.key"));
}

const unsigned char* raw(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Writes the whole text into a new file for its owner, durably.
bool write_new(const std::filesystem::path& file, std::string_view text) {
  const int handle = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (handle < 0) return false;
  const bool good =
      ::write(handle, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(handle) == 0;
  ::close(handle);
  return good;
}

}  // namespace

std::string seal(const SealingKey& key, std::string_view secret, std::string_view context,
                 Random& random) {
  std::string sealed(1 + kNonce + secret.size() + kTag, '\0');
  auto* out = reinterpret_cast<unsigned char*>(sealed.data());
  out[0] = key.number;
  random.fill(std::as_writable_bytes(std::span(out + 1, kNonce)));
  unsigned long long length = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + 1 + kNonce, &length, raw(secret), secret.size(),
                                             raw(context), context.size(), nullptr, out + 1,
                                             key.bytes.reveal().data());
  return sealed;
}

Result<Secret<std::string>> unseal(const SealingKey& key, std::string_view sealed,
                                   std::string_view context) {
  const auto closed = [] {
    return fail(Error(ErrorCode::internal, "A stored secret does not open with this server's key.")
                    .because("seal.open"));
  };
  if (sealed.size() < 1 + kNonce + kTag || static_cast<std::uint8_t>(sealed[0]) != key.number)
    return closed();
  std::string plain(sealed.size() - 1 - kNonce - kTag, '\0');
  unsigned long long length = 0;
  const auto body = sealed.substr(1 + kNonce);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          reinterpret_cast<unsigned char*>(plain.data()), &length, nullptr, raw(body), body.size(),
          raw(context), context.size(), raw(sealed) + 1, key.bytes.reveal().data()) != 0)
    return closed();
  return Secret<std::string>(std::move(plain));
}

Result<SealingKey> open_sealing_key(const std::filesystem::path& file, Random& random) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    std::array<std::uint8_t, 32> bytes{};
    random.fill(std::as_writable_bytes(std::span(bytes)));
    if (!write_new(file, hex(bytes) + "\n")) return bad_key(file, "cannot be written");
    return SealingKey{.number = 1, .bytes = Secret(bytes)};
  }
  struct stat facts{};
  if (::stat(file.c_str(), &facts) != 0) return bad_key(file, "cannot be read");
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return bad_key(file, "is readable by others; chmod 600 it");
  std::ifstream in(file);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (text.ends_with('\n')) text.pop_back();
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != 32) return bad_key(file, "does not hold 64 hexadecimal digits");
  std::array<std::uint8_t, 32> key{};
  std::ranges::transform(*bytes, key.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return SealingKey{.number = 1, .bytes = Secret(key)};
}

}  // namespace tenon
