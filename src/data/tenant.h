#pragma once
// A tenant is one database file and the catalog of what is installed in it. Whoever holds a Tenant
// can reach that tenant's rows and no others: there is no call that takes a tenant's name and a
// query.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/blocking_pool.h"
#include "async/permit.h"
#include "async/task.h"
#include "base/clock.h"
#include "base/random.h"
#include "data/audit.h"
#include "data/audit_list.h"
#include "data/catalog.h"
#include "data/files/files.h"
#include "data/history.h"
#include "data/native_scripts.h"
#include "data/outbox.h"
#include "data/platform_act.h"
#include "data/query.h"
#include "data/record.h"
#include "data/unit_of_work.h"
#include "data/viewer.h"
#include "storage/database.h"

namespace tenon::data {

struct MigrationPlan;
struct Backfill;
enum class Consent : std::uint8_t;

/// What an install brings.
struct Package {
  std::string id;
  std::string version;
  std::string manifest;          // text of plugin.toml
  std::string component;         // bytes of the .wasm
  std::string sha256;            // of `component`, hex
  std::vector<Entity> entities;  // `plugin` of each is `id`
};

/// Several reads of one state of the database. Thread: one at a time. Keep it short.
class Snapshot {
 public:
  Snapshot(std::shared_ptr<Tenant> tenant, Viewer viewer, storage::ReadLease lease);
  [[nodiscard]] Result<Record> get(const EntityInfo& entity, RecordId id);
  [[nodiscard]] Result<Page> list(const EntityInfo& entity, const Query& query);
  [[nodiscard]] Result<Total> count(const EntityInfo& entity, const Query& query);
  [[nodiscard]] const Catalog& catalog() const noexcept { return *catalog_; }
  [[nodiscard]] const Viewer& viewer() const noexcept { return viewer_; }
  [[nodiscard]] const Tally& tally() const noexcept { return tally_; }

 private:
  std::shared_ptr<Tenant> tenant_;  // shared: a snapshot may outlive the tenant's closing
  std::shared_ptr<const Catalog> catalog_;
  Viewer viewer_;
  Tally tally_;
  storage::ReadLease lease_;
};

inline constexpr std::chrono::seconds kReadPatience{1};

/// Thread: any. Held by shared_ptr: units of work and snapshots keep it alive.
class Tenant : public std::enable_shared_from_this<Tenant> {
 public:
  struct State;
  explicit Tenant(std::unique_ptr<State> state);
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;
  ~Tenant();

  [[nodiscard]] const std::string& name() const noexcept;
  /// Whether work in this tenant waits for a database server: see act.h.
  [[nodiscard]] bool waits() const noexcept;
  /// The turn of a read that waits: so many of a tenant at once. Errors: unavailable
  /// (`storage.readers`) when it does not come within kReadPatience.
  [[nodiscard]] Task<Permit> turn();
  /// Whether the database answers. Blocks. Errors: unavailable, cancelled.
  [[nodiscard]] Result<> ping(Deadline deadline);
  /// The catalog of this moment.
  [[nodiscard]] std::shared_ptr<const Catalog> catalog() const;

  // Reads outside a unit of work, on the caller's thread (act.h says which that may be). Cost: get
  // about 10 µs, list as the query.
  /// Errors: not_found, invalid, unavailable (`storage.readers`).
  [[nodiscard]] Result<Record> get(const EntityInfo& entity, RecordId id, const Viewer& viewer);
  [[nodiscard]] Result<Page> list(const EntityInfo& entity, const Query& query,
                                  const Viewer& viewer, Deadline deadline);
  [[nodiscard]] Result<Total> count(const EntityInfo& entity, const Query& query,
                                    const Viewer& viewer, Deadline deadline);
  /// `[{"id","label"}]` for typing ahead over the label field, as Reader::pick.
  [[nodiscard]] Result<Page> pick(const EntityInfo& entity, std::string_view text,
                                  const Viewer& viewer, Deadline deadline);
  /// list() on the blocking pool, for anything but a short page. `entity` is named, since catalogs
  /// change meanwhile.
  [[nodiscard]] Task<Page> list_later(std::string plugin, std::string entity, Query query,
                                      Viewer viewer, Deadline deadline);
  // The past, as data/history.h says it; for viewers who see all records.
  [[nodiscard]] Result<Page> history(const EntityInfo& entity, RecordId id,
                                     const HistoryQuery& query, const Viewer& viewer,
                                     Deadline deadline);
  [[nodiscard]] Result<Record> record_as_of(const EntityInfo& entity, RecordId id, Timestamp at,
                                            const Viewer& viewer, Deadline deadline);
  [[nodiscard]] Result<Page> list_as_of(const EntityInfo& entity, const Query& query, Timestamp at,
                                        const Viewer& viewer, Deadline deadline);
  /// Puts audit rows that wait for their seal behind the chain, `bound` at a time, until none is
  /// left; gives their number. Nothing to do on SQLite. Errors: those of Database::lease().
  [[nodiscard]] Task<std::size_t> seal_audit(std::size_t bound, Deadline deadline);
  /// See audit_list.h. Who may ask is the caller's business: rows of all records are told.
  [[nodiscard]] Result<Page> list_audit(const AuditQuery& query, Deadline deadline);
  /// Walks the audit chain. Cost: reads the whole audit; for the pool.
  [[nodiscard]] Result<AuditReport> verify_audit(const std::optional<ChainHead>& kept = {});
  /// One state that some order of the committed units leads to, for reads of any length. Blocks: on
  /// PostgreSQL as long as the units that run now, at most a lease.
  [[nodiscard]] Result<Snapshot> snapshot(Viewer viewer, Deadline deadline);

  [[nodiscard]] UnitOfWork unit(Viewer viewer, Origin origin = {});

  /// upgrade() of what loses nothing and needs no step of the module.
  [[nodiscard]] Task<> install(Package package, Deadline deadline);
  /// Installs a plugin or brings it to another version: see migrator.h. Errors: invalid
  /// (`schema.…`), conflict (`schema.data`: the rows do not fit, `schema.consent`: values would be
  /// lost, `schema.migration_running`).
  [[nodiscard]] Task<MigrationPlan> upgrade(Package package, Consent consent, Backfill backfill,
                                            Deadline deadline);
  /// What upgrade() would do, in words and in SQL.
  [[nodiscard]] Task<MigrationPlan> plan(Package package, Deadline deadline);
  /// upgrade() in a transaction that is thrown away.
  [[nodiscard]] Task<MigrationPlan> dry_run(Package package, Deadline deadline);
  /// Takes the last upgrade of `plugin` back, with what it put away. Errors: see migrator.h.
  [[nodiscard]] Task<> undo(std::string plugin, Consent consent, Deadline deadline);
  /// `act` goes into the audit in the same transaction.
  [[nodiscard]] Task<> set_state(std::string plugin, PluginState state, Deadline deadline,
                                 std::optional<PlatformAct> act = {});
  /// Drops the plugin's tables and row. Errors: conflict (`schema.referenced`) while another plugin
  /// refers to them.
  [[nodiscard]] Task<> purge(std::string plugin, Deadline deadline,
                             std::optional<PlatformAct> act = {});
  /// Bytes of the component. Errors: not_found.
  [[nodiscard]] Result<std::string> component(std::string_view plugin);

  [[nodiscard]] Outbox& outbox() noexcept;
  [[nodiscard]] Files& files() noexcept;
  [[nodiscard]] storage::Database& database() noexcept;

 private:
  friend class UnitOfWork;
  friend class Snapshot;
  std::unique_ptr<State> state_;
};

class TenantHold;

/// All tenants of one data directory: `<dir>/tenants/<name>.db`, or `<name>.postgres` with the
/// address of the PostgreSQL database where the tenant has its schema; files in
/// `<dir>/files/<name>/`. Thread: any.
class Tenants {
 public:
  struct Options {
    storage::Options storage;
    FileLimits files;
    BlockingPool* servers;  // where work waits for PostgreSQL; null: on the pool of all
    std::vector<NativeModule> native;  // whose tables every tenant has
  };
  /// Lifetime: pool, clock and random outlive it and every tenant.
  Tenants(std::string directory, BlockingPool& pool, const Clock& clock, Random& random,
          Options options = {});
  ~Tenants();

  /// Errors: not_found, invalid (`tenant.name`), unavailable (`tenant.moving`: another process
  /// moves or drops it), those of storage::open_sqlite. Blocks while the file is opened.
  [[nodiscard]] Result<std::shared_ptr<Tenant>> open(std::string_view name);
  /// `database` is empty for a file, or `postgresql://…`. Errors: conflict (`tenant.exists`,
  /// `tenant.in_trash`: one of that name was dropped and not purged), those of
  /// storage::open_postgres. Blocks.
  [[nodiscard]] Result<std::shared_ptr<Tenant>> create(std::string_view name,
                                                       const std::string& database = {});
  /// The address of the PostgreSQL database that the tenant is in; empty: it is a file.
  [[nodiscard]] std::string address(std::string_view name) const;
  /// The pool on which work waits for PostgreSQL.
  [[nodiscard]] BlockingPool& servers() noexcept;
  [[nodiscard]] std::span<const NativeModule> native() const noexcept;
  /// For who moves a tenant (data/transfer/): from now on it takes no writes and nobody opens it;
  /// the writes under way have ended. Errors: those of open(), unavailable (`tenant.busy`: they did
  /// not end before `deadline`; `tenant.in_use`: another process has it open). Blocks.
  [[nodiscard]] Result<TenantHold> hold(std::string_view name, Deadline deadline);
  /// Names of the tenants that are there, sorted.
  [[nodiscard]] Result<std::vector<std::string>> list() const;
  /// Forgets all open tenants; files close when the last user lets go.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon::data
