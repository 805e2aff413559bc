#pragma once
// An event on its way into a guest.

#include "modules/event_bus.h"
#include "plugins/host.h"

namespace tenon::plugins {

/// The JSON object of `event-handler.handle`. A plugin gets the fields of its own records and of
/// those it was granted to read; of others it hears only that they changed.
[[nodiscard]] std::string event_json(const Manifest& manifest, const data::Event& event);

/// Calls the event export in the unit of the delivery. Thread: a guest executor.
[[nodiscard]] Task<> handle_delivery(Host* host, std::shared_ptr<Workspace> workspace,
                                     PluginHandle plugin, modules::DeliveryHandle delivery,
                                     data::UnitOfWork* unit);

}  // namespace tenon::plugins
