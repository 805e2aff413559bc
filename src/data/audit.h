#pragma once
// Who changed what, when, through which plugin and on which request; and the means to see that
// nobody has changed the answer since. Rows are only ever added. Each sealed row has a position and
// the SHA-256 of its contents and of the hash before it, so that a changed, removed, added or moved
// row breaks the chain there. Rows cut off the end show only against a head that was kept
// elsewhere.
//
// SQLite has one writer, so a row is sealed by the statement that writes it. On PostgreSQL that
// would make every writer wait for the one before it: there rows are written unsealed and
// seal_audit() puts those that are committed behind the chain, in short steps of its own.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/id.h"
#include "storage/session.h"

namespace tenon::data {

/// One row, before it has a position. Lifetime: borrows its texts.
struct AuditEntry {
  std::int64_t at = 0;  // microseconds
  std::optional<UserId> user;
  std::string_view plugin;
  std::optional<TraceId> trace;
  std::string_view entity;  // `crm.customer`
  RecordId record;
  std::int64_t version = 0;
  std::string_view action;         // created, updated, deleted, restored, purged, derived, a step
  std::string_view before, after;  // JSON, or empty
};

struct ChainHead {
  std::int64_t position = 0;  // 0: nothing is sealed yet
  Digest hash{};
  friend bool operator==(const ChainHead&, const ChainHead&) = default;
};

/// The hash of `entry` as the row behind `head`.
[[nodiscard]] Digest seal_of(const AuditEntry& entry, const ChainHead& head);

/// Writes one row, sealed where the database has one writer. `head` is what the transaction knows
/// of the chain; empty reads it. Roll `head` back with the transaction.
[[nodiscard]] Result<> append_audit(storage::Session& session, const AuditEntry& entry,
                                    std::optional<ChainHead>& head);

/// Seals at most `bound` rows that are committed and unsealed; gives their number. Two that run at
/// once cannot fork the chain: positions are unique, and the second is told `storage.rerun` or
/// `storage.unique`. Thread: the session's.
[[nodiscard]] Result<std::size_t> seal_audit(storage::Session& session, std::size_t bound);

struct AuditReport {
  std::uint64_t sealed = 0;    // rows whose seal was checked and holds
  std::uint64_t unsealed = 0;  // rows that wait for their seal
  ChainHead head;              // of what holds
  std::string fault;           // what breaks the chain and where; empty: nothing
};

/// Walks the whole chain. `kept` is a head that was noted earlier: it must lie on the chain.
/// Cost: reads every row once.
[[nodiscard]] Result<AuditReport> verify_audit(storage::Session& session,
                                               const std::optional<ChainHead>& kept = {});

}  // namespace tenon::data
