#pragma once
// Everything that modules need of the process, made and stopped in order: the thread they work on,
// the bus, the live feed, the registry with the program's own modules in it.

#include <functional>
#include <memory>
#include <string_view>

#include "async/executor_pool.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/sealing.h"
#include "http/outbound.h"
#include "modules/event_bus.h"
#include "modules/live_feed.h"
#include "modules/module_registry.h"

namespace tenon::server {

/// Thread: one owner. Lifetime: clock and random outlive it; who uses its parts goes before it.
class Modules {
 public:
  struct Log {
    std::function<void(std::string_view tenant, std::string_view module, const Error&)> failed;
    std::function<void(std::string_view tenant, const data::Event&, const Error&)> undelivered;
  };
  Modules(const Clock& clock, Random& random, Log log);

  /// What the program's own modules need beside what every module gets.
  struct Needs {
    SealingKey key;                  // of secrets that have to be read again
    http::OutboundOptions outbound;  // where a company's administrator may have us call
  };
  /// Adds the native modules and starts them. One that does not start is logged and named in the
  /// health report. Errors: conflict (two of one id: a bug).
  [[nodiscard]] Result<> start(Needs needs);
  /// Ends deliveries, then modules, then listeners. Idempotent.
  Result<> stop(Deadline deadline);

  [[nodiscard]] modules::ModuleRegistry& registry() noexcept { return registry_; }
  [[nodiscard]] modules::EventBus& events() noexcept { return events_; }
  [[nodiscard]] modules::LiveFeed& feed() noexcept { return feed_; }

 private:
  ExecutorPool thread_{1, "modules"};
  modules::EventBus events_;
  modules::LiveFeed feed_;
  modules::ModuleRegistry registry_;
};

}  // namespace tenon::server
