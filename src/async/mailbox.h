#pragma once
// Executors talk by messages: many producers on any thread, one consumer coroutine. A mailbox is
// bounded and says so: who pushes into a full one is told, and decides what to drop or refuse.

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "async/waiter.h"

namespace tenon {

/// Thread: push and close any; pop one coroutine at a time (asserted).
/// Lifetime: a pop() in progress must have ended before destruction.
template <class T>
class Mailbox {
 public:
  explicit Mailbox(std::size_t capacity) : capacity_(capacity) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Errors: unavailable (`mailbox.full`, `mailbox.closed`); `message` is then dropped.
  [[nodiscard]] Result<> push(T message);

  /// The oldest message; waits for one. After close() the messages that are left still come out.
  /// Errors: cancelled (`mailbox.deadline`, `task.cancelled`), unavailable (`mailbox.closed`).
  [[nodiscard]] Task<T> pop(Deadline deadline);
  [[nodiscard]] std::optional<T> try_pop();

  /// Refuses further messages and lets pop() end. Idempotent.
  void close();
  [[nodiscard]] std::size_t size() const;

 private:
  [[nodiscard]] std::optional<T> take_locked();

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<T> messages_;
  bool closed_ = false;
  std::shared_ptr<Waiter> waiter_;  // shared with the wait's timer and cancellation slot
};

template <class T>
Result<> Mailbox<T>::push(T message) {
  std::shared_ptr<Waiter> waiter;
  {
    const std::lock_guard lock(mutex_);
    if (closed_)
      return fail(
          Error(ErrorCode::unavailable, "The receiver is stopping.").because("mailbox.closed"));
    if (messages_.size() >= capacity_)
      return fail(Error(ErrorCode::unavailable, "The server is busy; try again in a moment.")
                      .because("mailbox.full"));
    messages_.push_back(std::move(message));
    waiter = std::exchange(waiter_, nullptr);
  }
  if (waiter) waiter->wake(Woken::notified);
  return {};
}

template <class T>
Task<T> Mailbox<T>::pop(Deadline deadline) {
  while (true) {
    auto waiter = std::make_shared<Waiter>();
    {
      const std::lock_guard lock(mutex_);
      if (auto message = take_locked()) co_return std::move(*message);
      if (closed_)
        co_return fail(
            Error(ErrorCode::unavailable, "The sender is gone.").because("mailbox.closed"));
      TENON_ASSERT(!waiter_);
      waiter_ = waiter;
    }
    const Woken why = co_await Waiter::wait(waiter, deadline, Cancellation::heeded);
    if (why == Woken::notified) continue;
    const std::lock_guard lock(mutex_);
    if (waiter_ == waiter) waiter_ = nullptr;
    if (auto message = take_locked()) co_return std::move(*message);
    co_return fail(wait_error(why, "mailbox.deadline"));
  }
}

template <class T>
std::optional<T> Mailbox<T>::try_pop() {
  const std::lock_guard lock(mutex_);
  return take_locked();
}

template <class T>
std::optional<T> Mailbox<T>::take_locked() {
  if (messages_.empty()) return std::nullopt;
  std::optional<T> message(std::move(messages_.front()));
  messages_.pop_front();
  return message;
}

template <class T>
void Mailbox<T>::close() {
  std::shared_ptr<Waiter> waiter;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiter = std::exchange(waiter_, nullptr);
  }
  if (waiter) waiter->wake(Woken::notified);
}

template <class T>
std::size_t Mailbox<T>::size() const {
  const std::lock_guard lock(mutex_);
  return messages_.size();
}

}  // namespace tenon
