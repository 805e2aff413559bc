#pragma once
// systemd starts what depends on us when we say that we are ready, not when the process exists.

#include <string_view>

namespace tenon::app {

/// Sends one state (`READY=1`, `STOPPING=1`) to the socket in NOTIFY_SOCKET, when there is one.
void tell_supervisor(std::string_view state) noexcept;

}  // namespace tenon::app
