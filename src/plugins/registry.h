#pragma once
// Which tenants are served and which plugins each has. It opens what is on disk at start, installs
// what is uploaded, and hands out workspaces; requests find theirs by the tenant name of their
// session. Plugins become modules (wasm_module.h) of the module registry, which starts and stops
// them; what is installed and enabled is a row of the tenant. A tenant whose database server does
// not answer is known, told so to whoever asks, and tried again until it can be served; the others
// do not notice.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "async/blocking_pool.h"
#include "async/permit.h"
#include "async/task_group.h"
#include "data/platform_act.h"
#include "data/tenant.h"
#include "modules/live_feed.h"
#include "modules/module_registry.h"
#include "plugins/host.h"
#include "plugins/wasm_module.h"
#include "plugins/workspace.h"

namespace tenon::plugins {

inline constexpr std::chrono::milliseconds kLookAtServers{500};
/// Pauses between attempts to open a tenant that is away grow from the first to the second.
inline constexpr std::chrono::milliseconds kFirstPause{500};
inline constexpr std::chrono::milliseconds kLongestPause{5000};

/// Who changes what is installed, for the audit and the plugin's own exports.
struct Requester {
  std::shared_ptr<const identity::Principal> principal;
  std::string trace;
  std::optional<TraceId> trace_id = {};
  Deadline deadline = Deadline::never();
};

struct InstallRequest {
  Requester by;
  std::string manifest;   // text of plugin.toml
  std::string component;  // bytes of the .wasm
};

/// What the registry works with. Lifetime: all outlive it. `compilers` is a pool of its own:
/// compiling must not keep the reads of other tenants waiting.
struct RegistryParts {
  data::Tenants& tenants;
  Host& host;
  BlockingPool& compilers;
  modules::ModuleRegistry& modules;
  modules::EventBus& events;
  modules::LiveFeed& feed;
};

/// Thread: any, but start and stop from one owner. Changes of one tenant's plugins wait for each
/// other.
class Registry {
 public:
  explicit Registry(RegistryParts parts);
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry();

  /// For the operator. Thread: any.
  struct Listener {
    std::function<void(std::string_view tenant, std::string_view plugin, const Error&)> broken;
    std::function<void(std::string_view tenant, const Error&)> away;
    std::function<void(std::string_view tenant)> back;
  };
  /// Opens every tenant and loads its enabled plugins. A plugin that does not load any more is left
  /// out and told to `listener.broken`; a tenant whose server does not answer is away. Errors:
  /// those of data::Tenants::open for the rest: a damaged file stops the start. Blocks: as long as
  /// one attempt takes for each server that does not answer.
  [[nodiscard]] Result<> open_all(Listener listener);
  /// Makes a tenant and serves it; `database` as data::Tenants::create has it. Blocks.
  [[nodiscard]] Result<std::shared_ptr<Workspace>> create(std::string_view name,
                                                          const std::string& database = {});

  /// Errors: unavailable (`tenant.gone`: there is no such tenant, `tenant.away`).
  [[nodiscard]] Result<std::shared_ptr<Workspace>> serving(std::string_view tenant) const;
  /// Whether there is such a tenant, away or not.
  [[nodiscard]] bool knows(std::string_view tenant) const;

  /// Tenants whose database answered when it was asked last, and those whose did not. A server is
  /// asked every kLookAtServers.
  struct Health {
    std::size_t served = 0;
    std::size_t away = 0;
    std::size_t read_only = 0;  // of those served: nothing is written until it is opened again
    storage::Figures storage;   // of those served, together
  };
  [[nodiscard]] Health health() const;

  // The life of a plugin in a tenant. Each leaves a row in the audit. Errors of all: not_found
  // (`plugin.unknown`), unavailable (`permit.full`: too many changes wait).

  /// Checks, stores, initialises and enables a plugin, or upgrades it. All or nothing: a plugin
  /// whose `init` fails is taken away again. Errors: those of Loader::load, ModuleRegistry::check,
  /// Tenant::install and Host::init; conflict (`plugin.downgrade`).
  [[nodiscard]] Task<PluginHandle> install(std::shared_ptr<Workspace> workspace,
                                           InstallRequest request);
  /// Serves it again. Errors: as install; conflict (`plugin.uninstalled`). Idempotent.
  [[nodiscard]] Task<> enable(std::shared_ptr<Workspace> workspace, std::string plugin,
                              Requester by);
  /// Stops serving it; its data stays. Errors: conflict (`module.needed` with who needs it,
  /// `plugin.uninstalled`). Idempotent.
  [[nodiscard]] Task<> disable(std::shared_ptr<Workspace> workspace, std::string plugin,
                               Requester by);
  /// Takes it away; its data stays in quarantine, out of everybody's reach, until it is installed
  /// again or purged. Errors: conflict (`module.needed`), also by what is disabled. Idempotent.
  [[nodiscard]] Task<> uninstall(std::shared_ptr<Workspace> workspace, std::string plugin,
                                 Requester by);
  /// Deletes the data of what is uninstalled, for good. Errors: conflict (`plugin.in_use`,
  /// `schema.referenced`).
  [[nodiscard]] Task<> purge(std::shared_ptr<Workspace> workspace, std::string plugin,
                             Requester by);
  /// Ids of installed plugins, enabled or not, whose manifests need `plugin`.
  [[nodiscard]] static std::vector<std::string> needed_by(const data::Catalog& catalog,
                                                          std::string_view plugin);

  /// Something was committed for this tenant: events may be due.
  void committed(std::string_view tenant);

  /// Tells all modules that the tenant is about to be deleted, and stops serving it. Errors:
  /// not_found (`tenant.gone`), cancelled when something does not end in time.
  [[nodiscard]] Task<> retire(std::string tenant, Requester by);

  /// Ends the looks at servers and the attempts. Idempotent. Modules, deliveries and the feed are
  /// stopped by who made them.
  [[nodiscard]] Task<> stop(Deadline deadline);

 private:
  struct Entry {
    std::shared_ptr<Workspace> workspace;
    std::string server;                   // address; empty: a file
    std::uint64_t sealed = 0;             // commits that its audit is sealed up to
    std::shared_ptr<PermitPool> changes;  // of its plugins, one at a time; shared with the waiting
  };
  struct Away {
    std::string server;
    std::chrono::milliseconds pause;  // after the attempt that failed
    Instant next;
  };
  /// Opens the tenant's modules and serves it. Blocks. Errors: those of open_tenant.
  [[nodiscard]] Result<std::shared_ptr<Workspace>> serve(std::shared_ptr<data::Tenant> tenant);
  void note_away(const std::string& tenant, std::string server, const Error& error);
  /// One more attempt for a tenant that is away. Blocks.
  void try_again(const std::string& tenant);
  [[nodiscard]] std::vector<std::string> due() const;
  /// Looks at the servers until it is stopped.
  [[nodiscard]] asio::awaitable<void> watch();
  [[nodiscard]] asio::awaitable<void> look_at_servers();
  [[nodiscard]] asio::awaitable<void> seal_audits();
  /// Tenants that have committed something since their audit was sealed.
  [[nodiscard]] std::map<std::string, std::shared_ptr<data::Tenant>> unsealed() const;
  /// Whether a server that failed like this may be well again by itself.
  [[nodiscard]] static bool may_come_back(const Error& error) noexcept;
  [[nodiscard]] Task<Permit> turn(std::string tenant, Deadline deadline);
  [[nodiscard]] std::shared_ptr<WasmModule> module_of(const std::shared_ptr<Workspace>& workspace,
                                                      PluginHandle plugin);
  [[nodiscard]] Task<PluginHandle> load_stored(std::shared_ptr<data::Tenant> tenant,
                                               std::string plugin);
  [[nodiscard]] Task<> bring_up(std::shared_ptr<Workspace> workspace,
                                std::shared_ptr<WasmModule> module, Requester by,
                                std::string action);
  [[nodiscard]] Task<> initialise(std::shared_ptr<Workspace> workspace, PluginHandle plugin,
                                  Requester by);
  [[nodiscard]] Task<> set_state(std::shared_ptr<data::Tenant> tenant, std::string plugin,
                                 data::PluginState state, Requester by, std::string action);
  /// Its state is stored, the module is stopped, menus are told.
  [[nodiscard]] Task<> take_down(std::shared_ptr<data::Tenant> tenant, std::string plugin,
                                 data::PluginState state, Requester by, std::string action);
  void tell_menu(const std::string& tenant, const std::string& plugin, std::string_view change);

  data::Tenants& tenants_;
  Host& host_;
  BlockingPool& compilers_;
  modules::ModuleRegistry& modules_;
  modules::EventBus& events_;
  modules::LiveFeed& feed_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, Away, std::less<>> away_;
  std::set<std::string> silent_;  // servers that did not answer when they were asked last
  Listener listener_;
  TaskGroup watching_;
};

}  // namespace tenon::plugins
