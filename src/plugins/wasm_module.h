#pragma once
// A plugin of one tenant as a module like any other: the registry starts and stops it, publishes
// its routes, delivers events to it and asks how it is, without knowing that guests exist.
//
// Starting it puts it into the tenant's workspace, where requests, hooks and actions find it;
// stopping takes it out again. What it answers depends on its manifest and its exports.

#include <functional>
#include <memory>

#include "modules/job_board.h"
#include "modules/module.h"
#include "plugins/alone.h"
#include "plugins/host.h"
#include "plugins/workspace.h"

namespace tenon::plugins {

/// Thread: as ErpModule. Lifetime: host and `committed` outlive it.
class WasmModule final : public modules::ErpModule {
 public:
  /// `committed` is called after a route's transaction that has published events.
  using Committed = std::function<void(std::string_view tenant)>;
  WasmModule(Host& host, std::shared_ptr<Workspace> workspace, PluginHandle plugin,
             Committed committed);

  [[nodiscard]] std::string_view id() const noexcept override { return plugin_->id(); }
  [[nodiscard]] data::Localized name() const override { return plugin_->manifest.metadata.name; }
  [[nodiscard]] Version version() const override { return plugin_->manifest.metadata.version; }
  [[nodiscard]] modules::ModuleType module_type() const noexcept override {
    return modules::ModuleType::wasm;
  }
  [[nodiscard]] std::vector<modules::Dependency> dependencies() const override;

  [[nodiscard]] Task<> on_startup(modules::ModuleContext context) override;
  [[nodiscard]] Task<> on_shutdown(Deadline deadline) override;
  /// What the export `health#check` says; without one it is well. Details: its answer and the
  /// number of calls and failures.
  [[nodiscard]] Task<modules::Health> health_check(Deadline deadline) override;

  [[nodiscard]] std::vector<modules::Route> public_routes() override;
  [[nodiscard]] std::vector<modules::Route> protected_routes() override;
  [[nodiscard]] modules::Migrations migrations() const override;
  [[nodiscard]] std::vector<data::Field> config_schema() const override {
    return plugin_->manifest.settings;
  }
  [[nodiscard]] Result<std::vector<modules::Subscription>> register_event_handlers(
      modules::EventBus& bus) override;

  [[nodiscard]] Task<> on_tenant_created(modules::TenantContext context) override;
  [[nodiscard]] Task<> on_tenant_deleted(modules::TenantContext context) override;

  [[nodiscard]] const PluginHandle& plugin() const noexcept { return plugin_; }

 private:
  [[nodiscard]] std::vector<modules::Route> routes(bool open) const;
  [[nodiscard]] AloneCall system_call(std::string trace, Deadline deadline) const;

  Host& host_;
  const std::shared_ptr<Workspace> workspace_;  // shared with requests
  const PluginHandle plugin_;
  const Committed committed_;
  modules::JobOffer jobs_;
};

}  // namespace tenon::plugins
