#pragma once
// Admission. Work that is costly or comes from outside asks for a Permit; a bounded number runs, a
// bounded number waits, one more is told to come back later.

#include <cstddef>
#include <memory>

#include "async/deadline.h"
#include "async/task.h"

namespace tenon {

class PermitPool;

/// The right to run one unit of work; given back on destruction. Movable.
class Permit {
 public:
  Permit() = default;
  Permit(Permit&& other) noexcept;
  Permit& operator=(Permit&& other) noexcept;
  ~Permit();

 private:
  friend class PermitPool;
  struct State;
  explicit Permit(std::shared_ptr<State> state) noexcept;
  std::shared_ptr<State> state_;  // shared so that a permit may outlive its pool during shutdown
};

/// Thread: any.
class PermitPool {
 public:
  PermitPool(std::size_t running, std::size_t waiting);

  /// Waits in line. Errors: unavailable (`permit.full`) when `waiting` others already wait,
  /// cancelled
  /// (`permit.deadline`) when `deadline` passes first.
  [[nodiscard]] Task<Permit> acquire(Deadline deadline);
  /// Takes a permit if one is free now; never waits.
  [[nodiscard]] Result<Permit> try_acquire();

 private:
  std::shared_ptr<Permit::State> state_;  // shared with the permits that are out
};

}  // namespace tenon
