#pragma once
// Everything that modules need of the process, made and stopped in order: the thread they work on,
// the bus, the live feed, the registry with the program's own modules in it.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "async/executor_pool.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/sealing.h"
#include "http/outbound.h"
#include "modules/event_bus.h"
#include "modules/live_feed.h"
#include "modules/module_registry.h"
#include "server/outlook.h"
#include "services/backups/backups.h"
#include "services/jobs/jobs.h"

namespace tenon::server {

/// What the program's own modules are made with.
struct NativeOptions {
  services::JobsOptions jobs;
  std::optional<services::BackupParts> backups;  // empty: none are made
  services::BackupOptions backup = {};
  std::filesystem::path folder = {};    // where services keep files for a while
  SealingKey key = {};                  // of secrets that have to be read again
  http::OutboundOptions outbound = {};  // where a company's administrator may have us call
};
/// The modules of the program. Lifetime: the outlook outlives them.
[[nodiscard]] std::vector<std::shared_ptr<modules::ErpModule>> native_modules(
    NativeOptions options, const services::Outlook& outlook);
/// The tables of all of them, for data::Tenants: so who moves or restores a tenant knows them too.
/// Lifetime of what they show: the program's.
[[nodiscard]] std::vector<data::NativeModule> native_tables();

/// Thread: one owner. Lifetime: clock and random outlive it; who uses its parts goes before it.
class Modules {
 public:
  struct Log {
    std::function<void(std::string_view tenant, std::string_view module, const Error&)> failed;
    std::function<void(std::string_view tenant, const data::Event&, const Error&)> undelivered;
  };
  Modules(const Clock& clock, Random& random, Log log);

  /// Adds the native modules and starts them. One that does not start is logged and named in the
  /// health report. Errors: conflict (two of one id: a bug).
  [[nodiscard]] Result<> start(NativeOptions options);
  /// Ends deliveries, then modules, then listeners. Idempotent.
  Result<> stop(Deadline deadline);

  [[nodiscard]] modules::ModuleRegistry& registry() noexcept { return registry_; }
  [[nodiscard]] modules::EventBus& events() noexcept { return events_; }
  [[nodiscard]] modules::LiveFeed& feed() noexcept { return feed_; }
  /// From now on services see plugins, which are made after them.
  void reach(const plugins::Registry& registry, plugins::Host& host) {
    outlook_.reach(registry, host);
  }

 private:
  PluginOutlook outlook_;
  ExecutorPool thread_{1, "modules"};
  modules::EventBus events_;
  modules::LiveFeed feed_;
  modules::ModuleRegistry registry_;
};

}  // namespace tenon::server
