#pragma once
// Time is an interface, so that a whole server can run on virtual time in a test.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tenon {

/// Wall time: microseconds since 1970-01-01T00:00:00Z. For display and for rows, never for
/// time-outs.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
/// Monotonic time, for every deadline and measurement.
using Instant = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() const noexcept = 0;
  [[nodiscard]] virtual Instant instant() const noexcept = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const noexcept override;
  [[nodiscard]] Instant instant() const noexcept override;
};

/// A clock that moves only when told. Thread: one.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start) : now_(start) {}
  [[nodiscard]] Timestamp now() const noexcept override { return now_; }
  [[nodiscard]] Instant instant() const noexcept override {
    return Instant(now_.time_since_epoch());
  }
  void advance(std::chrono::microseconds by) noexcept { now_ += by; }

 private:
  Timestamp now_;
};

/// RFC 3339 in UTC with six decimals: `2026-11-23T04:05:06.000000Z`.
[[nodiscard]] std::string to_rfc3339(Timestamp time);
/// RFC 3339 with any offset and 0 … 9 decimals (those beyond microseconds are cut off): upper-case
/// `T` and `Z`, a real day, no second 60. Empty for anything else, and outside the years 1 … 9999.
[[nodiscard]] std::optional<Timestamp> from_rfc3339(std::string_view text) noexcept;

}  // namespace tenon
