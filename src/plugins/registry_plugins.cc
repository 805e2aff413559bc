// The life of a plugin in a tenant: installed, enabled, disabled, uninstalled, purged. Each step is
// recorded with who took it, in the transaction of the step.
#include <algorithm>
#include <utility>

#include "async/run_on.h"
#include "data/act.h"
#include "plugins/alone.h"
#include "plugins/manifest/read.h"
#include "plugins/registry.h"

namespace tenon::plugins {
namespace {

std::unexpected<Error> unknown(const std::string& plugin) {
  return fail(Error(ErrorCode::not_found, "the plugin \"" + plugin + "\" is not installed")
                  .because("plugin.unknown"));
}

std::unexpected<Error> uninstalled(const std::string& plugin) {
  return fail(
      Error(ErrorCode::conflict, "\"" + plugin + "\" is uninstalled; upload it again to use it")
          .because("plugin.uninstalled"));
}

data::Package package_of(const Plugin& plugin, const InstallRequest& request) {
  auto entities = plugin.manifest.entities;
  entities.insert(entities.end(), plugin.manifest.extensions.begin(),
                  plugin.manifest.extensions.end());
  return {.id = plugin.id(),
          .version = plugin.manifest.metadata.version.text(),
          .manifest = request.manifest,
          .component = request.component,
          .sha256 = plugin.sha256,
          .entities = std::move(entities)};
}

data::PlatformAct act_of(const Requester& by, const std::string& plugin, std::string action,
                         const json::object& after) {
  return {.user = by.principal->user,
          .trace = by.trace_id,
          .subject = "platform.plugin",
          .key = plugin,
          .action = std::move(action),
          .after = json::serialize(after)};
}

Result<> check_upgrade(const data::PluginRow* before, const Plugin& plugin) {
  if (before == nullptr) return {};
  const auto old_version = Version::parse(before->version);
  if (!old_version || plugin.manifest.metadata.version >= *old_version) return {};
  return fail(Error(ErrorCode::conflict, "version " + before->version + " of \"" + plugin.id() +
                                             "\" is installed; an older one does not replace it")
                  .because("plugin.downgrade"));
}

}  // namespace

Task<Permit> Registry::turn(std::string tenant, Deadline deadline) {
  std::shared_ptr<PermitPool> changes;
  {
    const std::shared_lock lock(mutex_);
    if (const auto entry = entries_.find(tenant); entry != entries_.end())
      changes = entry->second.changes;
  }
  if (!changes)
    co_return fail(Error(ErrorCode::unavailable, "this company is not served here now")
                       .because("tenant.gone"));
  co_return co_await changes->acquire(deadline);
}

void Registry::tell_menu(const std::string& tenant, const std::string& plugin,
                         std::string_view change) {
  feed_.tell(tenant,
             {.event = "menu",
              .data = json::serialize(json::object{{"plugin", plugin}, {"change", change}})});
}

Task<> Registry::set_state(std::shared_ptr<data::Tenant> tenant, std::string plugin,
                           data::PluginState state, Requester by, std::string action) {
  const auto catalog = tenant->catalog();
  const auto* row = catalog->plugin(plugin);
  auto act = act_of(by, plugin, std::move(action),
                    {{"version", row == nullptr ? "" : row->version},
                     {"sha256", row == nullptr ? "" : row->sha256},
                     {"state", data::to_string(state)}});
  co_return TENON_CO_ACT_TASK(*tenant,
                              tenant->set_state(plugin, state, by.deadline, std::move(act)));
}

Task<PluginHandle> Registry::install(std::shared_ptr<Workspace> workspace, InstallRequest request) {
  const auto tenant = workspace->tenant();
  const auto by = request.by;
  // Compiling takes a core for milliseconds to minutes: never on a thread that serves others.
  auto loaded = co_await compilers_.run([this, &request]() -> Result<PluginHandle> {
    return host_.loader().load(request.manifest, request.component);
  });
  if (!loaded) co_return std::unexpected(std::move(loaded.error()));
  const PluginHandle plugin = *std::move(loaded);
  TENON_CO_ASSIGN(turn_taken, co_await turn(tenant->name(), by.deadline));
  (void)turn_taken;
  const auto catalog = tenant->catalog();
  const data::PluginRow* before = catalog->plugin(plugin->id());
  TENON_CO_TRY(check_upgrade(before, *plugin));
  const auto module = module_of(workspace, plugin);
  TENON_CO_TRY(modules_.check(tenant->name(), *module));
  TENON_CO_TRY(
      TENON_CO_ACT_TASK(*tenant, tenant->install(package_of(*plugin, request), by.deadline)));
  auto ready =
      co_await bring_up(workspace, module, by, before == nullptr ? "installed" : "upgraded");
  if (!ready) {
    if (before == nullptr)
      (void)TENON_CO_ACT_TASK(*tenant, tenant->purge(plugin->id(), by.deadline));
    co_return std::unexpected(std::move(ready.error()));
  }
  tell_menu(tenant->name(), plugin->id(), "installed");
  co_return plugin;
}

Task<> Registry::bring_up(std::shared_ptr<Workspace> workspace, std::shared_ptr<WasmModule> module,
                          Requester by, std::string action) {
  const auto tenant = workspace->tenant();
  const std::string id(module->id());
  if (action == "installed" || action == "upgraded") {
    TENON_CO_TRY(co_await initialise(workspace, module->plugin(), by));
    TENON_CO_TRY(co_await modules_.introduce(
        module,
        {.tenant = tenant, .principal = by.principal, .trace = by.trace, .deadline = by.deadline}));
  }
  const bool served = workspace->installations()->contains(id);
  TENON_CO_TRY(co_await modules_.install(tenant->name(), module));
  auto stored = co_await set_state(tenant, id, data::PluginState::enabled, by, std::move(action));
  // What the next start would not serve must not be served now.
  if (!stored && !served) (void)co_await modules_.remove(tenant->name(), id);
  co_return stored;
}

Task<> Registry::initialise(std::shared_ptr<Workspace> workspace, PluginHandle plugin,
                            Requester by) {
  if (!plugin->exports.init && !plugin->exports.v0_init) co_return Result<>();
  TENON_CO_TRY(co_await run_alone(
      host_,
      {.origin = {.workspace = workspace,
                  .installations = workspace->with(plugin),
                  .principal = by.principal,
                  .trace = by.trace,
                  .deadline = by.deadline},
       .plugin = plugin->id(),
       .viewer = {.user = by.principal->user},
       .cause = {.plugin = plugin->id(), .trace = {}, .correlation = {}, .causation = {}}},
      [](Host& host, CallArguments arguments) { return host.init(std::move(arguments)); }));
  co_return Result<>();
}

Task<PluginHandle> Registry::load_stored(std::shared_ptr<data::Tenant> tenant, std::string plugin) {
  co_return co_await compilers_.run([this, &tenant, &plugin]() -> Result<PluginHandle> {
    const auto catalog = tenant->catalog();
    const auto* row = catalog->plugin(plugin);
    if (row == nullptr) return unknown(plugin);
    TENON_ASSIGN(component, tenant->component(plugin));
    return host_.loader().load(row->manifest, component);
  });
}

Task<> Registry::enable(std::shared_ptr<Workspace> workspace, std::string plugin, Requester by) {
  const auto tenant = workspace->tenant();
  TENON_CO_ASSIGN(turn_taken, co_await turn(tenant->name(), by.deadline));
  (void)turn_taken;
  const auto catalog = tenant->catalog();
  const auto* row = catalog->plugin(plugin);
  if (row == nullptr) co_return unknown(plugin);
  if (row->state == data::PluginState::uninstalled) co_return uninstalled(plugin);
  if (row->state == data::PluginState::enabled && workspace->installations()->contains(plugin))
    co_return Result<>();
  TENON_CO_ASSIGN(loaded, co_await load_stored(tenant, plugin));
  const auto module = module_of(workspace, std::move(loaded));
  // One whose install did not get as far as its `init` begins with it.
  const bool fresh = row->state == data::PluginState::installed;
  TENON_CO_TRY(modules_.check(tenant->name(), *module));
  TENON_CO_TRY(co_await bring_up(workspace, module, by, fresh ? "installed" : "enabled"));
  tell_menu(tenant->name(), plugin, "enabled");
  co_return Result<>();
}

Task<> Registry::take_down(std::shared_ptr<data::Tenant> tenant, std::string plugin,
                           data::PluginState state, Requester by, std::string action) {
  TENON_CO_TRY(co_await set_state(tenant, plugin, state, by, action));
  auto removed = co_await modules_.remove(tenant->name(), plugin);
  if (!removed && removed.error().reason() != "module.unknown") co_return removed;
  tell_menu(tenant->name(), plugin, action);
  co_return Result<>();
}

Task<> Registry::disable(std::shared_ptr<Workspace> workspace, std::string plugin, Requester by) {
  const auto tenant = workspace->tenant();
  TENON_CO_ASSIGN(turn_taken, co_await turn(tenant->name(), by.deadline));
  (void)turn_taken;
  const auto catalog = tenant->catalog();
  const auto* row = catalog->plugin(plugin);
  if (row == nullptr) co_return unknown(plugin);
  if (row->state == data::PluginState::uninstalled) co_return uninstalled(plugin);
  if (row->state == data::PluginState::disabled) co_return Result<>();
  const auto needed = modules_.needed_by(tenant->name(), plugin);
  if (!needed.empty()) co_return fail(modules::still_needed(plugin, needed));
  co_return co_await take_down(tenant, plugin, data::PluginState::disabled, by, "disabled");
}

std::vector<std::string> Registry::needed_by(const data::Catalog& catalog,
                                             std::string_view plugin) {
  std::vector<modules::Needs> needs;
  for (const auto& row : catalog.plugins()) {
    if (row.state == data::PluginState::uninstalled) continue;
    const auto manifest = read_manifest(row.manifest);
    if (!manifest) continue;
    modules::Needs one{.id = row.id, .version = manifest->metadata.version, .dependencies = {}};
    for (const auto& [id, version] : manifest->metadata.plugins)
      one.dependencies.push_back({.id = id, .version = version});
    needs.push_back(std::move(one));
  }
  return modules::needing(needs, plugin);
}

Task<> Registry::uninstall(std::shared_ptr<Workspace> workspace, std::string plugin, Requester by) {
  const auto tenant = workspace->tenant();
  TENON_CO_ASSIGN(turn_taken, co_await turn(tenant->name(), by.deadline));
  (void)turn_taken;
  const auto catalog = tenant->catalog();
  const auto* row = catalog->plugin(plugin);
  if (row == nullptr) co_return unknown(plugin);
  if (row->state == data::PluginState::uninstalled) co_return Result<>();
  const auto needed = needed_by(*catalog, plugin);
  if (!needed.empty()) co_return fail(modules::still_needed(plugin, needed));
  co_return co_await take_down(tenant, plugin, data::PluginState::uninstalled, by, "uninstalled");
}

Task<> Registry::purge(std::shared_ptr<Workspace> workspace, std::string plugin, Requester by) {
  const auto tenant = workspace->tenant();
  TENON_CO_ASSIGN(turn_taken, co_await turn(tenant->name(), by.deadline));
  (void)turn_taken;
  const auto catalog = tenant->catalog();
  const auto* row = catalog->plugin(plugin);
  if (row == nullptr) co_return unknown(plugin);
  if (row->state != data::PluginState::uninstalled)
    co_return fail(Error(ErrorCode::conflict,
                         "\"" + plugin + "\" is in use; uninstall it before its data is deleted")
                       .because("plugin.in_use"));
  TENON_CO_TRY(catalog->unreferenced(plugin));
  // One that cannot be loaded any more cannot be told, and must be deletable all the same.
  auto loaded = co_await load_stored(tenant, plugin);
  if (loaded)
    co_await modules_.bid_farewell(
        module_of(workspace, *std::move(loaded)),
        {.tenant = tenant, .principal = by.principal, .trace = by.trace, .deadline = by.deadline});
  auto act = act_of(by, plugin, "purged", {{"version", row->version}, {"sha256", row->sha256}});
  co_return TENON_CO_ACT_TASK(*tenant, tenant->purge(plugin, by.deadline, std::move(act)));
}

}  // namespace tenon::plugins
