#pragma once
// Time for guests: frozen at the start of the call, so that a replay sees the same and no guest can
// measure another.

#include "plugins/guest_context.h"

namespace tenon::plugins {

class ClockApi final : public v1::Clock {
 public:
  Result<std::uint64_t> now(wasm::CallState& call) override {
    return static_cast<std::uint64_t>(call.host<GuestContext>().now.time_since_epoch().count());
  }
};

}  // namespace tenon::plugins
