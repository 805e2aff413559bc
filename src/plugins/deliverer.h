#pragma once
// Events reach plugins after the commit that caused them: at least once, in order per aggregate,
// each handler in a transaction of its own in which the event is noted as handled, so that its
// effects happen once.

#include <memory>

#include "data/outbox_worker.h"
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
  [[nodiscard]] Task<> deliver(data::Event event);
  [[nodiscard]] Task<> deliver_to(const Installation& installation,
                                  std::shared_ptr<const Installations> all,
                                  const data::Event& event);

  Host& host_;
  std::shared_ptr<Workspace> workspace_;
  data::OutboxWorker worker_;
};

}  // namespace tenon::plugins
