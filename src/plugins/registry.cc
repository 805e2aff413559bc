#include "plugins/registry.h"

#include <mutex>
#include <utility>

#include "async/run_on.h"
#include "data/act.h"

namespace tenon::plugins {
namespace {

Result<PluginHandle> load_installed(Host& host, data::Tenant& tenant, const data::PluginRow& row) {
  TENON_ASSIGN(component, tenant.component(row.id));
  return host.loader().load(row.manifest, component);
}

}  // namespace

Registry::Registry(data::Tenants& tenants, Host& host, BlockingPool& compilers)
    : tenants_(tenants), host_(host), compilers_(compilers), watching_(host.executor()) {}

Registry::~Registry() = default;

Result<> Registry::open_all(Listener listener) {
  listener_ = std::move(listener);
  TENON_ASSIGN(names, tenants_.list());
  std::map<std::string, Error> failed;  // by server: each is waited for once
  for (const std::string& name : names) {
    auto server = tenants_.address(name);
    if (const auto known = failed.find(server); known != failed.end()) {
      note_away(name, std::move(server), known->second);
      continue;
    }
    auto tenant = tenants_.open(name);
    if (tenant) {
      serve(*tenant);
    } else if (!server.empty() && may_come_back(tenant.error())) {
      failed.emplace(server, tenant.error());
      note_away(name, std::move(server), tenant.error());
    } else {
      return std::unexpected(std::move(tenant.error()));
    }
  }
  watching_.spawn(watch());
  return {};
}

Result<std::shared_ptr<Workspace>> Registry::create(std::string_view name,
                                                    const std::string& database) {
  TENON_ASSIGN(tenant, tenants_.create(name, database));
  return serve(tenant);
}

std::shared_ptr<Workspace> Registry::serve(const std::shared_ptr<data::Tenant>& tenant) {
  auto workspace = std::make_shared<Workspace>(tenant);
  for (const data::PluginRow& row : tenant->catalog()->plugins()) {
    if (row.state != data::PluginState::enabled) continue;
    auto loaded = load_installed(host_, *tenant, row);
    if (loaded) {
      workspace->enable(*std::move(loaded));
    } else if (listener_.broken) {
      listener_.broken(tenant->name(), row.id, loaded.error());
    }
  }
  auto deliverer = std::make_unique<Deliverer>(host_, workspace);
  deliverer->start();
  const std::unique_lock lock(mutex_);
  entries_[tenant->name()] = Entry{.workspace = workspace,
                                   .deliverer = std::move(deliverer),
                                   .server = tenants_.address(tenant->name())};
  return workspace;
}

Result<std::shared_ptr<Workspace>> Registry::serving(std::string_view tenant) const {
  const std::shared_lock lock(mutex_);
  if (const auto entry = entries_.find(tenant); entry != entries_.end())
    return entry->second.workspace;
  if (away_.contains(tenant))
    return fail(Error(ErrorCode::unavailable,
                      "the database of this company cannot be reached now; it is tried again")
                    .because("tenant.away"));
  return fail(
      Error(ErrorCode::unavailable, "this company is not served here now").because("tenant.gone"));
}

bool Registry::knows(std::string_view tenant) const {
  const std::shared_lock lock(mutex_);
  return entries_.contains(tenant) || away_.contains(tenant);
}

Registry::Health Registry::health() const {
  const std::shared_lock lock(mutex_);
  Health health{.served = 0, .away = away_.size()};
  for (const auto& [name, entry] : entries_) {
    if (silent_.contains(entry.server)) {
      ++health.away;
      continue;
    }
    ++health.served;
    const storage::Figures figures = entry.workspace->tenant()->database().figures();
    if (figures.failed) ++health.read_only;
    health.storage.commits += figures.commits;
    health.storage.members += figures.members;
    health.storage.reruns += figures.reruns;
  }
  return health;
}

void Registry::committed(std::string_view tenant) {
  const std::shared_lock lock(mutex_);
  if (const auto entry = entries_.find(tenant); entry != entries_.end())
    entry->second.deliverer->wake();
}

Task<PluginHandle> Registry::install(std::shared_ptr<Workspace> workspace, InstallRequest request) {
  const auto tenant = workspace->tenant();
  // Compiling takes a core for milliseconds to minutes: never on a thread that serves others.
  auto loaded = co_await compilers_.run([this, &request]() -> Result<PluginHandle> {
    return host_.loader().load(request.manifest, request.component);
  });
  if (!loaded) co_return std::unexpected(std::move(loaded.error()));
  const PluginHandle plugin = *std::move(loaded);
  const auto catalog = tenant->catalog();
  const data::PluginRow* before = catalog->plugin(plugin->id());
  if (before != nullptr) {
    const auto old_version = Version::parse(before->version);
    if (old_version && plugin->manifest.metadata.version < *old_version)
      co_return fail(
          Error(ErrorCode::conflict, "version " + before->version + " of \"" + plugin->id() +
                                         "\" is installed; an older one does not replace it")
              .because("plugin.downgrade"));
  }
  auto entities = plugin->manifest.entities;
  entities.insert(entities.end(), plugin->manifest.extensions.begin(),
                  plugin->manifest.extensions.end());
  data::Package package{.id = plugin->id(),
                        .version = plugin->manifest.metadata.version.text(),
                        .manifest = request.manifest,
                        .component = request.component,
                        .sha256 = plugin->sha256,
                        .entities = std::move(entities)};
  TENON_CO_TRY(TENON_CO_ACT_TASK(*tenant, tenant->install(std::move(package), request.deadline)));
  auto ready = co_await run_on(host_.executor(), initialise(workspace, plugin, request));
  if (ready)
    ready = TENON_CO_ACT_TASK(
        *tenant, tenant->set_state(plugin->id(), data::PluginState::enabled, request.deadline));
  if (!ready) {
    if (before == nullptr)
      (void)TENON_CO_ACT_TASK(*tenant, tenant->purge(plugin->id(), request.deadline));
    co_return std::unexpected(std::move(ready.error()));
  }
  workspace->enable(plugin);
  co_return plugin;
}

Task<> Registry::initialise(std::shared_ptr<Workspace> workspace, PluginHandle plugin,
                            const InstallRequest& request) {
  if (!plugin->exports.init && !plugin->exports.v0_init) co_return Result<>();
  Workspace staging(workspace->tenant());
  staging.enable(plugin);
  const auto installations = staging.installations();
  data::UnitOfWork work = workspace->tenant()->unit(
      data::Viewer{.user = request.principal->user},
      data::Origin{.plugin = plugin->id(), .trace = {}, .correlation = {}, .causation = {}});
  auto outcome =
      co_await host_.init(CallArguments{.installation = installations->begin()->second,
                                        .work = work,
                                        .origin = CallOrigin{.workspace = workspace,
                                                             .installations = installations,
                                                             .principal = request.principal,
                                                             .trace = request.trace,
                                                             .deadline = request.deadline}});
  if (!outcome.result) {
    work.rollback();
    co_return std::unexpected(std::move(outcome.result.error()));
  }
  co_return co_await work.commit();
}

Task<> Registry::disable(std::shared_ptr<Workspace> workspace, std::string plugin,
                         Deadline deadline) {
  if (workspace->tenant()->catalog()->plugin(plugin) == nullptr)
    co_return fail(Error(ErrorCode::not_found, "the plugin \"" + plugin + "\" is not installed")
                       .because("plugin.unknown"));
  auto& tenant = *workspace->tenant();
  TENON_CO_TRY(
      TENON_CO_ACT_TASK(tenant, tenant.set_state(plugin, data::PluginState::disabled, deadline)));
  workspace->disable(plugin);
  co_return Result<>();
}

Task<> Registry::stop(Deadline deadline) {
  TENON_CO_TRY(co_await watching_.stop(deadline));
  std::map<std::string, Entry, std::less<>> entries;
  {
    const std::unique_lock lock(mutex_);
    entries.swap(entries_);
  }
  Result<> stopped;
  for (auto& [name, entry] : entries) {
    auto ended = co_await entry.deliverer->stop(deadline);
    if (!ended) stopped = std::move(ended);
  }
  co_return stopped;
}

}  // namespace tenon::plugins
