#pragma once
// The audit trail as people read it: newest first, narrowed by who, what and when.

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "data/record.h"
#include "storage/session.h"

namespace tenon::data {

inline constexpr std::size_t kMaxAuditPage = 500;

struct AuditQuery {
  std::string entity;  // each empty: any
  std::string action;
  std::string plugin;
  std::optional<RecordId> record;
  std::optional<UserId> user;
  std::optional<TraceId> trace;
  std::optional<Timestamp> from, until;  // until: not included
  std::optional<std::int64_t> before;    // `sequence` of the last row of the page before
  std::size_t limit = 50;                // at most kMaxAuditPage
};

/// One row as JSON, of the columns kAuditColumns.
void write_audit_row(std::string& out, const storage::Row& row);
inline constexpr std::string_view kAuditColumns =
    "sequence, version, at, action, \"user\", plugin, trace, before, after, entity, record";

/// `[{"sequence", "version", "at", "action", "user", "plugin", "trace", "changed", "before",
/// "record", "entity", "id"}]`; Page::next is the `sequence` to go on before. Cost: walks the trail
/// back until the page is full; bound it by the session's deadline.
[[nodiscard]] Result<Page> list_audit(storage::Session& session, const AuditQuery& query);

}  // namespace tenon::data
