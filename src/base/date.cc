#include "base/date.h"

#include <fmt/format.h>

#include "base/digits.h"

namespace tenon {

std::optional<Date> Date::of(int year, unsigned month, unsigned day) noexcept {
  // The calendar types keep a byte of each: larger numbers would come back as others.
  if (year < 1 || year > 9999 || month > 12 || day > 31) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!date.ok()) return std::nullopt;
  return Date(std::chrono::sys_days(date));
}

std::optional<Date> Date::of(std::chrono::sys_days day) noexcept {
  using std::chrono::January, std::chrono::December;
  if (day < std::chrono::year(1) / January / 1 || day > std::chrono::year(9999) / December / 31)
    return std::nullopt;
  return Date(day);
}

std::optional<Date> Date::parse(std::string_view text) noexcept {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4));
  const auto month = digits(text.substr(5, 2));
  const auto day = digits(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  return of(static_cast<int>(*year), *month, *day);
}

std::string Date::to_string() const {
  const auto date = calendar();
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace tenon
