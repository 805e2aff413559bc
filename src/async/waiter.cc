#include "async/waiter.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace tenon {

/// Whether this call is the one that wakes; `resume` is empty if the coroutine was not suspended
/// yet.
bool Waiter::claim(Woken why, Resume& resume) {
  const std::lock_guard lock(mutex_);
  if (woken_) return false;
  woken_ = why;
  resume = std::exchange(resume_, {});
  return true;
}

bool Waiter::wake(Woken why) {
  Resume resume;
  if (!claim(why, resume)) return false;
  if (resume) resume();
  return true;
}

void Waiter::wake_all(std::span<const std::shared_ptr<Waiter>> waiters, Woken why) {
  std::vector<Resume> all;
  all.reserve(waiters.size());
  for (const auto& waiter : waiters)
    if (Resume resume; waiter->claim(why, resume) && resume) all.push_back(std::move(resume));
  resume_all(std::move(all));
}

std::optional<Woken> Waiter::woken() const {
  const std::lock_guard lock(mutex_);
  return woken_;
}

void Waiter::suspended(Resume resume) {
  {
    const std::lock_guard lock(mutex_);
    if (!woken_) {
      resume_ = std::move(resume);
      return;
    }
  }
  resume();
}

asio::awaitable<Woken> Waiter::wait(std::shared_ptr<Waiter> waiter, Deadline deadline,
                                    Cancellation cancellation) {
  if (auto why = waiter->woken()) co_return *why;
  if (cancellation == Cancellation::heeded) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) waiter->wake(Woken::cancelled);
  }

  std::optional<asio::steady_timer> timer;
  if (deadline.when() != Instant::max()) {
    timer.emplace(co_await asio::this_coro::executor, deadline.when());
    timer->async_wait([weak = std::weak_ptr(waiter)](boost::system::error_code error) {
      if (error) return;
      if (auto alive = weak.lock()) alive->wake(Woken::deadline);
    });
  }

  co_await suspend([waiter, cancellation](Resume resume, auto slot) {
    if (cancellation == Cancellation::heeded && slot.is_connected())
      slot.assign([weak = std::weak_ptr(waiter)](asio::cancellation_type) {
        if (auto alive = weak.lock()) alive->wake(Woken::cancelled);
      });
    waiter->suspended(std::move(resume));
  });
  co_return waiter->woken().value_or(Woken::cancelled);
}

Error wait_error(Woken why, std::string_view reason, std::source_location where) {
  if (why == Woken::deadline)
    return Error(ErrorCode::cancelled, "The time for this request ran out.", where)
        .because(std::string(reason));
  return Error(ErrorCode::cancelled, "The request was cancelled.", where).because("task.cancelled");
}

}  // namespace tenon
