#include "data/outbox.h"

#include <array>
#include <mutex>
#include <set>

#include "data/encode.h"
#include "data/tenant_state.h"

namespace tenon::data {
namespace {

constexpr std::string_view kDue =
    "SELECT o.sequence, o.id, o.type, o.aggregate, o.payload, o.correlation, o.causation, o.hop, "
    "o.attempts, "
    "o.created_at FROM outbox o WHERE o.state = 0 AND o.next_at <= ?1 AND NOT EXISTS "
    "(SELECT 1 FROM outbox p WHERE p.aggregate = o.aggregate AND p.state = 0 AND p.sequence < "
    "o.sequence) "
    "ORDER BY o.sequence LIMIT ?2";
constexpr std::chrono::microseconds kFirstDelay = std::chrono::seconds(3);
constexpr int kWaiting = 0;
constexpr int kDead = 1;

Event event_of(const storage::Row& row) {
  Event event;
  event.sequence = row.integer(0);
  event.id = EventId{to_uuid(row.blob(1))};
  event.type = row.text(2);
  event.aggregate = row.text(3);
  event.payload = row.text(4);
  event.correlation = EventId{to_uuid(row.blob(5))};
  if (!row.is_null(6)) event.causation = EventId{to_uuid(row.blob(6))};
  event.hop = static_cast<std::uint32_t>(row.integer(7));
  event.attempts = static_cast<std::uint32_t>(row.integer(8));
  event.created_at = row.integer(9);
  return event;
}

}  // namespace

struct Outbox::State {
  Tenant& tenant;
  Random& random;
  std::mutex mutex;
  std::set<std::int64_t> claimed;

  void forget(std::int64_t sequence) {
    const std::lock_guard lock(mutex);
    claimed.erase(sequence);
  }

  /// 3 s, 9 s, 27 s … 37 min, each ± 20 %: eight attempts in about an hour.
  std::int64_t delay(std::uint32_t attempts) {
    auto span = kFirstDelay;
    for (std::uint32_t i = 1; i < attempts; ++i) span *= 3;
    const auto fifth = static_cast<std::uint64_t>(span.count()) / 5;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(span.count()) - fifth +
                                     random.next() % (2 * fifth));
  }
};

Outbox::Outbox(Tenant& tenant, Random& random)
    : state_(new State{.tenant = tenant, .random = random, .mutex = {}, .claimed = {}}) {}
Outbox::~Outbox() = default;

Result<std::vector<Event>> Outbox::claim(std::size_t limit, Timestamp now) {
  TENON_ASSIGN(reader, state_->tenant.database().reader());
  const std::lock_guard lock(state_->mutex);
  std::vector<Event> events;
  const std::array<storage::Value, 2> values{
      std::int64_t{now.time_since_epoch().count()},
      static_cast<std::int64_t>(limit + state_->claimed.size())};
  TENON_TRY(reader.session().query(kDue, values, [&](const storage::Row& row) {
    if (events.size() == limit) return storage::Visit::stop;
    if (!state_->claimed.contains(row.integer(0))) events.push_back(event_of(row));
    return storage::Visit::more;
  }));
  for (const auto& event : events) state_->claimed.insert(event.sequence);
  return events;
}

Task<> Outbox::ack(std::vector<std::int64_t> sequences, Deadline deadline) {
  TENON_CO_ASSIGN(lease, co_await state_->tenant.database().lease(deadline));
  for (const auto sequence : sequences) {
    const std::array<storage::Value, 1> values{sequence};
    TENON_CO_TRY(lease.session().execute("DELETE FROM outbox WHERE sequence = ?1", values));
  }
  TENON_CO_TRY(co_await lease.commit());
  for (const auto sequence : sequences) state_->forget(sequence);
  co_return Result<>();
}

Task<> Outbox::fail(std::int64_t sequence, std::string error, Timestamp now, Deadline deadline) {
  TENON_CO_ASSIGN(lease, co_await state_->tenant.database().lease(deadline));
  std::uint32_t attempts = 1;
  const std::array<storage::Value, 1> key{sequence};
  TENON_CO_TRY(lease.session().query("SELECT attempts FROM outbox WHERE sequence = ?1", key,
                                     [&](const storage::Row& row) {
                                       attempts = static_cast<std::uint32_t>(row.integer(0)) + 1;
                                       return storage::Visit::more;
                                     }));
  const bool dead = attempts >= kMaxAttempts;
  error.resize(std::min<std::size_t>(error.size(), 2000));
  const std::array<storage::Value, 5> values{
      sequence, std::int64_t{attempts}, std::int64_t{dead ? kDead : kWaiting},
      std::int64_t{now.time_since_epoch().count() + state_->delay(attempts)},
      std::string_view(error)};
  TENON_CO_TRY(lease.session().execute(
      "UPDATE outbox SET attempts = ?2, state = ?3, next_at = ?4, error = ?5 WHERE sequence = ?1",
      values));
  TENON_CO_TRY(co_await lease.commit());
  state_->forget(sequence);
  co_return Result<>();
}

void Outbox::release(std::int64_t sequence) { state_->forget(sequence); }

Result<Outbox::Backlog> Outbox::backlog() {
  TENON_ASSIGN(reader, state_->tenant.database().reader());
  Backlog backlog;
  TENON_TRY(reader.session().query(
      "SELECT state, count(*) FROM outbox GROUP BY state", {}, [&](const storage::Row& row) {
        auto& count = row.integer(0) == kDead ? backlog.dead : backlog.waiting;
        count = static_cast<std::uint64_t>(row.integer(1));
        return storage::Visit::more;
      }));
  return backlog;
}

}  // namespace tenon::data
