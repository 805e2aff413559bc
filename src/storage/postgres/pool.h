#pragma once
// The connections to one PostgreSQL database, shared by all its tenants. A connection stays with
// the tenant it served last as long as it can: its prepared statements and its role fit.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "async/blocking_pool.h"
#include "async/permit.h"
#include "base/random.h"
#include "storage/postgres.h"
#include "storage/postgres/claims.h"
#include "storage/postgres/connection.h"

namespace tenon::storage::postgres {

class Pool;

/// The right to use one connection, which is made when it is first needed. Movable; gives both back
/// on destruction.
class Slot {
 public:
  Slot() = default;
  Slot(std::shared_ptr<Pool> pool, Permit permit) noexcept
      : pool_(std::move(pool)), permit_(std::move(permit)) {}
  Slot(Slot&&) noexcept = default;
  Slot& operator=(Slot&&) = delete;
  ~Slot();

  /// Blocks while a connection is made. Errors: unavailable (`storage.connection`).
  [[nodiscard]] Result<Connection*> connection(const std::string& place, Deadline deadline);
  /// Forgets a connection that broke.
  void drop() noexcept;
  /// Closes every idle connection that has settled there.
  void forget_place(const std::string& place) noexcept;
  [[nodiscard]] Connection* held() const noexcept { return connection_.get(); }

 private:
  std::shared_ptr<Pool> pool_;  // shared with every lease that is out
  Permit permit_;
  std::unique_ptr<Connection> connection_;
};

/// Thread: any.
class Pool final : public PostgresPool, public std::enable_shared_from_this<Pool> {
 public:
  Pool(PostgresOptions options, Random& random);

  /// Waits for a free connection, at most as long as the options say. Errors: unavailable
  /// (`storage.pool`).
  [[nodiscard]] Task<Slot> enter(Deadline deadline);
  [[nodiscard]] Result<Slot> enter_now();

  [[nodiscard]] Result<> check() override;
  /// Closes idle connections that have settled in `place`: a role that was dropped and made again
  /// has the old name and another identity.
  void forget(const std::string& place) noexcept;
  /// What this process has in use, on a connection beside those of the pool.
  [[nodiscard]] Claims& claims() noexcept { return claims_; }
  /// First eight digits of the digest of the database's name: roles belong to the whole server.
  [[nodiscard]] const std::string& mark() const noexcept { return mark_; }

 private:
  friend class Slot;
  [[nodiscard]] Result<std::unique_ptr<Connection>> take(const std::string& place,
                                                         Deadline deadline);
  [[nodiscard]] Result<std::unique_ptr<Connection>> connect(Deadline deadline);
  void give_back(std::unique_ptr<Connection> connection) noexcept;
  /// Closes it. Null: one that could not be made.
  void close(std::unique_ptr<Connection> connection) noexcept;

  const PostgresOptions options_;
  Random& random_;
  std::string mark_;
  PermitPool permits_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;  // the one used last is last
  std::size_t open_ = 0;                           // idle, in use or being made
  // Asks the server to cancel statements. libpq does so with a connection of its own that blocks.
  std::shared_ptr<BlockingPool> cancels_;
  Claims claims_;
};

}  // namespace tenon::storage::postgres
