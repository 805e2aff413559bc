#pragma once
// "Every day at three" is said in the time of a place, and places change their clocks. A zone is a
// sequence of spans in which the wall clock is a fixed offset ahead of UTC; what is skipped or
// repeated lies between two of them.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace tenon {

/// Copies share the tables. Immutable. Thread: any.
class TimeZone {
 public:
  /// A name of the IANA database: `Asia/Shanghai`, `UTC`. Errors: invalid (`time_zone.unknown`).
  /// Cost: some 10 µs.
  [[nodiscard]] static Result<TimeZone> find(std::string_view name);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// A stretch of time with one offset.
  struct Span {
    Timestamp begin = Timestamp::min();  // the first instant of it
    Timestamp end = Timestamp::max();    // the first instant after it
    std::chrono::seconds offset{};       // what the wall clock shows is UTC plus this
    std::chrono::seconds before{};       // the offset of the span before
  };
  [[nodiscard]] Span span_at(Timestamp time) const;
  [[nodiscard]] std::chrono::seconds offset_at(Timestamp time) const;

 private:
  struct Tables;
  TimeZone(std::string name, std::shared_ptr<const Tables> tables);
  std::string name_;
  std::shared_ptr<const Tables> tables_;  // shared by the copies
};

}  // namespace tenon
