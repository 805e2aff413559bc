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

Bound optional_text(std::string_view text) {
  if (text.empty()) return std::monostate{};
  return text;
}

}  // namespace

Result<> WriteLog::admit() const {
  if (hop() <= kMaxHops) return {};
  return fail(
      Error(ErrorCode::exhausted, fmt::format("A chain of events ends after {} steps.", kMaxHops))
          .because("event.hops"));
}

Result<EventId> WriteLog::event(std::string_view type, std::string_view aggregate,
                                std::string_view payload, Timestamp now) {
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
  TENON_TRY(key_lock(session_, aggregate));
  TENON_TRY(
      session_.execute("INSERT INTO outbox(id, type, aggregate, payload, correlation, causation, "
                       "hop, created_at, next_at) "
                       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
                       values));
  return id;
}

Result<> WriteLog::change(const RowChange& change, Timestamp now) {
  const auto type = fmt::format("{}.{}", change.entity.full_name(), change.action);
  const auto aggregate = fmt::format("{}/{}", change.entity.full_name(), change.id.to_string());
  auto payload = fmt::format("{{\"version\":{}", change.version);
  if (!change.changed.empty()) payload.append(",\"changed\":").append(change.changed);
  payload.append(",\"record\":")
      .append(change.after.empty() ? change.before : change.after)
      .append("}");
  TENON_TRY(event(type, aggregate, payload, now));
  const std::array<Bound, 9> values{std::int64_t{now.time_since_epoch().count()},
                                    optional_blob(viewer_.user),
                                    std::string_view(origin_.plugin),
                                    optional_blob(origin_.trace),
                                    std::string_view(change.entity.full_name()),
                                    Blob(change.id.value.bytes),
                                    change.action,
                                    optional_text(change.before),
                                    optional_text(change.after)};
  TENON_TRY(session_.execute(
      "INSERT INTO audit(at, user, plugin, trace, entity, record, action, before, after) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      values));
  return {};
}

}  // namespace tenon::data
