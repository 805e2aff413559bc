#pragma once
// How webhooks leave the server: through the client of the room `http`, by the operator's rules.

#include <memory>

#include "http/outbound.h"
#include "services/webhooks/port.h"

namespace tenon::server {

/// Answers are cut off at 64 KiB.
[[nodiscard]] std::unique_ptr<services::WebhookPort> webhook_port(http::OutboundOptions options);

}  // namespace tenon::server
