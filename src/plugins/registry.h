#pragma once
// Which tenants are served and which plugins each has. It opens what is on disk at start, installs
// what is uploaded, and hands out workspaces; requests find theirs by the tenant name of their
// session. A tenant whose database server does not answer is known, told so to whoever asks, and
// tried again until it can be served; the others do not notice.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "async/blocking_pool.h"
#include "async/task_group.h"
#include "data/tenant.h"
#include "plugins/deliverer.h"
#include "plugins/host.h"
#include "plugins/workspace.h"

namespace tenon::plugins {

inline constexpr std::chrono::milliseconds kLookAtServers{500};
/// Pauses between attempts to open a tenant that is away grow from the first to the second.
inline constexpr std::chrono::milliseconds kFirstPause{500};
inline constexpr std::chrono::milliseconds kLongestPause{5000};

/// Who installs, for the audit and the plugin's own `init`.
struct InstallRequest {
  std::shared_ptr<const identity::Principal> principal;
  std::string trace;
  std::string manifest;   // text of plugin.toml
  std::string component;  // bytes of the .wasm
  Deadline deadline = Deadline::never();
};

/// Thread: any, but start and stop from one owner. Lifetime: tenants, host and `compilers` outlive
/// it. `compilers` is a pool of its own: compiling must not keep the reads of other tenants
/// waiting.
class Registry {
 public:
  Registry(data::Tenants& tenants, Host& host, BlockingPool& compilers);
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

  /// Checks, stores, initialises and enables a plugin, or upgrades it. All or nothing: a plugin
  /// whose `init` fails is taken away again. Errors: those of Loader::load, Tenant::install and
  /// Host::init; conflict (`plugin.downgrade`).
  [[nodiscard]] Task<PluginHandle> install(std::shared_ptr<Workspace> workspace,
                                           InstallRequest request);
  /// Stops serving a plugin; its data stays. Errors: not_found.
  [[nodiscard]] Task<> disable(std::shared_ptr<Workspace> workspace, std::string plugin,
                               Deadline deadline);

  /// Something was committed for this tenant: events may be due.
  void committed(std::string_view tenant);

  /// Ends the deliverers and the attempts. Idempotent.
  [[nodiscard]] Task<> stop(Deadline deadline);

 private:
  struct Entry {
    std::shared_ptr<Workspace> workspace;
    std::unique_ptr<Deliverer> deliverer;
    std::string server;        // address; empty: a file
    std::uint64_t sealed = 0;  // commits that its audit is sealed up to
  };
  struct Away {
    std::string server;
    std::chrono::milliseconds pause;  // after the attempt that failed
    Instant next;
  };
  std::shared_ptr<Workspace> serve(const std::shared_ptr<data::Tenant>& tenant);
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
  [[nodiscard]] Task<> initialise(std::shared_ptr<Workspace> workspace, PluginHandle plugin,
                                  const InstallRequest& request);

  data::Tenants& tenants_;
  Host& host_;
  BlockingPool& compilers_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, Away, std::less<>> away_;
  std::set<std::string> silent_;  // servers that did not answer when they were asked last
  Listener listener_;
  TaskGroup watching_;
};

}  // namespace tenon::plugins
