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

void Workspace::enable(PluginHandle plugin) {
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<Installations>(*installations_);
  auto& slot = (*next)[plugin->id()];
  if (!slot.permits) slot.permits = std::make_shared<PermitPool>(kRunning, kWaiting);
  slot.plugin = std::move(plugin);
  installations_ = std::move(next);
}

void Workspace::disable(std::string_view plugin) {
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<Installations>(*installations_);
  if (const auto slot = next->find(plugin); slot != next->end()) next->erase(slot);
  installations_ = std::move(next);
}

}  // namespace tenon::plugins
