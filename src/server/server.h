#pragma once
// The composition root: everything is made here, in order, and handed to who needs it; nothing
// below finds anything by itself. It starts, it drains, it stops in the reverse order.

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "http/router.h"
#include "server/config.h"

namespace tenon::server {

/// Thread: one owner. Lifetime: stop() is called by the destructor.
class Server {
 public:
  /// Opens the data folder with all tenants and plugins in it; nothing listens yet.
  /// Errors: invalid or unavailable with one line that names the folder, file or flag.
  [[nodiscard]] static Result<std::unique_ptr<Server>> create(Config config);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// Listens. Errors: unavailable when the address is in use.
  [[nodiscard]] Result<> start();
  /// `http://127.0.0.1:8080`
  [[nodiscard]] std::string address() const;
  [[nodiscard]] bool demo() const noexcept;
  /// Every address that is served, those of modules and plugins too.
  [[nodiscard]] std::vector<http::PublishedRoute> routes() const;
  /// Where the first company is made, once; empty when there is one already.
  [[nodiscard]] std::string setup_link() const;

  /// Reads the certificate again and opens the log files by their names again; what is wrong is
  /// logged, and what was stays in use. Requires: start() succeeded.
  void reload();
  /// Says that it is not ready for Config::drain_notice, stops accepting, lets running requests end
  /// within Config::drain_time, stops the rest.
  /// Idempotent.
  Result<> stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::server
