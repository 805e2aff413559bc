#pragma once
// Events are rows of the business transaction that caused them. They are delivered at least once,
// in order per aggregate key, and deleted when every consumer has taken them; a consumer that must
// act once records the id in its own transaction (UnitOfWork::first_delivery).
//
// Several workers, in several processes, share one outbox: what is out is written in the row (who
// has it, until when), so a worker that dies loses nothing and holds nothing up for longer than its
// lease. Each claim raises the row's fence; an answer that carries an older fence comes from a
// worker whose lease ran out, and changes nothing.
//
// Order. Only the oldest waiting event of a key is ever given out, and none while it is out. That
// is right only if no older event of the key can appear later. SQLite has one writer, so numbers
// are taken in the order of commits. PostgreSQL takes a number before it commits: a transaction
// could take 5, another take 6 and commit first. Reading "all above the last seen" would then lose
// 5 for ever, which claiming by state cannot; and 6 would go before 5, which key_lock() prevents:
// who writes an event holds its key from before the number is taken until its commit.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadline.h"
#include "async/task.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"
#include "data/platform_act.h"

namespace tenon::data {

class Tenant;

/// One handing out of one event: what an answer names.
struct Claim {
  std::int64_t sequence = 0;
  std::int64_t fence = 0;
  std::uint32_t attempts = 0;  // failed before this one
};

struct Event {
  Claim claim;
  EventId id;
  std::string type;       // `crm.customer.created`
  std::string aggregate;  // ordering key: `crm.customer/<id>`
  std::string payload;    // JSON text
  EventId correlation;
  std::optional<EventId> causation;
  std::uint32_t hop = 0;
  std::int64_t created_at = 0;  // microseconds
};

/// Attempts until an event is dead; with the delays between them about an hour.
inline constexpr std::uint32_t kMaxAttempts = 8;
/// An event whose workers died this often is handed out alone, so that one that kills its process
/// takes no others with it.
inline constexpr std::uint32_t kSuspectAttempts = 4;

/// What became of events that were out.
struct Settlement {
  struct Failure {
    Claim claim;
    std::string error;
  };
  std::vector<Claim> delivered;
  std::vector<Failure> failed;
  std::vector<Claim> released;  // not tried

  [[nodiscard]] bool empty() const noexcept {
    return delivered.empty() && failed.empty() && released.empty();
  }
};

/// Thread: any. Holds no truth: any number of them, anywhere, work on one tenant.
class Outbox {
 public:
  struct Options {
    std::chrono::milliseconds lease{5000};        // renewed by a worker that is alive
    std::chrono::milliseconds first_delay{3000};  // three times as long each time, ± 20 %
    std::chrono::hours keep_dead{30 * 24};        // since the event was made
  };
  /// Lifetime: both outlive it.
  Outbox(Tenant& tenant, Random& random, Options options);
  Outbox(Tenant& tenant, Random& random) : Outbox(tenant, random, Options{}) {}
  ~Outbox();

  /// Settles `done` and claims at most `limit` events that are due at `now`, in one durable
  /// transaction; in none when there is nothing to do. Keys take turns. An answer whose lease was
  /// lost is passed over: whoever has the event now answers for it. Errors: those of
  /// Database::lease() and of a commit; then nothing was settled or claimed.
  [[nodiscard]] Task<std::vector<Event>> exchange(Settlement done, std::size_t limit, Timestamp now,
                                                  Deadline deadline);
  /// Puts the end of leases off. Gives those that are still held.
  [[nodiscard]] Task<std::vector<Claim>> renew(std::vector<Claim> claims, Timestamp now,
                                               Deadline deadline);

  /// A dead letter becomes the newest event of its key, with its attempts forgotten. `act` goes
  /// into the audit with it. Errors: not_found (`event.not_dead`).
  [[nodiscard]] Task<> replay(EventId event, Timestamp now, Deadline deadline,
                              std::optional<PlatformAct> act = {});
  /// All dead letters of `type`. Gives their number.
  [[nodiscard]] Task<std::uint64_t> replay_all(std::string type, Timestamp now, Deadline deadline);

  struct Cleaned {
    std::uint64_t dead = 0;   // dead letters
    std::uint64_t inbox = 0;  // notes of handled events
  };
  /// Deletes dead letters older than `keep_dead`, and notes of handled events that are a day older
  /// than that and older than every event that is left; in short transactions.
  [[nodiscard]] Task<Cleaned> clean(Timestamp now, Deadline deadline);

  struct Backlog {
    std::uint64_t waiting = 0;  // those that are out among them
    std::uint64_t dead = 0;
    std::optional<std::int64_t> oldest;  // created_at of the first that waits
  };
  /// Cost: counts all rows of the outbox.
  [[nodiscard]] Result<Backlog> backlog();

  [[nodiscard]] const Options& options() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon::data
