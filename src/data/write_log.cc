#include "data/write_log.h"

#include <fmt/format.h>

#include <array>

#include "data/outbox_sql.h"

namespace tenon::data {
namespace {

using storage::Blob;
using Bound = storage::Value;

template <class T>
Bound optional_blob(const std::optional<T>& id) {
  if (!id) return std::monostate{};
  return Blob(id->value.bytes);
}

}  // namespace

Result<> WriteLog::admit() const {
  if (hop() <= kMaxHops) return {};
  return fail(
      Error(ErrorCode::exhausted, fmt::format("A chain of events ends after {} steps.", kMaxHops))
          .because("event.hops"));
}

Result<EventId> WriteLog::event(std::string_view type, std::string_view aggregate,
                                std::string_view payload, Timestamp now, Key key) {
  TENON_TRY(admit());
  const EventId id{Uuid::make_v7(now, random_)};
  if (!origin_.correlation) origin_.correlation = id;
  const auto at = now.time_since_epoch().count();
  const std::array<Bound, 8> values{Blob(id.value.bytes),
                                    type,
                                    aggregate,
                                    payload,
                                    Blob(origin_.correlation->value.bytes),
                                    optional_blob(origin_.causation),
                                    std::int64_t{hop()},
                                    std::int64_t{at}};
  if (key == Key::shared) TENON_TRY(key_lock(session_, aggregate));
  TENON_TRY(
      session_.execute("INSERT INTO outbox(id, type, aggregate, payload, correlation, causation, "
                       "hop, created_at, next_at) "
                       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
                       values));
  return id;
}

Result<> WriteLog::change(const RowChange& change, Timestamp now) {
  TENON_TRY(tell(change, now));
  return audit(change, now);
}

Result<> WriteLog::tell(const RowChange& change, Timestamp now) {
  const auto& name = change.entity.full_name();
  const auto record = change.after.empty() ? change.before : change.after;
  std::string type;
  type.reserve(name.size() + 1 + change.action.size());
  type.append(name).append(1, '.').append(change.action);
  std::string aggregate;
  aggregate.reserve(name.size() + 37);
  aggregate.append(name).append(1, '/').append(change.id.to_string());
  std::string payload;
  payload.reserve(record.size() + change.changed.size() + 64);
  payload.append("{\"version\":").append(std::to_string(change.version));
  if (!change.changed.empty()) payload.append(",\"changed\":").append(change.changed);
  payload.append(",\"record\":").append(record.empty() ? "null" : record).append("}");
  // Nobody else knows a record that is not there yet.
  const auto key = change.action == "created" ? Key::fresh : Key::shared;
  TENON_TRY(event(type, aggregate, payload, now, key));
  return {};
}

Result<> WriteLog::audit(const RowChange& change, Timestamp now) {
  return append_audit(session_,
                      {.at = now.time_since_epoch().count(),
                       .user = viewer_.user,
                       .plugin = origin_.plugin,
                       .trace = origin_.trace,
                       .entity = change.entity.full_name(),
                       .record = change.id,
                       .version = static_cast<std::int64_t>(change.version),
                       .action = change.action,
                       .before = change.before,
                       .after = change.after},
                      head_);
}

}  // namespace tenon::data
