#pragma once
// All modules of the process: the native ones that serve every tenant, and those of each tenant.
// It starts them in the order of their needs and stops them in the reverse, hands their routes to
// the edge, keeps their subscriptions, introduces them to tenants, and asks how they are. A module
// that fails or hangs is named in the health report; the server goes on without it.
//
// Routes. A module gives plain routes; the edge binds them (`Binder`) and publishes them as a whole
// (`Publisher`). Requests read an immutable table there and never wait for a module that comes or
// goes. A plugin's routes are the same addresses for all tenants that have it, in whichever
// version; which of them is meant is decided when the request comes.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "async/task_group.h"
#include "http/route.h"
#include "modules/attempt.h"
#include "modules/job_board.h"
#include "modules/module.h"
#include "modules/module_order.h"
#include "modules/tenant_directory.h"

namespace tenon::modules {

/// One answer of a health check.
struct ModuleHealth {
  std::string tenant;  // empty: a native module
  std::string id;
  Version version;
  ModuleType type = ModuleType::native;
  Health health;
  std::chrono::microseconds took{};
};

/// The route that takes a request. Lifetime: keeps the module.
struct FoundRoute {
  std::shared_ptr<const void> module;  // shared with the registry: it may go meanwhile
  const Route* route = nullptr;
};

/// What the edge asks when a request has come to one of the published addresses. `tenant` is that
/// of the principal; empty: nobody known. Errors: not_found (`http.not_found`), denied
/// (`http.unauthenticated`), invalid (`http.method` with the details {"allow"}).
using FindRoute =
    std::function<Result<FoundRoute>(std::string_view tenant, const http::Request& request)>;
/// Makes a handler that finds the route, checks its permission, and calls it.
using Binder = std::function<http::Handler(FindRoute)>;
/// Replaces all published routes. Errors: conflict (`route.taken`).
using Publisher = std::function<Result<>(std::vector<http::Route>)>;

/// A route as its module offers it, for those who describe what there is.
struct OfferedRoute {
  std::string module;
  data::Localized name;  // of the module
  bool open = false;     // answered to anybody
  Route route;
};

/// Where a tenant's plugins come from.
class ModuleSource {
 public:
  virtual ~ModuleSource() = default;
  /// What is enabled for the tenant and can be used. Blocks.
  [[nodiscard]] virtual std::vector<std::shared_ptr<ErpModule>> load() = 0;
};

/// The refusal to take away what `by` need: conflict (`module.needed`), details {"needed_by"}.
[[nodiscard]] Error still_needed(std::string_view id, const std::vector<std::string>& by);

struct ModuleTimes {
  std::chrono::milliseconds start{10'000};
  std::chrono::milliseconds stop{10'000};
  std::chrono::milliseconds tenant{30'000};  // on_tenant_created, on_tenant_deleted
  std::chrono::milliseconds health{2'000};
};

/// Thread: any for reading, health and tell; what changes a tenant's modules one at a time per
/// tenant; add, start and stop from one owner. Lifetime: everything given outlives it.
class ModuleRegistry final : public TenantDirectory {
 public:
  /// For the operator: something of a module did not work. `tenant` may be empty.
  using Failed =
      std::function<void(std::string_view tenant, std::string_view module, const Error&)>;
  /// Background work of native modules and all calls of methods run on `executor`.
  ModuleRegistry(Executor executor, const Clock& clock, Random& random, EventBus& events,
                 LiveFeed& feed, Failed failed, ModuleTimes times = {});
  ModuleRegistry(const ModuleRegistry&) = delete;
  ModuleRegistry& operator=(const ModuleRegistry&) = delete;
  ~ModuleRegistry() override;

  // Native modules.

  /// Before start(). Errors: conflict (`module.taken`).
  [[nodiscard]] Result<> add(std::shared_ptr<ErpModule> module);
  /// Their order. Errors: that of the first that cannot be used (module_order.h).
  [[nodiscard]] Result<std::vector<std::string>> topological_sort() const;
  /// Starts those that can be used, in order, each within its time. One that fails is named, and
  /// those that need it are not started.
  [[nodiscard]] asio::awaitable<void> start();
  /// Stops all modules of all tenants, then the native ones, in reverse order. Idempotent. Errors:
  /// cancelled when something is left at `deadline`.
  [[nodiscard]] Task<> stop(Deadline deadline);

  // Tenants.

  /// Before the tenant is served: brings the tables of native modules up to date and introduces
  /// those that have not met it. Errors: those of data::apply_scripts.
  [[nodiscard]] Task<> open_tenant(std::shared_ptr<data::Tenant> tenant);
  /// Reads the tenant's plugins and starts them in order; one that cannot be used is told to
  /// `failed` and left out. Blocks on `source`.
  [[nodiscard]] asio::awaitable<void> load_wasm_plugins(std::string tenant,
                                                        std::shared_ptr<ModuleSource> source);
  /// Stops the tenant's plugins.
  [[nodiscard]] asio::awaitable<void> close_tenant(std::string tenant);
  /// Tells all modules, in reverse order, that the tenant is about to be deleted.
  [[nodiscard]] asio::awaitable<void> tenant_deleted(TenantContext context);
  [[nodiscard]] std::vector<std::shared_ptr<data::Tenant>> served() const override;
  [[nodiscard]] std::vector<ModuleSchema> schemas(std::string_view tenant) const override;

  // Modules of one tenant.

  /// Whether `module` could be used there, beside or instead of what is there now. Errors: conflict
  /// (module_order.h; `module.taken`: a native module has this id; `module.needed_version`: one
  /// that needs it does not take this version).
  [[nodiscard]] Result<> check(std::string_view tenant, const ErpModule& module) const;
  /// Starts `module` for the tenant, instead of the one with the same id; its routes are served and
  /// its events delivered from then on. All or nothing. Errors: those of check(), of on_startup and
  /// of publishing.
  [[nodiscard]] Task<> install(std::string tenant, std::shared_ptr<ErpModule> module);
  /// Ids of the tenant's modules that need `id`.
  [[nodiscard]] std::vector<std::string> needed_by(std::string_view tenant,
                                                   std::string_view id) const;
  /// Takes its routes away, ends its deliveries, stops it. Errors: conflict (`module.needed`, with
  /// the details {"needed_by"}), not_found (`module.unknown`).
  [[nodiscard]] Task<> remove(std::string tenant, std::string id);
  /// on_tenant_created, unless it has been there. Errors: those of the module.
  [[nodiscard]] Task<> introduce(std::shared_ptr<ErpModule> module, TenantContext context);
  /// on_tenant_deleted of one module; its errors are told to `failed`.
  [[nodiscard]] asio::awaitable<void> bid_farewell(std::shared_ptr<ErpModule> module,
                                                   TenantContext context);

  /// What modules offer to do at times.
  [[nodiscard]] JobBoard& jobs() noexcept { return jobs_; }

  // The edge.

  void publish_through(Binder binder, Publisher publisher);
  /// Publishes what is there. Errors: those of the publisher.
  [[nodiscard]] Result<> publish();
  /// What the native modules offer and, unless it is empty, those of one tenant; in no order.
  [[nodiscard]] std::vector<OfferedRoute> offered_to(std::string_view tenant) const;
  /// Counts what was published: as long as it stays, the same is offered.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_.load(); }
  /// All addresses of all modules, bound.
  [[nodiscard]] std::vector<http::Route> build_routes() const;

  // Health.

  /// Every module of every tenant, side by side, each within its time.
  [[nodiscard]] asio::awaitable<std::vector<ModuleHealth>> health_check_all();
  /// The native modules and, unless it is empty, those of one tenant.
  [[nodiscard]] asio::awaitable<std::vector<ModuleHealth>> health_check(std::string tenant);

 private:
  struct Checked {
    Health health;
    std::chrono::microseconds took{};
  };
  /// One module in use.
  struct Entry {
    std::shared_ptr<ErpModule> module;
    std::vector<Route> routes;  // public ones first
    std::size_t open = 0;       // so many of them
    std::vector<Subscription> subscriptions;
    std::optional<Error> problem;  // why it is not used
    std::mutex asking;
    std::optional<Attempt<Checked>> asked;  // the newest health check; joined while it runs
  };
  using EntryHandle = std::shared_ptr<Entry>;  // shared with requests and checks under way
  using Entries = std::vector<EntryHandle>;
  struct TenantEntry {
    std::shared_ptr<data::Tenant> tenant;
    std::map<std::string, EntryHandle, std::less<>> modules;
  };

  [[nodiscard]] Task<> begin(EntryHandle entry);
  [[nodiscard]] asio::awaitable<void> end(std::string tenant, EntryHandle entry);
  [[nodiscard]] Result<> prepare_tables(storage::Session& session) const;
  [[nodiscard]] Result<FoundRoute> find_of_tenant(std::string_view id, std::string_view tenant,
                                                  const http::Request& request) const;
  /// Native modules that run, in order.
  [[nodiscard]] Entries running() const;
  /// A tenant's modules, in order.
  [[nodiscard]] Entries modules_of(std::string_view tenant) const;
  [[nodiscard]] EntryHandle swap(const std::string& tenant, std::string_view id, EntryHandle entry);
  void told(std::string_view tenant, std::string_view module, const Error& error) const;
  [[nodiscard]] static Task<Checked> ask(EntryHandle entry, Deadline deadline);
  [[nodiscard]] Attempt<Checked> question(const EntryHandle& entry);
  [[nodiscard]] asio::awaitable<std::vector<ModuleHealth>> check(
      std::vector<std::pair<std::string, EntryHandle>> entries);

  JobBoard jobs_;  // outlives the modules that offer
  const ModuleContext context_;
  const Failed failed_;
  const ModuleTimes times_;
  mutable std::shared_mutex mutex_;
  Entries natives_;  // in the order of add(), after start() in that of their needs
  std::map<std::string, TenantEntry, std::less<>> tenants_;
  std::mutex publishing_;  // one table at a time
  Binder binder_;
  Publisher publisher_;
  std::atomic<std::uint64_t> generation_{0};
  TaskGroup calls_;  // of modules' methods
};

}  // namespace tenon::modules
