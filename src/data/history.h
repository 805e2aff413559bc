#pragma once
// The past, from the audit: what became of one record, and how a record or a whole list looked at
// some time. A record at time T is what the last audit row of it said whose time is not after T.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "data/query.h"
#include "data/record.h"
#include "data/viewer.h"
#include "storage/session.h"

namespace tenon::data {

inline constexpr std::size_t kMaxHistory = 200;
/// Records of an entity that a list of the past may have to look at.
inline constexpr std::size_t kMaxPastRecords = 50'000;

struct HistoryQuery {
  std::size_t limit = 50;              // at most kMaxHistory
  std::optional<std::int64_t> before;  // `sequence` of the last row of the page before
};

/// Newest first: `[{"sequence", "version", "at", "action", "user", "plugin", "trace", "changed",
/// "before", "record"}]`; `changed` names fields, `before` holds their old values. Errors:
/// not_found when nothing is known of it.
[[nodiscard]] Result<Page> history_of(storage::Session& session, const EntityInfo& entity,
                                      RecordId id, const HistoryQuery& query);

/// Errors: not_found when it was not there.
[[nodiscard]] Result<Record> record_as_of(storage::Session& session, const EntityInfo& entity,
                                          RecordId id, Timestamp at);

/// Filter, order, select, limit and offset are evaluated on the state at that time; names and
/// values compare as in the database. Errors: invalid (`query.as_of`: a cursor, or an operator that
/// needs an index), exhausted (`query.as_of`: more than kMaxPastRecords). Cost: one audit row per
/// record of the entity.
[[nodiscard]] Result<Page> list_as_of(storage::Session& session, const EntityInfo& entity,
                                      const Query& query, Timestamp at);

}  // namespace tenon::data
