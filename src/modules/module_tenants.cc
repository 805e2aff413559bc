// What the registry does when tenants come and go.
#include <algorithm>
#include <ranges>

#include "data/durably.h"
#include "modules/attempt.h"
#include "modules/met.h"
#include "modules/module_registry.h"

namespace tenon::modules {

Result<> ModuleRegistry::prepare_tables(storage::Session& session) const {
  const auto now = context_.clock.now();
  TENON_TRY(prepare_met(session, now));
  for (const auto& entry : running()) {
    const auto scripts = entry->module->migrations().scripts;
    if (!scripts.empty())
      TENON_TRY(data::apply_scripts(session, entry->module->id(), scripts, now));
  }
  return {};
}

Task<> ModuleRegistry::open_tenant(std::shared_ptr<data::Tenant> tenant) {
  TENON_CO_TRY(co_await data::run_durably(
      tenant->database(), Deadline::after(times_.tenant),
      [this](storage::Session& session) { return prepare_tables(session); }));
  {
    const std::unique_lock lock(mutex_);
    tenants_[tenant->name()].tenant = tenant;
  }
  for (const auto& entry : running()) {
    const auto met =
        co_await introduce(entry->module, {.tenant = tenant,
                                           .principal = {},
                                           .trace = {},
                                           .deadline = Deadline::after(times_.tenant)});
    if (!met) told(tenant->name(), entry->module->id(), met.error());
  }
  co_return Result<>();
}

Task<> ModuleRegistry::introduce(std::shared_ptr<ErpModule> module, TenantContext context) {
  const auto tenant = context.tenant;
  const std::string id(module->id());
  const Deadline deadline = context.deadline.min(Deadline::after(times_.tenant));
  TENON_CO_ASSIGN(met, co_await has_met(tenant, id));
  if (met) co_return Result<>();
  TENON_CO_TRY(co_await attempt(calls_, module->on_tenant_created(std::move(context)), deadline));
  co_return co_await note_met(tenant, id, context_.clock.now(), deadline);
}

asio::awaitable<void> ModuleRegistry::bid_farewell(std::shared_ptr<ErpModule> module,
                                                   TenantContext context) {
  const auto tenant = context.tenant;
  const std::string id(module->id());
  const Deadline deadline = context.deadline.min(Deadline::after(times_.tenant));
  const auto told_it =
      co_await attempt(calls_, module->on_tenant_deleted(std::move(context)), deadline);
  if (!told_it) told(tenant->name(), id, told_it.error());
  const auto forgotten = co_await forget_met(tenant, id, deadline);
  if (!forgotten) told(tenant->name(), id, forgotten.error());
}

asio::awaitable<void> ModuleRegistry::tenant_deleted(TenantContext context) {
  auto entries = running();
  for (auto& entry : modules_of(context.tenant->name())) entries.push_back(std::move(entry));
  for (const auto& entry : entries | std::views::reverse)
    co_await bid_farewell(entry->module, context);
}

asio::awaitable<void> ModuleRegistry::load_wasm_plugins(std::string tenant,
                                                        std::shared_ptr<ModuleSource> source) {
  auto loaded = source->load();
  std::vector<Needs> needs;
  for (const auto& module : loaded) needs.push_back(Needs::of(*module));
  std::vector<Needs> natives;
  for (const auto& entry : running()) natives.push_back(Needs::of(*entry->module));
  const auto order = order_modules(needs, natives);
  for (const auto& [id, error] : order.refused) told(tenant, id, error);
  for (const auto& id : order.sorted) {
    const auto module =
        std::ranges::find(loaded, id, [](const auto& one) { return std::string(one->id()); });
    // Also refuses what needs one that did not start.
    const auto installed = co_await install(tenant, *module);
    if (!installed) told(tenant, id, installed.error());
  }
}

asio::awaitable<void> ModuleRegistry::close_tenant(std::string tenant) {
  const auto entries = modules_of(tenant);
  {
    const std::unique_lock lock(mutex_);
    tenants_.erase(tenant);
  }
  const auto published = publish();
  if (!published) told(tenant, {}, published.error());
  for (const auto& entry : entries | std::views::reverse) co_await end(tenant, entry);
}

std::vector<std::shared_ptr<data::Tenant>> ModuleRegistry::served() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<data::Tenant>> tenants;
  for (const auto& [name, entry] : tenants_)
    if (entry.tenant) tenants.push_back(entry.tenant);
  return tenants;
}

std::vector<ModuleSchema> ModuleRegistry::schemas(std::string_view tenant) const {
  auto entries = running();
  for (auto& entry : modules_of(tenant)) entries.push_back(std::move(entry));
  std::vector<ModuleSchema> all;
  for (const auto& entry : entries) {
    auto fields = entry->module->config_schema();
    if (!fields.empty())
      all.push_back({.id = std::string(entry->module->id()),
                     .name = entry->module->name(),
                     .fields = std::move(fields)});
  }
  return all;
}

}  // namespace tenon::modules
