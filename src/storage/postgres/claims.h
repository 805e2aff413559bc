#pragma once
// Which tenants of a database this process has in use, said to other processes by advisory locks of
// the server: shared by all who use a tenant, for itself by who moves or drops it. They lie on one
// connection of their own, so the server takes them back when the process dies. When that
// connection breaks alone, they are lost as well: held() sees it by looking at the socket, and who
// writes asks it before each write.

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "storage/postgres.h"
#include "storage/postgres/connection.h"

namespace tenon::storage::postgres {

/// Thread: any. Lifetime: shared by the pool and its claims.
class Claims {
 public:
  Claims(ConnectOptions options, std::chrono::milliseconds connect_within)
      : options_(std::move(options)), connect_within_(connect_within) {}

  /// Shares `schema`. Blocks. Errors: unavailable (`storage.claimed`: another process has it for
  /// itself, `storage.connection`).
  [[nodiscard]] Result<> take(const std::string& schema);
  /// Has it for this process alone. Errors: unavailable (`storage.in_use` with who else has it).
  [[nodiscard]] Result<> take_alone(const std::string& schema);
  /// Lets others use it again.
  void share(const std::string& schema) noexcept;
  void let_go(const std::string& schema) noexcept;
  /// Whether it is not lost. False also while another thread asks the server about something: then
  /// regain() knows. Never blocks. Cost: one poll().
  [[nodiscard]] bool held(const std::string& schema) noexcept;
  /// Takes again what was lost. Blocks. Errors: those of take().
  [[nodiscard]] Result<> regain(const std::string& schema);

 private:
  struct Claim {
    int users = 0;
    bool alone = false;
    bool held = false;  // on the connection of now
  };
  [[nodiscard]] Result<> connect();
  [[nodiscard]] bool alive() noexcept;
  [[nodiscard]] Result<bool> ask(std::string_view sql, const std::string& schema);
  [[nodiscard]] std::string others(const std::string& schema);

  const ConnectOptions options_;
  const std::chrono::milliseconds connect_within_;
  std::mutex mutex_;
  std::unique_ptr<Connection> connection_;
  std::map<std::string, Claim> claims_;
  Instant next_try_{};  // of connecting
};

}  // namespace tenon::storage::postgres
