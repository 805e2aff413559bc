#pragma once
// What a guest says about itself: bounded lines that can forge nothing.

#include "plugins/guest_context.h"

namespace tenon::plugins {

/// `text` with control characters (C0, DEL, C1) written as `\xNN`, cut at 4 KiB on a code point.
[[nodiscard]] std::string escape_log_text(std::string_view text);

class LogApi final : public v1::Log {
 public:
  Result<void> write(wasm::CallState& call, v1::log::Level level,
                     std::string_view message) override;
};

/// Meters and keeps one line. Errors: exhausted (`limit.log`).
[[nodiscard]] Result<> keep_log_line(GuestContext& context, LogLevel level,
                                     std::string_view message);

}  // namespace tenon::plugins
