#pragma once
// Events that could not be delivered, for the administrator who has to decide.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "storage/session.h"

namespace tenon::data {

struct DeadLetter {
  std::int64_t sequence = 0;  // its place in the list
  EventId id;
  std::string type;
  std::string aggregate;
  std::uint32_t attempts = 0;
  std::uint32_t hop = 0;
  std::int64_t created_at = 0;  // microseconds
  EventId correlation;
  std::optional<EventId> causation;
  std::string error;  // of the last attempt, for people
};

/// At most `limit` dead letters behind place `after`, oldest first; of one type unless it is empty.
[[nodiscard]] Result<std::vector<DeadLetter>> dead_letters(storage::Session& session,
                                                           std::int64_t after, std::size_t limit,
                                                           std::string_view type);

}  // namespace tenon::data
