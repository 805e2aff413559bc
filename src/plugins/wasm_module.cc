#include "plugins/wasm_module.h"

#include <utility>

#include "base/json.h"
#include "plugins/wasm_events.h"
#include "plugins/wasm_jobs.h"
#include "plugins/wasm_routes.h"

namespace tenon::plugins {

using modules::Health;

WasmModule::WasmModule(Host& host, std::shared_ptr<Workspace> workspace, PluginHandle plugin,
                       Committed committed)
    : host_(host),
      workspace_(std::move(workspace)),
      plugin_(std::move(plugin)),
      committed_(std::move(committed)) {}

std::vector<modules::Dependency> WasmModule::dependencies() const {
  std::vector<modules::Dependency> all;
  for (const auto& [id, version] : plugin_->manifest.metadata.plugins)
    all.push_back({.id = id, .version = version});
  return all;
}

Task<> WasmModule::on_startup(modules::ModuleContext context) {
  workspace_->enable(plugin_);
  if (context.jobs != nullptr && !plugin_->manifest.jobs.empty())
    jobs_ = context.jobs->offer(plugin_->id(), workspace_->tenant()->name(),
                                jobs_of(host_, workspace_, plugin_, committed_));
  co_return Result<>();
}

Task<> WasmModule::on_shutdown(Deadline) {
  jobs_ = {};
  workspace_->disable(*plugin_);
  co_return Result<>();
}

AloneCall WasmModule::system_call(std::string trace, Deadline deadline) const {
  return {.origin = {.workspace = workspace_,
                     .installations = workspace_->with(plugin_),
                     .principal = system_principal(workspace_->tenant()->name()),
                     .trace = std::move(trace),
                     .deadline = deadline},
          .plugin = plugin_->id(),
          .viewer = {},
          .cause = {.plugin = plugin_->id(), .trace = {}, .correlation = {}, .causation = {}}};
}

Task<Health> WasmModule::health_check(Deadline deadline) {
  Health health;
  if (plugin_->exports.health) {
    auto call = system_call("health", deadline);
    call.end = AloneCall::End::undo;
    auto answered = co_await run_alone(
        host_, std::move(call),
        [](Host& host, CallArguments arguments) { return host.health(std::move(arguments)); });
    if (answered) {
      if (auto details = json::parse_object(answered->answer)) health.details = *std::move(details);
    } else {
      health.status = Health::Status::failing;
      health.message = answered.error().message();
    }
  }
  const auto installations = workspace_->installations();
  if (const auto own = installations->find(plugin_->id()); own != installations->end()) {
    const auto counts = own->second.calls->counts();
    health.details["calls"] = counts.calls;
    health.details["failed_calls"] = counts.failed;
  }
  co_return health;
}

std::vector<modules::Route> WasmModule::routes(bool open) const {
  std::vector<modules::Route> all;
  for (const Route& route : plugin_->manifest.routes) {
    if (route.is_public != open) continue;
    all.push_back(
        {.method = method_of(route.method),
         .pattern = "/x/" + plugin_->id() + route.path,
         .handler =
             [host = &host_, workspace = workspace_, id = plugin_->id(), committed = committed_](
                 modules::RouteCall call, http::Request request) {
               return answer_route(host, workspace, id, committed, std::move(call),
                                   std::move(request));
             },
         .permission = route.permission.empty() ? "" : plugin_->id() + "." + route.permission});
  }
  return all;
}

std::vector<modules::Route> WasmModule::public_routes() { return routes(true); }
std::vector<modules::Route> WasmModule::protected_routes() { return routes(false); }

modules::Migrations WasmModule::migrations() const {
  const auto& manifest = plugin_->manifest;
  modules::Migrations all{
      .version = manifest.metadata.schema_version, .scripts = {}, .entities = manifest.entities};
  all.entities.insert(all.entities.end(), manifest.extensions.begin(), manifest.extensions.end());
  return all;
}

Result<std::vector<modules::Subscription>> WasmModule::register_event_handlers(
    modules::EventBus& bus) {
  std::vector<modules::Subscription> all;
  const auto& patterns = plugin_->manifest.subscribe;
  if (patterns.empty() || !plugin_->handles_events()) return all;
  TENON_ASSIGN(subscription,
               bus.subscribe_filtered(
                   plugin_->id(), {.patterns = patterns, .tenant = workspace_->tenant()->name()},
                   [host = &host_, workspace = workspace_, plugin = plugin_](
                       modules::DeliveryHandle delivery, data::UnitOfWork& unit) {
                     return handle_delivery(host, workspace, plugin, std::move(delivery), &unit);
                   }));
  all.push_back(std::move(subscription));
  return all;
}

Task<> WasmModule::on_tenant_created(modules::TenantContext context) {
  if (!plugin_->exports.tenant_created) co_return Result<>();
  auto call = system_call(std::move(context.trace), context.deadline);
  call.limits = Limits::background();
  TENON_CO_TRY(co_await run_alone(host_, std::move(call), [](Host& host, CallArguments arguments) {
    return host.tenant_created(std::move(arguments));
  }));
  co_return Result<>();
}

Task<> WasmModule::on_tenant_deleted(modules::TenantContext context) {
  if (!plugin_->exports.tenant_deleted) co_return Result<>();
  auto call = system_call(std::move(context.trace), context.deadline);
  call.limits = Limits::background();
  TENON_CO_TRY(co_await run_alone(host_, std::move(call), [](Host& host, CallArguments arguments) {
    return host.tenant_deleted(std::move(arguments));
  }));
  co_return Result<>();
}

}  // namespace tenon::plugins
