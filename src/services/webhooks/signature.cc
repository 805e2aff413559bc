#include "services/webhooks/signature.h"

#include <array>

#include "base/hash.h"

namespace tenon::services {
namespace {

constexpr std::string_view kPrefix = "whsec_";

/// The bytes of a secret: the Base64 of RFC 4648 §4 read by the reader of §5.
std::string bytes_of_secret(std::string_view secret) {
  std::string text(secret.substr(secret.starts_with(kPrefix) ? kPrefix.size() : 0));
  for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('=')) text.pop_back();
  return from_base64url(text).value_or(std::string());
}

}  // namespace

std::string new_webhook_secret(Random& random) {
  std::array<std::uint8_t, 32> bytes{};
  random.fill(std::as_writable_bytes(std::span(bytes)));
  return std::string(kPrefix) + base64(bytes);
}

std::string sign_webhook(std::string_view secret, std::string_view id, std::int64_t seconds,
                         std::string_view body) {
  std::string text(id);
  text.append(".").append(std::to_string(seconds)).append(".").append(body);
  const auto key = bytes_of_secret(secret);
  return "v1," + base64(hmac_sha256(bytes_of(key), bytes_of(text)));
}

std::vector<http::HeaderField> webhook_fields(std::string_view secret, std::string_view id,
                                              Timestamp now, std::string_view body) {
  const std::int64_t seconds =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  return {{"Content-Type", "application/json"},
          {"User-Agent", "Tenon-Webhooks/1"},
          {"webhook-id", std::string(id)},
          {"webhook-timestamp", std::to_string(seconds)},
          {"webhook-signature", sign_webhook(secret, id, seconds, body)}};
}

}  // namespace tenon::services
