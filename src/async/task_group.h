#pragma once
// Nothing runs detached: a coroutine is spawned into the TaskGroup of the object whose members it
// uses, and that object cannot go away before its tasks have ended. Make the group the last member.

#include <cstddef>
#include <memory>

#include "async/deadline.h"
#include "async/task.h"

namespace tenon {

/// Thread: any. Lifetime: stop() must have returned before destruction (asserted).
class TaskGroup {
 public:
  explicit TaskGroup(Executor executor);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  /// Starts `task` on the group's executor. After stop() the task is destroyed unstarted. A failure
  /// that leaves the task is handed to the error sink; an exception that leaves it is a bug and
  /// ends the process.
  void spawn(asio::awaitable<void> task);
  /// The same on another executor, when a task belongs to one strand or thread.
  void spawn_on(Executor executor, asio::awaitable<void> task);

  /// Number of tasks that have not ended.
  [[nodiscard]] std::size_t size() const noexcept;

  /// Asks every task to stop (Asio terminal cancellation) and waits until all have ended or
  /// `deadline` passed. Errors: cancelled when tasks are left. Idempotent.
  [[nodiscard]] Task<> stop(Deadline deadline);

 private:
  struct State;
  std::shared_ptr<State>
      state_;  // shared with the completion handlers, which may outlive a timed-out stop()
};

}  // namespace tenon
