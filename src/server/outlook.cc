#include "server/outlook.h"

#include <utility>

#include "api/messages.h"
#include "async/run_on.h"
#include "async/wait_for.h"
#include "plugins/records.h"

namespace tenon::server {
namespace {

constexpr std::chrono::seconds kHookTime{10};

/// One row through the hook of its module, on a guest thread.
Task<json::object> hooked(plugins::Host* host, plugins::CallOrigin origin, data::UnitOfWork* unit,
                          std::string plugin, std::string entity, std::optional<RecordId> existing,
                          json::object fields) {
  TENON_CO_ASSIGN(info, unit->catalog().entity(plugin, entity));
  co_return co_await plugins::save_hook(*host, {.work = *unit, .origin = std::move(origin)}, *info,
                                        existing, std::move(fields));
}

}  // namespace

std::shared_ptr<const services::Declared> PluginOutlook::declared(std::string_view tenant,
                                                                  std::string_view plugin) const {
  const auto* registry = registry_.load();
  if (registry == nullptr) return nullptr;
  const auto workspace = registry->serving(tenant);
  if (!workspace) return nullptr;
  const auto installations = (*workspace)->installations();
  const auto found = installations->find(plugin);
  if (found == installations->end()) return nullptr;
  return {found->second.plugin, &found->second.plugin->manifest.declared};
}

data::BeforeRow PluginOutlook::before_row(std::shared_ptr<const identity::Principal> principal,
                                          std::string_view plugin, std::string_view entity,
                                          const std::string& trace) const {
  const auto* registry = registry_.load();
  if (registry == nullptr) return {};
  const auto workspace = registry->serving(principal->tenant);
  if (!workspace) return {};
  const auto catalog = (*workspace)->tenant()->catalog();
  const auto* info = catalog->find(plugin, entity);
  plugins::CallOrigin origin{.workspace = *workspace,
                             .installations = (*workspace)->installations(),
                             .principal = std::move(principal),
                             .trace = trace};
  if (info == nullptr || !plugins::has_save_hook(*origin.installations, *info)) return {};
  return [host = host_.load(), origin = std::move(origin), plugin = std::string(plugin),
          entity = std::string(entity)](data::UnitOfWork& unit, std::optional<RecordId> existing,
                                        json::object& fields) -> Result<> {
    auto one = origin;
    one.deadline = Deadline::after(kHookTime);
    TENON_ASSIGN(
        saved, wait_for(run_on(host->executor(), hooked(host, std::move(one), &unit, plugin, entity,
                                                        existing, std::move(fields)))));
    fields = std::move(saved);
    return {};
  };
}

std::optional<std::string_view> PluginOutlook::chinese(std::string_view reason) const {
  return api::chinese(reason);
}

}  // namespace tenon::server
