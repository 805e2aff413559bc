#include "base/clock.h"

#include <fmt/format.h>

#include "base/date.h"
#include "base/digits.h"

namespace tenon {
namespace {

/// `HH:MM`.
std::optional<std::chrono::minutes> hours_and_minutes(std::string_view text) noexcept {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = digits(text.substr(0, 2));
  const auto minutes = digits(text.substr(3, 2));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

/// `Z`, `+HH:MM` or `-HH:MM`.
std::optional<std::chrono::minutes> offset(std::string_view text) noexcept {
  if (text == "Z") return std::chrono::minutes(0);
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const auto size = hours_and_minutes(text.substr(1));
  if (!size) return std::nullopt;
  return text.front() == '-' ? -*size : *size;
}

}  // namespace

Timestamp SystemClock::now() const noexcept {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Instant SystemClock::instant() const noexcept { return std::chrono::steady_clock::now(); }

std::string to_rfc3339(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::optional<Timestamp> from_rfc3339(std::string_view text) noexcept {
  if (text.size() < 20 || text[10] != 'T' || text[16] != ':') return std::nullopt;
  const auto date = Date::parse(text.substr(0, 10));
  const auto minutes = hours_and_minutes(text.substr(11, 5));
  const auto seconds = digits(text.substr(17, 2));
  if (!date || !minutes || !seconds || *seconds > 59) return std::nullopt;
  text.remove_prefix(19);

  std::chrono::microseconds fraction(0);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t size = text.find_first_not_of("0123456789");
    if (size > 9) return std::nullopt;  // npos, when nothing follows, is such a size too
    auto number = digits(text.substr(0, size));
    if (!number) return std::nullopt;
    for (std::size_t i = size; i < 9; ++i) *number *= 10;
    fraction = std::chrono::microseconds(*number / 1000);
    text.remove_prefix(size);
  }
  const auto zone = offset(text);
  if (!zone) return std::nullopt;
  const Timestamp time =
      date->days() + *minutes + std::chrono::seconds(*seconds) + fraction - *zone;
  if (!Date::of(std::chrono::floor<std::chrono::days>(time))) return std::nullopt;
  return time;
}

}  // namespace tenon
