#pragma once
// Which tenants are served and which plugins each has. It opens what is on disk at start, installs
// what is uploaded, and hands out workspaces; requests find theirs by the tenant name of their
// session.

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "async/blocking_pool.h"
#include "data/tenant.h"
#include "plugins/deliverer.h"
#include "plugins/host.h"
#include "plugins/workspace.h"

namespace tenon::plugins {

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

  /// Opens every tenant file and loads its enabled plugins. A plugin that does not load any more is
  /// left out and told to `on_broken`; the others serve on. Errors: those of data::Tenants::open.
  /// Blocks.
  using BrokenSink =
      std::function<void(std::string_view tenant, std::string_view plugin, const Error&)>;
  [[nodiscard]] Result<> open_all(const BrokenSink& on_broken);
  /// Makes a tenant and serves it. Blocks.
  [[nodiscard]] Result<std::shared_ptr<Workspace>> create(std::string_view name);

  /// Null when there is no such tenant.
  [[nodiscard]] std::shared_ptr<Workspace> find(std::string_view tenant) const;

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

  /// Ends the deliverers. Idempotent.
  [[nodiscard]] Task<> stop(Deadline deadline);

 private:
  struct Entry {
    std::shared_ptr<Workspace> workspace;
    std::unique_ptr<Deliverer> deliverer;
  };
  std::shared_ptr<Workspace> serve(const std::shared_ptr<data::Tenant>& tenant,
                                   const BrokenSink& on_broken);
  [[nodiscard]] Task<> initialise(std::shared_ptr<Workspace> workspace, PluginHandle plugin,
                                  const InstallRequest& request);

  data::Tenants& tenants_;
  Host& host_;
  BlockingPool& compilers_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace tenon::plugins
