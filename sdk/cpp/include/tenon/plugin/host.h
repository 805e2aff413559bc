#pragma once
// What a module may ask of the platform besides rows: a log line, the time, who is calling, an
// event.

#include <cstdint>
#include <string>
#include <string_view>

#include "tenon/plugin/json.h"

namespace tenon::plugin {

/// Lines of at most 4 KiB, at most 64 a call; the host adds tenant, module and trace id.
namespace log {
void debug(std::string_view message);
void info(std::string_view message);
void warn(std::string_view message);
void error(std::string_view message);
}  // namespace log

namespace clock {
/// Microseconds since 1970-01-01T00:00:00Z; the same value throughout one call.
[[nodiscard]] std::uint64_t now();
/// The text of a datetime field: `2026-02-28T09:30:00.000000Z`.
[[nodiscard]] std::string to_text(std::uint64_t microseconds);
}  // namespace clock

namespace identity {
/// Object with `id`, `name`, `locale`.
[[nodiscard]] Result<Json> current_user();
[[nodiscard]] bool has_permission(std::string_view code);
}  // namespace identity

namespace events {
/// Publishes an event of this module (`customer.merged`) when the transaction commits; gives its
/// id.
[[nodiscard]] Result<std::string> publish(std::string_view type, const Json& payload);
}  // namespace events

}  // namespace tenon::plugin
