#pragma once
// What the outbox says of a record (`crm.customer.updated`), decoded once for all who subscribe.

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/outbox.h"

namespace tenon::modules {

struct RecordEvent {
  std::string entity;  // `crm.customer`
  RecordId record;
  std::string action;  // created, updated, deleted, restored, purged, or a step of its states
  std::uint64_t version = 0;
  std::vector<std::string> changed;  // fields; empty where all are new or gone
  json::object fields;               // as the record is now, or was when it went; may be empty

  /// Errors: invalid (`event.record`) for an event that is about no record.
  [[nodiscard]] static Result<RecordEvent> decode(const data::Event& event);
};

}  // namespace tenon::modules
