#pragma once
// Waiting for time itself, and giving a budget to a task that has none of its own.

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "async/deadline.h"
#include "async/waiter.h"

namespace tenon {

/// Errors: cancelled (`task.cancelled`) when the caller's task is stopped first.
[[nodiscard]] Task<> sleep_until(Deadline deadline);

namespace detail {

/// The outcome of a child task; shared between its frame, its timer and its parent.
template <class T>
struct Child {
  asio::cancellation_signal signal;
  bool deadline_passed = false;
  std::optional<Result<T>> result;
};

template <class T>
asio::awaitable<void> run_child(std::shared_ptr<Child<T>> child, Task<T> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  child->result.emplace(co_await std::move(task));
}

}  // namespace detail

/// Runs `task` on the caller's executor. When `deadline` passes first it is asked to stop (Asio
/// terminal cancellation) and waited for, so nothing of it is left behind; a task that ends well
/// all the same keeps its value. The stop of the caller's task reaches it too.
/// Errors: cancelled (`deadline`); else whatever `task` returns.
template <class T>
[[nodiscard]] Task<T> with_deadline(Task<T> task, Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  auto child = std::make_shared<detail::Child<T>>();
  asio::steady_timer timer(executor);
  if (deadline.when() != Instant::max()) {
    timer.expires_at(deadline.when());
    timer.async_wait([child](boost::system::error_code error) {
      if (error) return;
      child->deadline_passed = true;
      child->signal.emit(asio::cancellation_type::terminal);
    });
  }
  const auto before = co_await asio::this_coro::cancellation_state;
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
      [executor, child, stopped = before.cancelled()](auto handler, Task<T> work) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected())
          slot.assign([child](asio::cancellation_type type) { child->signal.emit(type); });
        asio::co_spawn(executor, detail::run_child<T>(child, std::move(work)),
                       asio::bind_cancellation_slot(child->signal.slot(), std::move(handler)));
        if (stopped != asio::cancellation_type::none) child->signal.emit(stopped);
      },
      asio::use_awaitable, std::move(task));
  timer.cancel();
  if (child->deadline_passed && !*child->result)
    co_return fail(wait_error(Woken::deadline, "deadline"));
  co_return std::move(*child->result);
}

}  // namespace tenon
