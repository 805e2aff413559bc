#pragma once
// Refusals belong into the audit too, but nobody who is refused may keep others waiting or learn
// from the time it takes what there is to find. So they are put into a bounded line and written by
// a task of their own; when somebody floods it, what does not fit is counted and that is written.

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "async/event.h"
#include "async/mailbox.h"
#include "async/task_group.h"
#include "identity/change.h"

namespace tenon::identity {

struct Refusal {
  std::shared_ptr<Realm> realm;     // in whose audit it belongs
  std::optional<UserId> user = {};  // who was refused; empty: nobody that is known
  std::string what;                 // `sign_in_refused`, `permission_refused`
  std::string name;                 // as it was typed, or the right that was missing
  std::string address;
  std::optional<TraceId> trace = {};
};

/// Thread: any, but start and stop from one owner. Lifetime: the executor's threads outlive it.
class Trail {
 public:
  Trail(Executor executor, Tools tools) : tools_(tools), tasks_(std::move(executor)) {}

  void start();
  void push(Refusal refusal);
  /// Writes what waits, then ends. Idempotent.
  [[nodiscard]] Task<> stop(Deadline deadline);

 private:
  static constexpr std::size_t kWaiting = 1024;
  static constexpr std::size_t kTogether = 64;
  [[nodiscard]] Task<> write_all();
  [[nodiscard]] Task<> write(std::vector<Refusal> refusals, std::uint64_t dropped);

  const Tools tools_;
  Mailbox<Refusal> waiting_{kWaiting};
  Event written_;  // set when nothing is left to write
  bool started_ = false;
  std::atomic<std::uint64_t> dropped_{0};
  TaskGroup tasks_;
};

}  // namespace tenon::identity
