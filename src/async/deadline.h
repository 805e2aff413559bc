#pragma once
// Every wait is bounded. A Deadline is a point in monotonic time that travels with a request, so
// that nested waits share one budget instead of adding theirs up.

#include <chrono>

#include "base/clock.h"

namespace tenon {

class Deadline {
 public:
  [[nodiscard]] static Deadline at(Instant when) noexcept { return Deadline(when); }
  [[nodiscard]] static Deadline after(std::chrono::nanoseconds span) noexcept {
    return Deadline(std::chrono::steady_clock::now() +
                    std::chrono::duration_cast<Instant::duration>(span));
  }
  [[nodiscard]] static Deadline never() noexcept { return Deadline(Instant::max()); }

  [[nodiscard]] Instant when() const noexcept { return when_; }
  [[nodiscard]] bool passed() const noexcept { return std::chrono::steady_clock::now() >= when_; }
  /// The earlier of the two.
  [[nodiscard]] Deadline min(Deadline other) const noexcept {
    return other.when_ < when_ ? other : *this;
  }

 private:
  explicit Deadline(Instant when) noexcept : when_(when) {}
  Instant when_;
};

}  // namespace tenon
