#include "plugins/host_api/events.h"

#include <algorithm>
#include <utility>

namespace tenon::plugins {

contract::Answer<GuestText> EventsApi::publish(wasm::CallState& call, std::string_view event_type,
                                               std::string_view payload) {
  auto& context = call.host<GuestContext>();
  TENON_TRY(context.meter.take_bytes(payload.size()));
  if (auto decoded = json::parse(payload); !decoded) return refused(std::move(decoded.error()));
  const auto& publishes = context.plugin.manifest.capabilities.publishes;
  if (std::ranges::find(publishes, event_type) == publishes.end())
    return refused(Error(ErrorCode::denied, "the manifest does not say that it publishes \"" +
                                                std::string(event_type) + "\"")
                       .because("capability"));
  TENON_TRY(context.meter.take_event());
  return acting(context,
                [&context, type = std::string(event_type),
                 payload = std::string(payload)]() -> Result<std::string> {
                  TENON_ASSIGN(id, context.work.publish(type, {}, payload));
                  return id.to_string();
                });
}

}  // namespace tenon::plugins
