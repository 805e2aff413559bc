#pragma once
// Encryption is OpenSSL's work; ours is to hold its objects and to allow only what is safe: TLS 1.2
// and 1.3 with authenticated ciphers, no renegotiation, no compression, HTTP/1.1 by name. Private
// to the room.

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "http/options.h"

struct ssl_st;
struct ssl_ctx_st;

namespace tenon::http {

struct SslFree {
  void operator()(ssl_st* ssl) const noexcept;
};
using Ssl = std::unique_ptr<ssl_st, SslFree>;

/// A certificate with its key and the rules of the listener. Immutable: another certificate is
/// another object, and connections keep theirs. Thread: any.
class TlsContext {
 public:
  /// Errors: invalid (`tls.certificate`, `tls.key`) naming the file and what is wrong with it: not
  /// readable, not PEM, the key of another certificate, a key that everybody may read.
  [[nodiscard]] static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  /// The server's side of one connection over the non-blocking socket `descriptor`, which stays the
  /// caller's. Null when memory is short.
  [[nodiscard]] Ssl accept(int descriptor) const;
  /// When the certificate ends.
  [[nodiscard]] Timestamp expires() const noexcept { return expires_; }

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
  Timestamp expires_{};
};

}  // namespace tenon::http
