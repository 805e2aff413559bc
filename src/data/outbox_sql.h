#pragma once
// The statements of the outbox, and what the two databases say differently about rows that others
// hold.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"
#include "storage/session.h"

namespace tenon::data {

/// Holds the key of an event until the transaction ends, taken before the event's number (see
/// outbox.h). Nothing to do where there is one writer.
[[nodiscard]] Result<> key_lock(storage::Session& session, std::string_view aggregate);

/// Keys with waiting events behind ?1, at most ?2 of them, each with its oldest event: aggregate,
/// sequence, 1 when it may be given out at ?3, lease_until, attempts. Walks from key to key through
/// the index, so its cost does not depend on how many events wait behind a head.
inline constexpr std::string_view kHeads =
    "WITH RECURSIVE keys(aggregate, place) AS ("
    "SELECT min(f.aggregate), CAST(1 AS BIGINT) FROM outbox f WHERE f.state = 0 AND f.aggregate > "
    "?1 UNION ALL "
    "SELECT (SELECT min(n.aggregate) FROM outbox n WHERE n.state = 0 AND n.aggregate > "
    "keys.aggregate), keys.place + 1 "
    "FROM keys WHERE keys.aggregate IS NOT NULL AND keys.place < ?2) "
    "SELECT keys.aggregate, o.sequence, "
    "CASE WHEN o.next_at <= ?3 AND o.lease_until <= ?3 THEN 1 ELSE 0 END, o.lease_until, "
    "o.attempts "
    "FROM keys CROSS JOIN outbox o WHERE o.sequence = (SELECT min(q.sequence) FROM outbox q "
    "WHERE q.state = 0 AND q.aggregate = keys.aggregate)";

/// Takes those of `count` candidates (?3 …) that are still free at ?1 for a lease until ?2.
[[nodiscard]] std::string take_sql(const storage::Session& session, std::size_t count);

/// Whether `consumer` sees `event` for the first time; then it is noted in the transaction.
[[nodiscard]] Result<bool> note_delivery(storage::Session& session, std::string_view consumer,
                                         EventId event, Timestamp now);

}  // namespace tenon::data
