#pragma once
// The server as a client: it asks another server once, over TLS whose certificate is checked, and
// takes a bounded answer. Where to is decided by somebody else's setting, so what a name resolves
// to is looked at before anything is sent: the machine itself and private networks are out of reach
// unless the operator opens them.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "async/task.h"
#include "http/request.h"

namespace tenon::http {

struct OutboundOptions {
  bool loopback = false;          // this machine, also without TLS: for tests and development
  bool private_networks = false;  // 10/8, 172.16/12, 192.168/16, fc00::/7
  std::string ca_file;            // PEM of more authorities than those of the system; may be empty
  std::size_t answer_bytes = std::size_t{1} << 20;
};

struct OutboundRequest {
  Method method = Method::get;
  std::string url;  // https://host[:port]/path[?query]
  std::vector<HeaderField> fields = {};
  std::string body = {};
};

struct OutboundAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// Where a url leads, before any name is resolved. Errors: invalid (`outbound.url`).
struct OutboundTarget {
  bool tls = true;
  std::string host, port, path;  // path with its query
};
[[nodiscard]] Result<OutboundTarget> target_of(const std::string& url);

/// Whether an address may be called. IPv4 in IPv6 counts as IPv4; what is neither public nor opened
/// by the options (loopback, link-local, multicast, documentation, …) may not.
[[nodiscard]] bool may_call(const std::string& address, const OutboundOptions& options);

/// Thread: any.
class Outbound {
 public:
  explicit Outbound(OutboundOptions options);
  Outbound(const Outbound&) = delete;
  Outbound& operator=(const Outbound&) = delete;
  ~Outbound();

  /// One connection, one request, no redirects. Errors: invalid (`outbound.url`), denied
  /// (`outbound.address`: the name leads where we do not go), unavailable (`outbound.connect`,
  /// `outbound.tls`: the certificate is not trusted, `outbound.answer`: it is no HTTP or too
  /// large), cancelled (`deadline`). Cancel: ends the connection.
  [[nodiscard]] Task<OutboundAnswer> send(OutboundRequest request, Deadline deadline) const;

 private:
  struct Tls;
  const OutboundOptions options_;
  std::unique_ptr<const Tls> tls_;
};

}  // namespace tenon::http
