#pragma once
// The edge: one listening socket, N I/O threads with an io_context each, connections handed to them
// in turn. It starts, it drains, it stops, in that order and from one owner.

#include <cstdint>
#include <memory>
#include <optional>

#include "async/deadline.h"
#include "async/task.h"
#include "http/hooks.h"
#include "http/options.h"
#include "http/router.h"

namespace tenon::http {

/// Thread: start, stop and destructor from one owner thread that is no I/O thread; the rest any.
/// Lifetime: `router` and whatever handlers use must outlive the server; whatever resumes handlers
/// (a BlockingPool) must be stopped after stop() and before the destructor.
class Server {
 public:
  Server(Options options, Hooks hooks, const Router& router);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// Binds, listens and starts the threads. Errors: unavailable (`http.in_use`: "address
  /// 127.0.0.1:8080 is in use"), denied (`http.bind`), invalid (`http.address`,
  /// `http.trusted_proxies`, `tls.certificate`, `tls.key`).
  [[nodiscard]] Result<> start();
  /// The bound port; 0 before start().
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Stops accepting, closes idle connections, lets running requests finish until `deadline`, then
  /// cuts them. Joins the threads. Idempotent. Errors: cancelled when requests were cut.
  Result<> stop(Deadline deadline);

  [[nodiscard]] std::size_t thread_count() const noexcept;
  /// The executor of I/O thread `index`, for work that belongs on it. Valid until destruction.
  [[nodiscard]] Executor executor(std::size_t index) const;
  /// Open connections now.
  [[nodiscard]] std::size_t connections() const noexcept;
  /// How busy it is, for metrics.
  struct Figures {
    std::size_t connections = 0;
    std::size_t in_flight = 0;      // handlers that run
    std::size_t waiting = 0;        // requests that wait for their turn
    std::uint64_t shed = 0;         // requests refused because of load, ever
    std::uint64_t turned_away = 0;  // connections refused, ever
    std::uint64_t pauses = 0;       // times accepting has paused
  };
  [[nodiscard]] Figures figures() const noexcept;

  /// Reads the files of Options::tls again; connections made from now on use them. Thread: any.
  /// Errors: those of start(); the certificate stays what it was.
  [[nodiscard]] Result<> reload_certificate();
  /// When the certificate in use ends; empty without TLS.
  [[nodiscard]] std::optional<Timestamp> certificate_expires() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::http
