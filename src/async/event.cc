#include "async/event.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "async/waiter.h"

namespace tenon {

struct Event::State {
  std::mutex mutex;
  bool set = false;
  std::vector<std::shared_ptr<Waiter>> waiters;

  static Task<> wait(std::shared_ptr<State> state, Deadline deadline, Cancellation cancellation) {
    auto waiter = std::make_shared<Waiter>();
    {
      const std::lock_guard lock(state->mutex);
      if (state->set) co_return Result<>();
      state->waiters.push_back(waiter);
    }
    const Woken why = co_await Waiter::wait(waiter, deadline, cancellation);
    if (why == Woken::notified) co_return Result<>();
    {
      const std::lock_guard lock(state->mutex);
      std::erase(state->waiters, waiter);
    }
    co_return fail(wait_error(why, "event.deadline"));
  }
};

Event::Event() : state_(std::make_shared<State>()) {}

void Event::set() {
  std::vector<std::shared_ptr<Waiter>> waiters;
  {
    const std::lock_guard lock(state_->mutex);
    state_->set = true;
    waiters.swap(state_->waiters);
  }
  Waiter::wake_all(waiters, Woken::notified);
}

bool Event::is_set() const {
  const std::lock_guard lock(state_->mutex);
  return state_->set;
}

Task<> Event::wait(Deadline deadline) const {
  return State::wait(state_, deadline, Cancellation::heeded);
}

Task<> Event::wait_uncancelled(Deadline deadline) const {
  return State::wait(state_, deadline, Cancellation::ignored);
}

}  // namespace tenon
