#include "storage/postgres/turns.h"

#include <algorithm>
#include <utility>

namespace tenon::storage::postgres {
namespace {

constexpr int kInTurn = 32;

}  // namespace

/// A place in the line that cannot be lost: when the waiting coroutine goes away, it is given up,
/// or the turn that was given to it already.
class Turns::Place {
 public:
  Place(Turns& turns, Ticket ticket) : turns_(turns), ticket_(std::move(ticket)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (taken_) return;
    if (ticket_.waiter->woken() != Woken::notified) (void)ticket_.waiter->wake(Woken::cancelled);
    if (ticket_.waiter->woken() == Woken::notified)
      turns_.leave(ticket_.company);
    else
      turns_.forget(ticket_.waiter);
  }
  void take() noexcept { taken_ = true; }

 private:
  Turns& turns_;
  Ticket ticket_;
  bool taken_ = false;
};

void Turn::end() noexcept {
  if (auto turns = std::exchange(turns_, nullptr)) turns->leave(company_);
}

bool Turns::free_for(Company company) const noexcept {
  return !alone_ && (company == Company::welcome || inside_ == 0);
}

void Turns::admit(Company company) noexcept {
  if (company == Company::alone)
    alone_ = true;
  else
    ++inside_;
}

Task<Turn> Turns::enter(Deadline deadline) {
  auto self = shared_from_this();
  Ticket ticket{.waiter = std::make_shared<Waiter>()};
  {
    const std::lock_guard lock(mutex_);
    if (line_.size() >= queue_)
      co_return fail(Error(ErrorCode::unavailable, "Too many changes wait for this tenant.")
                         .because("storage.queue"));
    if (in_turn_ > 0) {
      --in_turn_;
      ticket.company = Company::alone;
    }
    if (line_.empty() && free_for(ticket.company)) {
      admit(ticket.company);
      co_return Turn(std::move(self), ticket.company);
    }
    line_.push_back(ticket);
  }
  Place place(*this, ticket);
  const auto why = co_await Waiter::wait(ticket.waiter, deadline, Cancellation::heeded);
  if (why != Woken::notified) co_return fail(wait_error(why, "storage.deadline"));
  place.take();
  co_return Turn(std::move(self), ticket.company);
}

void Turns::race() noexcept {
  const std::lock_guard lock(mutex_);
  in_turn_ = kInTurn;
}

void Turns::leave(Company company) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (company == Company::alone)
      alone_ = false;
    else
      --inside_;
  }
  call_next();
}

void Turns::forget(const std::shared_ptr<Waiter>& waiter) noexcept {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(line_, [&](const Ticket& ticket) { return ticket.waiter == waiter; });
  }
  call_next();
}

/// Lets in as many from the front of the line as may be beside each other.
void Turns::call_next() noexcept {
  for (;;) {
    Ticket next;
    {
      const std::lock_guard lock(mutex_);
      if (line_.empty() || !free_for(line_.front().company)) return;
      next = std::move(line_.front());
      line_.pop_front();
      admit(next.company);
    }
    if (next.waiter->wake(Woken::notified)) continue;
    // It has left meanwhile.
    const std::lock_guard lock(mutex_);
    if (next.company == Company::alone)
      alone_ = false;
    else
      --inside_;
  }
}

}  // namespace tenon::storage::postgres
