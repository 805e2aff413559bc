#pragma once
// The same port over PostgreSQL: many tenants in one database, a schema and a role each.
//
// The wall: the login role is a NOINHERIT member of the tenants' roles and can touch nothing by
// itself; a tenant's role has rights in its own schema only. Every transaction enters the role and
// the schema before its first statement.
//
// A lease is a connection with a SERIALIZABLE transaction; several are out at once, and what they
// cannot have done one after another ends in `storage.rerun`. Its statements block their thread
// while the server works: run them on the BlockingPool. Each statement of a lease is undone alone
// when it fails, as on SQLite.

#include <chrono>
#include <memory>
#include <string>

#include "base/random.h"
#include "storage/database.h"

namespace tenon::storage {

struct PostgresOptions {
  std::string url;                          // postgresql://user@host/database
  std::size_t connections = 16;             // at most
  std::size_t queue = 1024;                 // that wait for one; one more is `unavailable`
  std::chrono::milliseconds patience{250};  // how long they wait
  std::chrono::milliseconds connect_within{5000};
};

/// Connections to one PostgreSQL database. Thread: any. Lifetime: shared by its tenants.
class PostgresPool {
 public:
  virtual ~PostgresPool() = default;
  /// Connects once and looks whether this server will do: version 15 or newer, UTF8, bytewise
  /// order (C or C.UTF-8), a login role that inherits nothing and is no superuser. Blocks. Errors:
  /// unavailable (`storage.connection`, `storage.open`, `storage.server` with what is wrong).
  [[nodiscard]] virtual Result<> check() = 0;
};

/// Errors: invalid (`storage.url`). Nothing is connected yet. Lifetime: `random` outlives it.
[[nodiscard]] Result<std::shared_ptr<PostgresPool>> make_postgres_pool(PostgresOptions options,
                                                                       Random& random);

/// Opens or creates the schema of tenant `name` ([a-z0-9-]{1,40}). Creating needs a login role with
/// CREATEROLE and CREATE on the database. Errors: as open_sqlite. Blocks.
/// Requires: `blocking` has as many threads as `pool` has connections, or a writer's next step may
/// stand in line behind those that wait for its locks, until their lock_timeout.
[[nodiscard]] Result<std::unique_ptr<Database>> open_postgres(std::shared_ptr<PostgresPool> pool,
                                                              const std::string& name,
                                                              Missing missing,
                                                              BlockingPool& blocking,
                                                              Options options = {});
/// Says to other processes that a tenant is in use here. Dropping it lets go, and so does the
/// server when this process dies. Thread: any.
class PostgresClaim {
 public:
  virtual ~PostgresClaim() = default;
  /// Whether it is held still: the connection it lies on may have broken. Cost: one poll().
  [[nodiscard]] virtual bool held() noexcept = 0;
  /// Takes it again. Blocks. Errors: those of claim_postgres().
  [[nodiscard]] virtual Result<> regain() = 0;
  /// From now on for this process alone. Blocks. Errors: unavailable (`storage.in_use`: with the
  /// process that has it too).
  [[nodiscard]] virtual Result<> take_alone() = 0;
  /// Ends take_alone(). Blocks.
  virtual void share() noexcept = 0;
};
/// Blocks. Errors: unavailable (`storage.claimed`: another process has the tenant for itself,
/// `storage.connection`).
[[nodiscard]] Result<std::unique_ptr<PostgresClaim>> claim_postgres(
    const std::shared_ptr<PostgresPool>& pool, const std::string& name);
/// Whether the tenant's schema is there. Blocks.
[[nodiscard]] Result<bool> postgres_has(const std::shared_ptr<PostgresPool>& pool,
                                        const std::string& name);
/// Drops the tenant's schema and role with all that is in it. Blocks.
[[nodiscard]] Result<> drop_postgres(const std::shared_ptr<PostgresPool>& pool,
                                     const std::string& name);

}  // namespace tenon::storage
