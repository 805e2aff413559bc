#include "http/outbound_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

namespace tenon::http {
namespace {

std::unexpected<Error> failed(const SSL* ssl) {
  std::array<char, 160> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  const long verdict = SSL_get_verify_result(ssl);
  std::string why = text.data();
  if (verdict != X509_V_OK) why = X509_verify_cert_error_string(verdict);
  return fail(Error(ErrorCode::unavailable, "The other server could not be trusted.")
                  .because("outbound.tls")
                  .in_context(why));
}

}  // namespace

TrustStore::TrustStore(const std::string& ca_file) : context_(SSL_CTX_new(TLS_client_method())) {
  if (context_ == nullptr) TENON_FATAL("OpenSSL cannot be set up");
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_default_verify_paths(context_);
  if (!ca_file.empty()) SSL_CTX_load_verify_locations(context_, ca_file.c_str(), nullptr);
  ERR_clear_error();
}

TrustStore::~TrustStore() { SSL_CTX_free(context_); }

TlsClient::TlsClient(const TrustStore& trust, const std::string& host)
    : ssl_(SSL_new(trust.context())) {
  if (ssl_ == nullptr) TENON_FATAL("OpenSSL has no memory");
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));  // takes both
  SSL_set_connect_state(ssl_);
  SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // An address is looked for among the certificate's addresses, a name among its names.
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), host.c_str()) != 1) {
    SSL_set1_host(ssl_, host.c_str());
    SSL_set_tlsext_host_name(ssl_, host.c_str());
  }
  ERR_clear_error();
}

TlsClient::~TlsClient() { SSL_free(ssl_); }

Result<TlsClient::Step> TlsClient::handshake() {
  const int done = SSL_do_handshake(ssl_);
  if (done == 1) return Step::done;
  const int why = SSL_get_error(ssl_, done);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return Step::wants_more;
  return failed(ssl_);
}

Result<TlsClient::Step> TlsClient::write(std::string_view plain) {
  // A memory BIO takes everything at once.
  if (SSL_write(ssl_, plain.data(), static_cast<int>(plain.size())) > 0) return Step::done;
  return failed(ssl_);
}

Result<TlsClient::Step> TlsClient::read(std::string& plain) {
  std::array<char, 16 * 1024> space{};
  for (;;) {
    const int got = SSL_read(ssl_, space.data(), static_cast<int>(space.size()));
    if (got > 0) {
      plain.append(space.data(), static_cast<std::size_t>(got));
      continue;
    }
    const int why = SSL_get_error(ssl_, got);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return Step::wants_more;
    if (why == SSL_ERROR_ZERO_RETURN) return Step::ended;
    return failed(ssl_);
  }
}

std::string TlsClient::take_outgoing() {
  BIO* const out = SSL_get_wbio(ssl_);
  std::string bytes(BIO_ctrl_pending(out), '\0');
  if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

void TlsClient::give_incoming(std::string_view bytes) {
  BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace tenon::http
