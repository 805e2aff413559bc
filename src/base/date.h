#pragma once
// A day of the calendar, without a time and without a zone: an invoice has a date, not an instant.

#include <chrono>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace tenon {

/// A day that exists, from 0001-01-01 to 9999-12-31 (proleptic Gregorian calendar).
class Date {
 public:
  /// 1970-01-01.
  constexpr Date() = default;
  /// Empty when the calendar has no such day.
  [[nodiscard]] static std::optional<Date> of(int year, unsigned month, unsigned day) noexcept;
  [[nodiscard]] static std::optional<Date> of(std::chrono::sys_days day) noexcept;
  /// `YYYY-MM-DD`, exactly ten characters. Empty for anything else.
  [[nodiscard]] static std::optional<Date> parse(std::string_view text) noexcept;

  [[nodiscard]] constexpr std::chrono::sys_days days() const noexcept { return days_; }
  [[nodiscard]] constexpr std::chrono::year_month_day calendar() const noexcept { return days_; }
  /// `YYYY-MM-DD`; sorts as text like the days do.
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const Date&, const Date&) = default;

 private:
  constexpr explicit Date(std::chrono::sys_days days) noexcept : days_(days) {}
  std::chrono::sys_days days_;  // zero unless set: a time_point starts at its epoch
};

}  // namespace tenon
