#pragma once
// Events reach plugins after the commit that caused them: at least once, in order per aggregate,
// each handler in a transaction of its own in which the event is noted as handled, so that its
// effects happen once.

#include <cstdint>
#include <memory>
#include <vector>

#include "async/event.h"
#include "async/mailbox.h"
#include "async/task_group.h"
#include "plugins/host.h"

namespace tenon::plugins {

/// One deliverer per tenant. Thread: start and stop from one owner; wake from any.
/// Lifetime: host and workspace outlive it.
class Deliverer {
 public:
  Deliverer(Host& host, std::shared_ptr<Workspace> workspace);
  Deliverer(const Deliverer&) = delete;
  Deliverer& operator=(const Deliverer&) = delete;

  void start();
  /// Something was committed: look now. Without it the outbox is looked at every half second.
  void wake();
  /// Ends after the event under way. Idempotent.
  [[nodiscard]] Task<> stop(Deadline deadline);

 private:
  [[nodiscard]] asio::awaitable<void> run();
  /// Events that are delivered side by side; alive until the last of them has ended.
  struct Batch {
    std::size_t left;
    Event settled;
    std::vector<std::int64_t> delivered;
  };
  [[nodiscard]] asio::awaitable<bool> deliver_batch();
  [[nodiscard]] asio::awaitable<void> settle(std::shared_ptr<Batch> batch, data::Event event);
  [[nodiscard]] Task<> deliver(const data::Event& event);
  [[nodiscard]] Task<> deliver_to(const Installation& installation,
                                  std::shared_ptr<const Installations> all,
                                  const data::Event& event);

  Host& host_;
  std::shared_ptr<Workspace> workspace_;
  Executor executor_;
  Mailbox<char> signal_{1};  // full means: a look is due already
  TaskGroup tasks_;
};

}  // namespace tenon::plugins
