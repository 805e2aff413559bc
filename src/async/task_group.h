#pragma once
// Nothing runs detached: a coroutine is spawned into the TaskGroup of the object whose members it
// uses, and that object cannot go away before its tasks have ended. Make the group the last member.

#include <cstddef>
#include <functional>
#include <memory>

#include "async/deadline.h"
#include "async/task.h"

namespace tenon {

/// Thread: any. Lifetime: no task may be left at destruction (stop() has succeeded, or all ended);
/// a group that dies with tasks running ends the process.
///
/// Executors run one handler at a time (an io_context with one thread, or a strand).
/// Cancellation inside a task is a value: a wait that is interrupted returns cancelled (for Asio's
/// own operations: operation_aborted); nothing is thrown. While stop() waits it repeats the
/// request, so a wait begun after it ends at once too. Clean-up that has to succeed uses
/// BlockingPool::run or Event::wait_uncancelled, which do not listen.
class TaskGroup {
 public:
  /// Told about every task that ended with an error other than cancelled. Thread: that of the task.
  using ErrorSink = std::move_only_function<void(const Error&) const>;

  /// Without a sink, errors are written to standard error.
  explicit TaskGroup(Executor executor, ErrorSink sink = {});
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  /// Starts `task` on the group's executor. After stop() the task is destroyed unstarted. A failure
  /// that leaves the task is handed to the error sink; an exception that leaves it is a bug and
  /// ends the process.
  void spawn(asio::awaitable<void> task);
  void spawn(Task<> task);
  /// The same on another executor, when a task belongs to one strand or thread.
  void spawn_on(Executor executor, asio::awaitable<void> task);
  void spawn_on(Executor executor, Task<> task);

  /// Number of tasks that have not ended.
  [[nodiscard]] std::size_t size() const noexcept;

  /// Asks every task to stop (Asio terminal cancellation) and waits until all have ended or
  /// `deadline` passed. Errors: cancelled (`group.deadline`) when tasks are left. Idempotent; not
  /// for a task of the same group. Cancel: never, so that it can be used in clean-up.
  [[nodiscard]] Task<> stop(Deadline deadline);

 private:
  struct State;
  std::shared_ptr<State>
      state_;  // shared with the completion handlers, which may outlive a timed-out stop()
};

}  // namespace tenon
