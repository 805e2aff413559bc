#pragma once
// What is written beside every change of a row: the event that says so and the audit row.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "data/audit.h"
#include "data/catalog.h"
#include "data/viewer.h"
#include "storage/session.h"

namespace tenon::data {

struct RowChange {
  const EntityInfo& entity;
  RecordId id;
  std::string_view action;  // created, updated, deleted, restored, purged, or a step of its states
  std::uint64_t version = 0;
  std::string_view before;   // JSON for the audit: the whole row, or the old values; or empty
  std::string_view after;    // JSON of the whole row, or empty
  std::string_view changed;  // JSON array of field names, or empty
};

/// Writes events and audit rows in one unit of work. Lifetime: borrows all its parts for the length
/// of a call.
class WriteLog {
 public:
  WriteLog(storage::Session& session, const Viewer& viewer, Origin& origin, Random& random,
           std::optional<ChainHead>& head)
      : session_(session), viewer_(viewer), origin_(origin), random_(random), head_(head) {}

  /// Whether this unit may still cause events; asked before a row is written. Errors: exhausted
  /// (`event.hops`).
  [[nodiscard]] Result<> admit() const;
  [[nodiscard]] Result<> change(const RowChange& change, Timestamp now);
  /// The event alone.
  [[nodiscard]] Result<> tell(const RowChange& change, Timestamp now);
  /// The audit row alone.
  [[nodiscard]] Result<> audit(const RowChange& change, Timestamp now);
  /// Whether others can write events of the key meanwhile, so that it has to be held (outbox.h).
  enum class Key : std::uint8_t { shared, fresh };
  /// Errors: exhausted (`event.hops`).
  [[nodiscard]] Result<EventId> event(std::string_view type, std::string_view aggregate,
                                      std::string_view payload, Timestamp now,
                                      Key key = Key::shared);

 private:
  [[nodiscard]] std::uint32_t hop() const noexcept {
    return origin_.causation ? origin_.hop + 1 : 0;
  }

  storage::Session& session_;
  const Viewer& viewer_;
  Origin& origin_;
  Random& random_;
  std::optional<ChainHead>& head_;
};

}  // namespace tenon::data
