#pragma once
// What the host functions know of the call they serve: whose plugin, on whose behalf, in which
// transaction, with what left of the budget. It is the only authority a guest has; there is no
// other way from a guest to the host.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "data/unit_of_work.h"
#include "identity/principal.h"
#include "plugins/bill.h"
#include "plugins/plugin.h"
#include "plugins/workspace.h"

namespace tenon::plugins {

class Host;

enum class LogLevel : std::uint8_t { debug, info, warn, error };

[[nodiscard]] std::string_view to_string(LogLevel level) noexcept;

/// One line a guest wrote; control characters are escaped already.
struct LogLine {
  LogLevel level;
  std::string message;
};

inline constexpr std::uint32_t kMaxDepth =
    16;  // hooks, events and plugin→plugin calls inside each other

/// On whose behalf, where and how deep. Copied from call to nested call with `depth` one higher.
struct CallOrigin {
  std::shared_ptr<const Workspace> workspace;            // never null; shared with the request
  std::shared_ptr<const Installations> installations;    // the set the outermost call began with
  std::shared_ptr<const identity::Principal> principal;  // never null; shared with the session
  std::string trace;
  Deadline deadline = Deadline::never();
  std::uint32_t depth = 0;
};

/// Thread: that of the call. Lifetime: the call's.
struct GuestContext {
  Host& host;
  const Plugin& plugin;
  const CallOrigin& origin;
  data::UnitOfWork& work;
  Timestamp now;  // frozen: two readings in one call are equal
  Meter meter;
  std::vector<LogLine> log;
};

}  // namespace tenon::plugins
