#include "data/outbox_sql.h"

#include <fmt/format.h>

#include <array>

namespace tenon::data {

Result<> key_lock(storage::Session& session, std::string_view aggregate) {
  if (session.dialect() == storage::Dialect::sqlite) return {};
  const std::array<storage::Value, 1> values{aggregate};
  return session.query("SELECT pg_advisory_xact_lock(hashtextextended(?1, 0))", values,
                       [](const storage::Row&) { return storage::Visit::more; });
}

namespace {

/// How a claim passes over rows that another holds at this moment.
std::string_view skip_held(storage::Dialect dialect) noexcept {
  return dialect == storage::Dialect::sqlite ? "" : " FOR UPDATE SKIP LOCKED";
}

}  // namespace

std::string take_sql(const storage::Session& session, std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) list += fmt::format("{}?{}", i == 0 ? "" : ", ", i + 3);
  return fmt::format(
      "WITH free AS MATERIALIZED (SELECT f.sequence FROM outbox f WHERE f.sequence IN ({}) AND "
      "f.state = 0 AND f.lease_until <= ?1{}) "
      "UPDATE outbox SET attempts = attempts + CASE WHEN lease_until > 0 THEN 1 ELSE 0 END, "
      "lease_until = ?2, fence = fence + 1 FROM free WHERE outbox.sequence = free.sequence "
      "RETURNING outbox.sequence, id, type, aggregate, payload, correlation, causation, hop, "
      "attempts, created_at, fence",
      list, skip_held(session.dialect()));
}

Result<bool> note_delivery(storage::Session& session, std::string_view consumer, EventId event,
                           Timestamp now) {
  const std::array<storage::Value, 3> values{consumer, storage::Blob(event.value.bytes),
                                             std::int64_t{now.time_since_epoch().count()}};
  TENON_ASSIGN(
      changed,
      session.execute(
          "INSERT INTO inbox(consumer, event, at) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
          values));
  return changed == 1;
}

}  // namespace tenon::data
