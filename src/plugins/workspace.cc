#include "plugins/workspace.h"

namespace tenon::plugins {
namespace {

// Calls of one plugin for one tenant: at most so many run, so many wait; one more is told to come
// back later.
constexpr std::size_t kRunning = 16;
constexpr std::size_t kWaiting = 256;

}  // namespace

std::shared_ptr<const Installations> Workspace::installations() const {
  const std::lock_guard lock(mutex_);
  return installations_;
}

std::shared_ptr<const Installations> Workspace::with(PluginHandle plugin) const {
  const std::lock_guard lock(mutex_);
  const std::string id = plugin->id();
  auto& kept = kept_[id];
  if (!kept.permits)
    kept = {.permits = std::make_shared<PermitPool>(kRunning, kWaiting),
            .calls = std::make_shared<CallLog>()};
  auto next = std::make_shared<Installations>(*installations_);
  next->insert_or_assign(
      id, Installation{.plugin = std::move(plugin), .permits = kept.permits, .calls = kept.calls});
  return next;
}

std::shared_ptr<const CallLog> Workspace::calls(std::string_view plugin) const {
  const std::lock_guard lock(mutex_);
  const auto kept = kept_.find(plugin);
  return kept == kept_.end() ? nullptr : kept->second.calls;
}

void Workspace::enable(PluginHandle plugin) {
  const std::lock_guard one_at_a_time(changing_);
  auto next = with(std::move(plugin));
  const std::lock_guard lock(mutex_);
  installations_ = std::move(next);
}

void Workspace::disable(const Plugin& plugin) {
  const std::lock_guard one_at_a_time(changing_);
  auto next = std::make_shared<Installations>(*installations());
  const auto slot = next->find(plugin.id());
  if (slot == next->end() || slot->second.plugin.get() != &plugin) return;
  next->erase(slot);
  const std::lock_guard lock(mutex_);
  installations_ = std::move(next);
}

}  // namespace tenon::plugins
