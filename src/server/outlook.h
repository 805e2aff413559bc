#pragma once
// What services learn of plugins and of the edge's words: the composition root knows all of them.

#include <atomic>

#include "plugins/host.h"
#include "plugins/registry.h"
#include "services/bulk/outlook.h"

namespace tenon::server {

/// Thread: any. Sees nothing before reach().
class PluginOutlook final : public services::Outlook {
 public:
  /// Lifetime: both outlive every call.
  void reach(const plugins::Registry& registry, plugins::Host& host) noexcept {
    host_ = &host;
    registry_ = &registry;
  }

  [[nodiscard]] std::shared_ptr<const services::Declared> declared(
      std::string_view tenant, std::string_view plugin) const override;
  [[nodiscard]] data::BeforeRow before_row(std::shared_ptr<const identity::Principal> principal,
                                           std::string_view plugin, std::string_view entity,
                                           const std::string& trace) const override;
  [[nodiscard]] std::optional<std::string_view> chinese(std::string_view reason) const override;

 private:
  std::atomic<const plugins::Registry*> registry_ = nullptr;
  std::atomic<plugins::Host*> host_ = nullptr;
};

}  // namespace tenon::server
