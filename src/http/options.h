#pragma once
// Every bound of the HTTP edge in one place. The defaults are on; benchmarks and reverse proxies
// raise them by name, and nothing can switch a bound off.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tenon::http {

/// What one request may cost before anything of ours has looked at it.
struct HeadLimits {
  std::size_t head_bytes = 8 * 1024;    // request line and fields with the empty line: else 431
  std::size_t fields = 64;              // else 431
  std::size_t target_bytes = 4 * 1024;  // else 414
};

/// PEM files of the certificate chain and its private key; both empty: plain HTTP.
struct TlsFiles {
  std::string certificate;
  std::string key;
};

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;   // 0: the system chooses, see Server::port()
  std::size_t threads = 1;  // I/O threads, each with its own io_context

  HeadLimits head;
  std::size_t body_bytes = std::size_t{1} << 20;  // a route may raise it: Route::body_bytes
  std::size_t body_depth = 64;  // arrays and objects in each other; who decodes a body asks
  std::size_t body_wire_slack = 64 * 1024;   // chunk framing allowed on top of the body bound
  std::size_t chunk_extension_bytes = 256;   // per chunk
  std::size_t body_bytes_per_second = 1024;  // slower is cut, after head_time or write_time

  std::size_t connections = 4096;
  std::size_t connections_per_address = 64;  // an IPv6 /64 counts as one address
  std::size_t requests_per_connection = 1000;
  std::size_t accept_pause_percent = 90;  // of `connections`: from there on others wait outside
  /// Addresses and networks of reverse proxies (`10.0.0.0/8`, `::1`): they tell who the client is,
  /// and are not counted as one address.
  std::vector<std::string> trusted_proxies;

  std::size_t requests_in_flight = 256;      // handlers that run at once, then 503
  std::size_t queue = 1024;                  // requests of one I/O thread that wait for their turn
  std::chrono::milliseconds queue_time{40};  // a request that waited so long gets 503
  std::chrono::milliseconds standing_queue_time{10};  // the same once a queue does not go away

  TlsFiles tls;
  std::chrono::milliseconds handshake_time{5'000};
  std::chrono::milliseconds head_time{5'000};
  std::chrono::milliseconds handler_time{10'000};      // then 503
  std::chrono::milliseconds idle_time{30'000};         // between requests on a connection
  std::chrono::milliseconds write_time{30'000};        // one answer, or one piece of a streamed one
  std::chrono::milliseconds linger_time{1'000};        // reading on after an answer that closes
  std::chrono::milliseconds client_check_time{1'000};  // looking whether a client is still there
  std::chrono::milliseconds sweep_time{100};           // how often deadlines are looked at
};

}  // namespace tenon::http
