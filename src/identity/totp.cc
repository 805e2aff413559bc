#include "identity/totp.h"

#include <fmt/format.h>

#include <array>
#include <span>

#include "base/hash.h"
#include "base/sha1.h"

namespace tenon::identity::totp {
namespace {

constexpr std::int64_t kStepSeconds = 30;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

std::string make_secret(Random& random) {
  std::string secret(kSecretBytes, '\0');
  random.fill(std::as_writable_bytes(std::span(secret)));
  return secret;
}

std::string base32(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char byte : bytes) {
    held = held << 8 | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 5; bits -= 5) text += kDigits[held >> (bits - 5) & 31U];
  }
  if (bits > 0) text += kDigits[held << (5 - bits) & 31U];
  return text;
}

std::string address_of(std::string_view secret, std::string_view company, std::string_view user) {
  return fmt::format("otpauth://totp/Tenon%20{0}:{1}?secret={2}&issuer=Tenon%20{0}",
                     escaped(company), escaped(user), base32(secret));
}

std::int64_t step_of(Timestamp now) noexcept {
  return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count() / kStepSeconds;
}

std::string code_at(std::string_view secret, std::int64_t step) {
  std::array<std::uint8_t, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i)
    counter[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(step) >> (56 - 8 * i));
  const auto mac = hmac_sha1(bytes_of(secret), counter);
  const std::size_t at = mac.back() & 0xFU;
  const std::uint32_t number = (mac[at] & 0x7FU) << 24 | std::uint32_t{mac[at + 1]} << 16 |
                               std::uint32_t{mac[at + 2]} << 8 | mac[at + 3];
  return fmt::format("{:06}", number % 1'000'000);
}

std::optional<std::int64_t> accept(std::string_view secret, std::string_view code, Timestamp now,
                                   std::int64_t last) {
  std::optional<std::int64_t> found;
  const auto middle = step_of(now);
  // All three are compared, so that the time tells nothing.
  for (auto step = middle - 1; step <= middle + 1; ++step)
    if (equal_in_constant_time(bytes_of(code), bytes_of(code_at(secret, step))) && step > last)
      found = step;
  return found;
}

}  // namespace tenon::identity::totp
