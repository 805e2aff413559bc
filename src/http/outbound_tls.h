#pragma once
// TLS of a client over bytes that somebody else moves: what is to be sent comes out, what has come
// goes in. Private to the room.

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

struct ssl_ctx_st;
struct ssl_st;

namespace tenon::http {

/// The authorities that are trusted. Immutable. Thread: any.
class TrustStore {
 public:
  /// `ca_file` may be empty. A file that cannot be read trusts nobody more.
  explicit TrustStore(const std::string& ca_file);
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;
  ~TrustStore();
  [[nodiscard]] ssl_ctx_st* context() const noexcept { return context_; }

 private:
  ssl_ctx_st* context_;
};

/// One connection to `host`, whose certificate must be for it. Thread: one.
class TlsClient {
 public:
  TlsClient(const TrustStore& trust, const std::string& host);
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  ~TlsClient();

  enum class Step : std::uint8_t { done, wants_more, ended };
  /// Errors of all: unavailable (`outbound.tls`).
  [[nodiscard]] Result<Step> handshake();
  [[nodiscard]] Result<Step> write(std::string_view plain);
  /// Appends what has been deciphered to `plain`.
  [[nodiscard]] Result<Step> read(std::string& plain);
  /// Bytes to put on the wire now.
  [[nodiscard]] std::string take_outgoing();
  /// Bytes that came from the wire.
  void give_incoming(std::string_view bytes);

 private:
  ssl_st* ssl_;
};

}  // namespace tenon::http
