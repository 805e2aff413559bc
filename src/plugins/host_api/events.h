#pragma once
// Events of a plugin's own, queued in the transaction of the call and delivered after its commit.

#include "plugins/host_api/acting.h"

namespace tenon::plugins {

class EventsApi final : public v1::Events {
 public:
  /// Errors: denied (`capability`) when the manifest does not say that the plugin publishes
  /// `event_type`.
  contract::Answer<GuestText> publish(wasm::CallState& call, std::string_view event_type,
                                      std::string_view payload) override;
};

}  // namespace tenon::plugins
