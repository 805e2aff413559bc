#pragma once
// Turns the outbox into calls of a handler: claims what is due, runs handlers side by side, settles
// what has ended together with the next claim, so that under load one durable transaction serves
// many events, and renews the lease of what takes long.

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>

#include "async/mailbox.h"
#include "async/task_group.h"
#include "data/outbox.h"

namespace tenon::data {

/// Any number of workers may share an outbox. Thread: start and stop from one owner, wake from any;
/// the rest happens on the executor, which runs one thing at a time. Lifetime: outbox and clock
/// outlive it.
class OutboxWorker {
 public:
  /// Handles one event; a failure is tried again later, until it is dead. May be called again for
  /// an event that was handled: note it in the transaction of the effect.
  using Handler = std::function<Task<>(Event)>;
  struct Options {
    std::size_t batch = 8;                // events that are out at once
    std::chrono::milliseconds look{500};  // how often the outbox is looked at without a hint
  };

  OutboxWorker(Executor executor, Outbox& outbox, const Clock& clock, Handler handler,
               Options options);
  OutboxWorker(const OutboxWorker&) = delete;
  OutboxWorker& operator=(const OutboxWorker&) = delete;

  void start();
  /// Something was committed: look now. A hint only; a lost one costs `look`.
  void wake();
  /// Takes no more events, asks handlers to stop, gives back what was not handled. Idempotent.
  [[nodiscard]] Task<> stop(Deadline deadline);

 private:
  struct Out {
    Claim claim;
    Instant renewed;
  };
  [[nodiscard]] asio::awaitable<void> run();
  /// Whether there may be more to do at once.
  [[nodiscard]] asio::awaitable<bool> turn();
  [[nodiscard]] asio::awaitable<void> handle(Event event);
  [[nodiscard]] asio::awaitable<void> keep_leases();
  void put_back(Settlement done);

  Executor executor_;
  Outbox& outbox_;
  const Clock& clock_;
  const Handler handler_;
  const Options options_;
  std::map<std::int64_t, Out> out_;  // by sequence
  Settlement ended_;                 // to be settled with the next claim
  Mailbox<char> signal_{1};          // full means: a look is due already
  TaskGroup tasks_;
};

}  // namespace tenon::data
