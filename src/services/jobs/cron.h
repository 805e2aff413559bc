#pragma once
// When a job is due, in five fields: minute, hour, day of the month, month, day of the week.
//
//   */15 8-18 * * MON-FRI     each quarter of an hour in working hours
//   0 3 1 * *                 at three on the first of each month
//
// A field is `*`, a number, a name (JAN…DEC, SUN…SAT), a range `a-b`, either of the last two with a
// step `/n`, or several of these with commas. 7 is Sunday, too. When both kinds of day are said, a
// day that is either counts.
//
// Where the clock is put forward, a time that is skipped comes at once when the clock has been
// changed; where it is put back, a time that is repeated counts once. Both hold for schedules that
// name hours; one whose hour is `*` runs by the real time that passes.

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/time_zone.h"

namespace tenon::services {

class Cron {
 public:
  /// Errors: invalid (`cron.syntax`: the text begins with `character N:`, details {"position"};
  /// `cron.never`: there is no such day).
  [[nodiscard]] static Result<Cron> parse(std::string_view text);

  /// The first time after `after`, a whole minute. Empty: there is none in the next nine years.
  [[nodiscard]] std::optional<Timestamp> next(Timestamp after, const TimeZone& zone) const;

  /// What the wall clock shows, as if it were UTC.
  using Local = std::chrono::sys_time<std::chrono::minutes>;
  /// The first time from `from` on and before `to` at which the wall clock fits.
  [[nodiscard]] std::optional<Local> match(Local from, Local to) const;

 private:
  [[nodiscard]] bool fits_day(std::chrono::sys_days day) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;     // 1…31
  std::bitset<13> months_;   // 1…12
  std::bitset<7> weekdays_;  // from Sunday
  bool any_hour_ = false;
  bool any_day_ = false;      // `*`: the day of the week alone decides
  bool any_weekday_ = false;  // and the other way round
};

}  // namespace tenon::services
