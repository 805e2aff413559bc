#pragma once
// Who looks, and on whose behalf something is written. Every read and every write carries one;
// there is no read without.

#include <cstdint>
#include <optional>
#include <string>

#include "base/id.h"

namespace tenon::data {

/// Which rows of an entity a viewer may see. Narrower scopes are predicates that the planner adds.
enum class Scope : std::uint8_t { all };

struct Viewer {
  std::optional<UserId> user;  // empty: the system itself
  Scope scope = Scope::all;
};

/// Where a write comes from; goes to the outbox and to the audit.
struct Origin {
  std::string plugin;                  // id of the plugin that acts; empty: the platform
  std::optional<TraceId> trace;        // of the request
  std::optional<EventId> correlation;  // first event of the chain; empty starts a chain
  std::optional<EventId> causation;    // event that is being handled
  std::uint32_t hop = 0;               // of that event; loops stop at kMaxHops
};

inline constexpr std::uint32_t kMaxHops = 8;

}  // namespace tenon::data
