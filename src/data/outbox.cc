#include "data/outbox.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "base/utf8.h"
#include "data/act.h"
#include "data/durably.h"
#include "data/encode.h"
#include "data/outbox_sql.h"
#include "data/tenant_state.h"

namespace tenon::data {
namespace {

using storage::Row;
using storage::Session;
using storage::Visit;

constexpr std::int64_t kExamined = 1000;   // keys that one claim looks at
constexpr std::size_t kMaxClaim = 64;      // events of one claim
constexpr std::size_t kErrorBytes = 2000;  // kept of an error
constexpr std::int64_t kCleaned = 1000;    // rows deleted in one transaction

std::int64_t count_of(Timestamp time) { return time.time_since_epoch().count(); }
std::int64_t micros(std::chrono::microseconds span) { return span.count(); }

Event event_of(const Row& row) {
  Event event;
  event.claim = {.sequence = row.integer(0),
                 .fence = row.integer(10),
                 .attempts = static_cast<std::uint32_t>(row.integer(8))};
  event.id = EventId{to_uuid(row.blob(1))};
  event.type = row.text(2);
  event.aggregate = row.text(3);
  event.payload = row.text(4);
  event.correlation = EventId{to_uuid(row.blob(5))};
  if (!row.is_null(6)) event.causation = EventId{to_uuid(row.blob(6))};
  event.hop = static_cast<std::uint32_t>(row.integer(7));
  event.created_at = row.integer(9);
  return event;
}

/// What both databases keep as text.
std::string storable(std::string error) {
  if (!utf8::is_valid(error)) error = "(an error that is no text)";
  std::ranges::replace(error, '\0', ' ');
  return std::string(utf8::truncated(error, kErrorBytes));
}

/// Heads that may be given out, and where the next claim goes on.
struct Candidates {
  std::vector<std::int64_t> sequences;
  std::string cursor;
};

/// Adds heads of the keys behind `from` and up to `to` (empty: the last). Whether the end was
/// reached.
Result<bool> walk(Session& session, std::string_view from, std::string_view to, std::size_t limit,
                  Timestamp now, Candidates& found) {
  const std::array<storage::Value, 3> values{from, kExamined, count_of(now)};
  std::int64_t seen = 0;
  bool stopped = false;
  TENON_TRY(session.query(kHeads, values, [&](const Row& row) {
    if (!to.empty() && row.text(0) > to) return Visit::stop;
    if (row.integer(2) != 0) {
      const bool suspect = row.integer(3) > 0 && row.integer(4) + 1 >= kSuspectAttempts;
      stopped = suspect && !found.sequences.empty();
      if (stopped) return Visit::stop;
      found.sequences.push_back(row.integer(1));
      stopped = suspect || found.sequences.size() == limit;
    }
    found.cursor = row.text(0);
    ++seen;
    return stopped ? Visit::stop : Visit::more;
  }));
  return !stopped && seen < kExamined;
}

Result<Candidates> candidates(Session& session, const std::string& cursor, std::size_t limit,
                              Timestamp now) {
  Candidates found{.sequences = {}, .cursor = cursor};
  TENON_ASSIGN(ended, walk(session, cursor, {}, limit, now, found));
  if (ended) {
    found.cursor.clear();
    if (!cursor.empty()) TENON_TRY(walk(session, {}, cursor, limit, now, found));
  }
  return found;
}

Result<> answer(Session& session, std::string_view sql, std::vector<storage::Value> values) {
  TENON_TRY(session.execute(sql, values));
  return {};
}

}  // namespace

struct Outbox::State {
  Tenant& tenant;
  Random& random;
  const Options options;
  std::mutex mutex;
  std::string cursor;  // the last key that a claim looked at

  std::string place() {
    const std::lock_guard lock(mutex);
    return cursor;
  }
  void go_on_from(std::string key) {
    const std::lock_guard lock(mutex);
    cursor = std::move(key);
  }

  /// 3 s, 9 s, 27 s … 37 min, each ± 20 %: eight attempts in about an hour.
  std::int64_t delay(std::uint32_t attempts) {
    auto span = micros(options.first_delay);
    for (std::uint32_t i = 1; i < attempts; ++i) span *= 3;
    const auto fifth = std::max<std::int64_t>(span / 5, 1);
    const auto jitter = random.next() % (2 * static_cast<std::uint64_t>(fifth));
    return span - fifth + static_cast<std::int64_t>(jitter);
  }

  Result<> settle(Session& session, const Settlement& done, Timestamp now) {
    for (const auto& claim : done.delivered)
      TENON_TRY(answer(session, "DELETE FROM outbox WHERE sequence = ?1 AND fence = ?2",
                       {claim.sequence, claim.fence}));
    for (const auto& claim : done.released)
      TENON_TRY(answer(session,
                       "UPDATE outbox SET lease_until = 0 WHERE sequence = ?1 AND fence = ?2",
                       {claim.sequence, claim.fence}));
    for (const auto& [claim, error] : done.failed) {
      const auto text = storable(error);
      const bool dead = claim.attempts + 1 >= kMaxAttempts;
      TENON_TRY(
          answer(session,
                 "UPDATE outbox SET attempts = ?3, state = ?4, next_at = ?5, error = ?6, "
                 "lease_until = 0 WHERE sequence = ?1 AND fence = ?2",
                 {claim.sequence, claim.fence, std::int64_t{claim.attempts} + 1,
                  std::int64_t{dead ? 1 : 0},
                  count_of(now) + (dead ? 0 : delay(claim.attempts + 1)), std::string_view(text)}));
    }
    return {};
  }

  Result<std::vector<Event>> take(Session& session, std::size_t limit, Timestamp now) {
    TENON_ASSIGN(found, candidates(session, place(), limit, now));
    go_on_from(std::move(found.cursor));
    std::vector<Event> events;
    if (found.sequences.empty()) return events;
    std::vector<storage::Value> values{count_of(now), count_of(now) + micros(options.lease)};
    values.insert(values.end(), found.sequences.begin(), found.sequences.end());
    const auto sql = take_sql(session, found.sequences.size());
    TENON_TRY(session.query(sql, values, [&](const Row& row) {
      events.push_back(event_of(row));
      return Visit::more;
    }));
    std::ranges::sort(events, {}, [](const Event& event) { return event.claim.sequence; });
    // Whoever had one of these last did not live to answer; the eighth time was the last.
    Settlement lost;
    for (auto& event : events)
      if (event.claim.attempts >= kMaxAttempts)
        lost.failed.push_back({event.claim, "Every worker that had this event died."});
    TENON_TRY(settle(session, lost, now));
    std::erase_if(events, [](const auto& event) { return event.claim.attempts >= kMaxAttempts; });
    return events;
  }

  /// Whether a claim would find anything: a look that takes no lease.
  Result<bool> idle(Timestamp now) {
    TENON_ASSIGN(reader, tenant.database().reader());
    TENON_ASSIGN(found, candidates(reader.session(), place(), 1, now));
    if (found.sequences.empty()) go_on_from(std::move(found.cursor));
    return found.sequences.empty();
  }
};

Outbox::Outbox(Tenant& tenant, Random& random, Options options)
    : state_(new State{
          .tenant = tenant, .random = random, .options = options, .mutex = {}, .cursor = {}}) {}
Outbox::~Outbox() = default;

const Outbox::Options& Outbox::options() const noexcept { return state_->options; }

Task<std::vector<Event>> Outbox::exchange(Settlement done, std::size_t limit, Timestamp now,
                                          Deadline deadline) {
  if (done.empty()) {
    if (limit == 0) co_return std::vector<Event>();
    TENON_CO_ASSIGN(idle, TENON_CO_ACT(state_->tenant, state_->idle(now)));
    if (idle) co_return std::vector<Event>();
  }
  auto work = [this, &done, limit, now](Session& session) -> Result<std::vector<Event>> {
    TENON_TRY(state_->settle(session, done, now));
    if (limit == 0) return std::vector<Event>();
    return state_->take(session, std::min(limit, kMaxClaim), now);
  };
  co_return co_await run_durably(state_->tenant.database(), deadline, std::move(work));
}

Task<std::vector<Claim>> Outbox::renew(std::vector<Claim> claims, Timestamp now,
                                       Deadline deadline) {
  auto work = [this, &claims, now](Session& session) -> Result<std::vector<Claim>> {
    std::vector<Claim> held;
    for (const auto& claim : claims) {
      const std::array<storage::Value, 3> values{claim.sequence, claim.fence,
                                                 count_of(now) + micros(state_->options.lease)};
      TENON_ASSIGN(changed, session.execute("UPDATE outbox SET lease_until = ?3 "
                                            "WHERE sequence = ?1 AND fence = ?2 AND state = 0",
                                            values));
      if (changed == 1) held.push_back(claim);
    }
    return held;
  };
  co_return co_await run_durably(state_->tenant.database(), deadline, std::move(work));
}

Result<Outbox::Backlog> Outbox::backlog() {
  TENON_ASSIGN(reader, state_->tenant.database().reader());
  Backlog backlog;
  TENON_TRY(reader.session().query(
      "SELECT state, count(*), min(created_at) FROM outbox "
      "GROUP BY state",
      {}, [&](const Row& row) {
        const bool dead = row.integer(0) != 0;
        (dead ? backlog.dead : backlog.waiting) = static_cast<std::uint64_t>(row.integer(1));
        if (!dead) backlog.oldest = row.integer(2);
        return Visit::more;
      }));
  return backlog;
}

namespace {

/// Gives each dead letter a new number: it has lost its place in the order of its key, and an old
/// number would come out beside one that is out already.
Result<> bring_back(Session& session, std::int64_t sequence, std::string_view aggregate,
                    Timestamp now) {
  TENON_TRY(key_lock(session, aggregate));
  TENON_TRY(answer(session,
                   "INSERT INTO outbox(id, type, aggregate, payload, correlation, causation, hop, "
                   "created_at, next_at) SELECT id, type, aggregate, payload, correlation, "
                   "causation, hop, created_at, CAST(?2 AS BIGINT) FROM outbox WHERE sequence = ?1 "
                   "AND state = 1",
                   {sequence, count_of(now)}));
  return answer(session, "DELETE FROM outbox WHERE sequence = ?1 AND state = 1", {sequence});
}

Result<std::uint64_t> bring_back_all(Session& session, std::string_view sql,
                                     std::vector<storage::Value> values, Timestamp now) {
  std::vector<std::pair<std::int64_t, std::string>> dead;
  TENON_TRY(session.query(sql, values, [&](const Row& row) {
    dead.emplace_back(row.integer(0), row.text(1));
    return Visit::more;
  }));
  for (const auto& [sequence, aggregate] : dead)
    TENON_TRY(bring_back(session, sequence, aggregate, now));
  return dead.size();
}

}  // namespace

Task<> Outbox::replay(EventId event, Timestamp now, Deadline deadline,
                      std::optional<PlatformAct> act) {
  auto work = [&event, now, &act](Session& session) -> Result<> {
    TENON_ASSIGN(count, bring_back_all(session,
                                       "SELECT sequence, aggregate FROM outbox "
                                       "WHERE state = 1 AND id = ?1",
                                       {storage::Blob(event.value.bytes)}, now));
    if (count == 1) return act ? note_act(session, *act, now) : Result<>();
    return tenon::fail(
        Error(ErrorCode::not_found, "There is no such dead letter.").because("event.not_dead"));
  };
  co_return co_await run_durably(state_->tenant.database(), deadline, std::move(work));
}

Task<std::uint64_t> Outbox::replay_all(std::string type, Timestamp now, Deadline deadline) {
  auto work = [&type, now](Session& session) {
    return bring_back_all(session,
                          "SELECT sequence, aggregate FROM outbox WHERE state = 1 AND type = ?1 "
                          "ORDER BY sequence LIMIT ?2",
                          {std::string_view(type), kCleaned}, now);
  };
  std::uint64_t total = 0;
  for (;;) {
    TENON_CO_ASSIGN(count, co_await run_durably(state_->tenant.database(), deadline, work));
    total += count;
    if (count < static_cast<std::uint64_t>(kCleaned)) co_return total;
  }
}

Task<Outbox::Cleaned> Outbox::clean(Timestamp now, Deadline deadline) {
  struct Rule {
    std::string_view sql;  // ?1: older than; ?2: at most
    std::int64_t before;
    std::uint64_t Cleaned::* count;
  };
  const auto dead = count_of(now) - micros(state_->options.keep_dead);
  // A note is never older than its event: what is older than every event that is left can be needed
  // by no delivery.
  const std::array<Rule, 2> rules{
      Rule{"DELETE FROM outbox WHERE sequence IN (SELECT sequence FROM outbox WHERE state = 1 AND "
           "created_at < ?1 LIMIT ?2)",
           dead, &Cleaned::dead},
      Rule{"DELETE FROM inbox WHERE (consumer, event) IN (SELECT consumer, event FROM inbox "
           "WHERE at < ?1 AND at < coalesce((SELECT min(created_at) FROM outbox), ?1) LIMIT ?2)",
           dead - micros(std::chrono::hours(24)), &Cleaned::inbox}};
  Cleaned cleaned;
  for (const auto& rule : rules)
    for (;;) {
      auto work = [&rule](Session& session) {
        const std::array<storage::Value, 2> values{rule.before, kCleaned};
        return session.execute(rule.sql, values);
      };
      TENON_CO_ASSIGN(count, co_await run_durably(state_->tenant.database(), deadline, work));
      cleaned.*rule.count += static_cast<std::uint64_t>(count);
      if (count < kCleaned) break;
    }
  co_return cleaned;
}

}  // namespace tenon::data
