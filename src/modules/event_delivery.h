#pragma once
// How one event reaches one subscriber. Private to the room.

#include <atomic>
#include <memory>
#include <string>

#include "modules/event_bus.h"

namespace tenon::modules::detail {

/// A subscriber as the delivery sees it; exactly one of the two handlers is set.
struct Receiver {
  std::string consumer;
  std::atomic<bool> active = true;
  EventBus::InTransaction in_transaction;
  EventBus::Outside outside;
};

/// Errors: those of the handler, with its name in front; cancelled (`task.cancelled`) as it is.
[[nodiscard]] Task<> hand_over(std::shared_ptr<Receiver> receiver, DeliveryHandle delivery);

}  // namespace tenon::modules::detail
