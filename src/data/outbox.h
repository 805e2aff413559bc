#pragma once
// Events are rows of the business transaction that caused them. They are delivered at least once,
// in order per aggregate key, and deleted when every consumer has taken them; a consumer that must
// act once records the id in its own transaction (UnitOfWork::first_delivery).

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/deadline.h"
#include "async/task.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"

namespace tenon::data {

class Tenant;

struct Event {
  std::int64_t sequence = 0;  // handle for ack() and fail()
  EventId id;
  std::string type;       // `crm.customer.created`
  std::string aggregate;  // ordering key: `crm.customer/<id>`
  std::string payload;    // JSON text
  EventId correlation;
  std::optional<EventId> causation;
  std::uint32_t hop = 0;
  std::uint32_t attempts = 0;
  std::int64_t created_at = 0;  // microseconds
};

inline constexpr std::uint32_t kMaxAttempts = 8;

/// For one deliverer per tenant. What is claimed is remembered in memory only: after a crash it is
/// delivered again. Thread: any.
class Outbox {
 public:
  /// Lifetime: both outlive it.
  Outbox(Tenant& tenant, Random& random);
  ~Outbox();

  /// At most `limit` events that are due at `now`: the oldest of each aggregate key, and no key of
  /// which one is out. Blocks for a short read. Every claimed event ends in ack(), fail() or
  /// release().
  [[nodiscard]] Result<std::vector<Event>> claim(std::size_t limit, Timestamp now);
  /// Deletes delivered events in one durable transaction.
  [[nodiscard]] Task<> ack(std::vector<std::int64_t> sequences, Deadline deadline);
  /// Counts the attempt and puts the event off (exponential with jitter); the last attempt makes it
  /// a dead letter, which no longer holds up its key.
  [[nodiscard]] Task<> fail(std::int64_t sequence, std::string error, Timestamp now,
                            Deadline deadline);
  /// Gives a claimed event back unchanged.
  void release(std::int64_t sequence);

  struct Backlog {
    std::uint64_t waiting = 0;
    std::uint64_t dead = 0;
  };
  [[nodiscard]] Result<Backlog> backlog();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon::data
