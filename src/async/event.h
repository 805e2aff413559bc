#pragma once
// Something that happens once, on any thread, and that coroutines on other executors wait for: a
// host call that has finished, a listener that is ready, a group whose last task has ended.

#include <memory>

#include "async/deadline.h"
#include "async/task.h"

namespace tenon {

/// A one-shot event. A copy names the same event. Thread: any.
class Event {
 public:
  Event();

  /// Wakes every waiter. Idempotent.
  void set();
  [[nodiscard]] bool is_set() const;

  /// Waits until set(); the caller continues on its own executor.
  /// Errors: cancelled (`event.deadline`, or `task.cancelled` when the caller's task is stopped).
  [[nodiscard]] Task<> wait(Deadline deadline) const;
  /// The same for clean-up code: the stop of the caller's task does not end this wait.
  [[nodiscard]] Task<> wait_uncancelled(Deadline deadline) const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared by the setter and the waiters
};

}  // namespace tenon
