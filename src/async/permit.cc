#include "async/permit.h"

#include <list>
#include <mutex>
#include <utility>

#include "async/waiter.h"

namespace tenon {

struct Permit::State {
  State(std::size_t running, std::size_t waiting) : free(running), room(waiting) {}

  std::mutex mutex;
  std::size_t free;
  const std::size_t room;
  std::list<std::shared_ptr<Waiter>> line;  // longest wait first

  /// Hands a permit to the first in line who is still there, or puts it back.
  void give_back() {
    while (true) {
      std::shared_ptr<Waiter> next;
      {
        const std::lock_guard lock(mutex);
        if (line.empty()) {
          ++free;
          return;
        }
        next = std::move(line.front());
        line.pop_front();
      }
      if (next->wake(Woken::notified)) return;
    }
  }

  Result<bool> take_or_stand_in_line(const std::shared_ptr<Waiter>& waiter) {
    const std::lock_guard lock(mutex);
    if (free > 0) {
      --free;
      return true;
    }
    if (line.size() >= room)
      return fail(Error(ErrorCode::unavailable, "The server is busy; try again in a moment.")
                      .because("permit.full"));
    line.push_back(waiter);
    return false;
  }

  /// A place in the line. Whatever ends the wait, destruction of the frame included, either the
  /// permit is taken, or it goes to the next one, or the place is given up.
  class Place {
   public:
    Place(State& state, std::shared_ptr<Waiter> waiter)
        : state_(state), waiter_(std::move(waiter)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (taken_) return;
      if (waiter_->woken() == Woken::notified) {
        state_.give_back();
      } else {
        const std::lock_guard lock(state_.mutex);
        state_.line.remove(waiter_);
      }
    }
    void take() noexcept { taken_ = true; }

   private:
    State& state_;
    std::shared_ptr<Waiter> waiter_;
    bool taken_ = false;
  };

  static Task<Permit> acquire(std::shared_ptr<State> state, Deadline deadline) {
    if (deadline.passed()) co_return fail(wait_error(Woken::deadline, "permit.deadline"));
    auto waiter = std::make_shared<Waiter>();
    TENON_CO_ASSIGN(taken, state->take_or_stand_in_line(waiter));
    if (taken) co_return Permit(std::move(state));
    Place place(*state, waiter);
    const Woken why = co_await Waiter::wait(waiter, deadline, Cancellation::heeded);
    if (why != Woken::notified) co_return fail(wait_error(why, "permit.deadline"));
    place.take();
    co_return Permit(state);
  }
};

Permit::Permit(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

Permit::Permit(Permit&& other) noexcept = default;

Permit& Permit::operator=(Permit&& other) noexcept {
  Permit old(std::move(*this));
  state_ = std::move(other.state_);
  return *this;
}

Permit::~Permit() {
  if (state_) state_->give_back();
}

PermitPool::PermitPool(std::size_t running, std::size_t waiting)
    : state_(std::make_shared<Permit::State>(running, waiting)) {}

Task<Permit> PermitPool::acquire(Deadline deadline) {
  return Permit::State::acquire(state_, deadline);
}

Result<Permit> PermitPool::try_acquire() {
  const std::lock_guard lock(state_->mutex);
  if (state_->free == 0)
    return fail(Error(ErrorCode::unavailable, "The server is busy; try again in a moment.")
                    .because("permit.full"));
  --state_->free;
  return Permit(state_);
}

}  // namespace tenon
