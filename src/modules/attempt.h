#pragma once
// A module may hang, throw or never heed a request to stop. Whoever calls one must get an answer in
// time all the same: the call runs as a task of its own, and its caller gives up waiting.

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "async/event.h"
#include "async/task_group.h"
#include "async/timer.h"

namespace tenon::modules {

/// A call of a module's method that is under way. Thread: any.
template <class T = void>
class Attempt {
 public:
  /// After `deadline` the task is asked to stop.
  [[nodiscard]] static Attempt start(TaskGroup& group, Task<T> task, Deadline deadline) {
    Attempt attempt(deadline);
    group.spawn(run(attempt.state_, Ended{attempt.state_}, std::move(task), deadline));
    return attempt;
  }

  /// Errors: those of the task, internal (`module.exception`), unavailable (`module.hangs`: it does
  /// not even heed the request to stop; it may still run), cancelled (`deadline`). Cancel: ignored,
  /// since what was begun must be known to have ended.
  [[nodiscard]] Task<T> outcome() const {
    (void)co_await state_->done.wait_uncancelled(Deadline::at(deadline_.when() + kGrace));
    if (!state_->done.is_set() || !state_->result)
      co_return fail(
          Error(ErrorCode::unavailable, "the module does not answer").because("module.hangs"));
    co_return *state_->result;
  }
  /// Whether the task has ended.
  [[nodiscard]] bool ended() const { return state_->done.is_set(); }

 private:
  static constexpr std::chrono::milliseconds kGrace{250};

  struct State {
    Event done;
    std::optional<Result<T>> result;  // before `done` is set
  };
  /// Sets `done` also when the task is destroyed before it ran.
  struct Ended {
    explicit Ended(std::shared_ptr<State> of) : state(std::move(of)) {}
    Ended(Ended&&) noexcept = default;
    Ended& operator=(Ended&&) = delete;
    ~Ended() {
      if (state) state->done.set();
    }
    std::shared_ptr<State> state;
  };

  explicit Attempt(Deadline deadline)
      : state_(std::make_shared<State>()), deadline_(bounded(deadline)) {}

  static Deadline bounded(Deadline deadline) {
    return deadline.min(Deadline::after(std::chrono::hours(1)));
  }

  static asio::awaitable<void> run(std::shared_ptr<State> state, Ended ended, Task<T> task,
                                   Deadline deadline) {
    std::optional<Result<T>> result;
    try {
      result.emplace(co_await with_deadline(std::move(task), deadline));
    } catch (const std::exception& exception) {
      result.emplace(
          std::unexpected(Error(ErrorCode::internal, "the module failed in an unexpected way")
                              .because("module.exception")
                              .in_context(exception.what())));
    }
    state->result = std::move(result);
    (void)ended;
  }

  std::shared_ptr<State> state_;  // shared with the task, which may outlive the caller
  Deadline deadline_;
};

/// Starts it and waits for it.
template <class T>
[[nodiscard]] Task<T> attempt(TaskGroup& group, Task<T> task, Deadline deadline) {
  const auto started = Attempt<T>::start(group, std::move(task), deadline);
  co_return co_await started.outcome();
}

}  // namespace tenon::modules
