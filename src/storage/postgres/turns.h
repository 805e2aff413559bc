#pragma once
// The writers of one tenant in this process. They run beside each other until one of them loses a
// race; then as many as kInTurn go one after another, so that the repetition of the loser is among
// them and cannot lose again, however hot the row is that all of them write. They wait for their
// turn here, where a wait costs neither a connection nor a thread; writers of other processes are
// kept out by a lock of the server (session.cc).

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "async/deadline.h"
#include "async/task.h"
#include "async/waiter.h"

namespace tenon::storage::postgres {

/// Whether a writer runs beside others, or waits until none of the tenant's runs and lets none
/// begin.
enum class Company : std::uint8_t { welcome, alone };

class Turns;

/// The right to be inside; given back on destruction. Movable.
class Turn {
 public:
  Turn() = default;
  Turn(std::shared_ptr<Turns> turns, Company company) noexcept
      : turns_(std::move(turns)), company_(company) {}
  Turn(Turn&&) noexcept = default;
  Turn& operator=(Turn&&) = delete;
  ~Turn() { end(); }

  [[nodiscard]] Company company() const noexcept { return company_; }
  void end() noexcept;

 private:
  std::shared_ptr<Turns> turns_;  // shared with the database and every turn that is out
  Company company_ = Company::welcome;
};

/// Thread: any.
class Turns : public std::enable_shared_from_this<Turns> {
 public:
  explicit Turns(std::size_t queue) noexcept : queue_(queue) {}

  /// Errors: unavailable (`storage.queue`), cancelled (`storage.deadline`). Cancel: leaves the
  /// line.
  [[nodiscard]] Task<Turn> enter(Deadline deadline);
  /// A writer has lost a race.
  void race() noexcept;

 private:
  friend class Turn;
  class Place;
  struct Ticket {
    std::shared_ptr<Waiter> waiter;  // shared with the coroutine that waits
    Company company = Company::welcome;
  };
  [[nodiscard]] bool free_for(Company company) const noexcept;
  void admit(Company company) noexcept;
  void leave(Company company) noexcept;
  void forget(const std::shared_ptr<Waiter>& waiter) noexcept;
  void call_next() noexcept;

  const std::size_t queue_;
  std::mutex mutex_;
  int in_turn_ = 0;         // leases from now on that go one after another
  std::size_t inside_ = 0;  // that are welcome to others
  bool alone_ = false;      // one that is not
  std::deque<Ticket> line_;
};

}  // namespace tenon::storage::postgres
