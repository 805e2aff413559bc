#pragma once
// A tenant at work: its data, the plugins that are enabled for it, and how many calls each may run.
// Requests take the current set once and keep it to their end; an install publishes a new set and
// disturbs nobody.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "async/permit.h"
#include "data/tenant.h"
#include "plugins/call_log.h"
#include "plugins/plugin.h"

namespace tenon::plugins {

/// One enabled plugin of one tenant. Immutable but for the permits.
struct Installation {
  PluginHandle plugin;
  std::shared_ptr<PermitPool>
      permits;                     // shared: an upgrade goes on with the pool of the version before
  std::shared_ptr<CallLog> calls;  // shared for the same reason
};

using Installations = std::map<std::string, Installation, std::less<>>;  // by plugin id

/// Thread: any. Lifetime: held by shared_ptr by requests and by the registry of tenants.
class Workspace {
 public:
  explicit Workspace(std::shared_ptr<data::Tenant> tenant) : tenant_(std::move(tenant)) {}
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  [[nodiscard]] const std::shared_ptr<data::Tenant>& tenant() const noexcept { return tenant_; }
  /// The set of this moment. Lifetime: the pointer's.
  [[nodiscard]] std::shared_ptr<const Installations> installations() const;
  /// The set of this moment with `plugin` in it, enabled or not: for a call before it is enabled,
  /// or after it was.
  [[nodiscard]] std::shared_ptr<const Installations> with(PluginHandle plugin) const;
  /// Adds or replaces one plugin.
  void enable(PluginHandle plugin);
  /// What `plugin` did lately, also while it is not enabled. Null: it has not been here.
  [[nodiscard]] std::shared_ptr<const CallLog> calls(std::string_view plugin) const;
  /// Takes `plugin` away, unless another version of it has taken its place.
  void disable(const Plugin& plugin);

 private:
  std::shared_ptr<data::Tenant> tenant_;  // shared with units of work
  /// What one plugin keeps whatever its version and whether it is enabled. Bounded by what the
  /// tenant has had installed since the process began.
  struct Kept {
    std::shared_ptr<PermitPool> permits;  // shared with calls
    std::shared_ptr<CallLog> calls;       // shared with calls
  };
  std::mutex changing_;  // one change at a time
  mutable std::map<std::string, Kept, std::less<>> kept_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Installations> installations_ = std::make_shared<const Installations>();
};

}  // namespace tenon::plugins
