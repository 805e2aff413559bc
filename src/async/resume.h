#pragma once
// A coroutine that waits for another thread hands that thread a Resume. Everything in this room
// that suspends stands on this one file; elsewhere prefer Event, Mailbox or BlockingPool.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <utility>
#include <vector>

#include "async/task.h"

namespace tenon {

/// Continues one suspended coroutine on its own executor. Called at most once.
/// Thread: any. Lifetime: keeps the coroutine's executor running; destroying it uncalled destroys
/// the suspended coroutine.
class Resume {
 public:
  using Continue = std::move_only_function<void()>;

  Resume() = default;
  /// `go` continues the coroutine on the stack of its caller and keeps `executor` running.
  Resume(asio::any_io_executor executor, Continue go) noexcept
      : executor_(std::move(executor)), go_(std::move(go)) {}
  explicit operator bool() const noexcept { return static_cast<bool>(go_); }

  void operator()() {
    // The guard is in `go`: after the post nothing here touches the executor, whose io_context may
    // be gone as soon as the coroutine has run.
    const auto executor = std::move(executor_);
    asio::post(executor, [go = std::move(go_)]() mutable { go(); });
  }
  friend void resume_all(std::vector<Resume> all);

 private:
  asio::any_io_executor executor_;
  Continue go_;
};

/// Calls each. Those of one executor are handed over together: a thread that sleeps is woken once
/// and not for each.
void resume_all(std::vector<Resume> all);

/// Suspends the caller and gives `start` the Resume and the cancellation slot of the wait. The
/// caller's frame may already run again before `start` returns.
/// Cancel: only as far as `start` connects the slot.
template <class Start>
[[nodiscard]] asio::awaitable<void> suspend(Start start) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [](auto handler, Start&& given) {
        // Taken out at once: the frame that `given` lies in may be gone before `begin` returns.
        Start begin = std::move(given);
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto work = asio::make_work_guard(handler);
        asio::any_io_executor executor = asio::get_associated_executor(handler);
        begin(Resume(std::move(executor), [handler = std::move(handler),
                                           guard = std::move(work)]() mutable { handler(); }),
              slot);
      },
      asio::use_awaitable, std::move(start));
}

}  // namespace tenon
