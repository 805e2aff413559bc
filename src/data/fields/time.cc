#include "data/fields/time.h"

#include <chrono>
#include <optional>

#include "base/clock.h"

namespace tenon::data {
namespace {

namespace chrono = std::chrono;

std::unexpected<Reason> no_date() {
  return std::unexpected(Reason{"type", "A date like 2026-11-23 is expected."});
}
std::unexpected<Reason> no_time() {
  return std::unexpected(Reason{"type", "A time like 2026-11-23T04:05:06Z is expected."});
}

/// The number of exactly `width` digits at the front, which are taken off.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, width)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> take_date(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || *year == 0 || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const chrono::year_month_day date{chrono::year(*year),
                                    chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return chrono::sys_days(date).time_since_epoch().count();
}

/// Seconds east of UTC.
std::optional<int> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return 0;
  const bool west = text.starts_with('-');
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const int seconds = *hours * 3600 + *minutes * 60;
  return west ? -seconds : seconds;
}

void write_padded(std::string& out, unsigned value, int width) {
  char buffer[8];
  for (int i = width; i-- > 0; value /= 10) buffer[i] = static_cast<char>('0' + value % 10);
  out.append(buffer, static_cast<std::size_t>(width));
}

}  // namespace

std::expected<std::int64_t, Reason> parse_date(std::string_view text) {
  const auto days = take_date(text);
  if (!days || !text.empty()) return no_date();
  return *days;
}

std::expected<std::int64_t, Reason> parse_datetime(std::string_view text) {
  const auto days = take_date(text);
  if (!days || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return no_time();
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return no_time();
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return no_time();
  const auto second = take_digits(text, 2);
  if (!second || *second > 59) return no_time();
  std::int64_t fraction = 0;
  if (take(text, '.')) {
    int digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1))
      if (++digits <= 6) fraction = fraction * 10 + (text.front() - '0');
    if (digits == 0 || digits > 9) return no_time();
    for (; digits < 6; ++digits) fraction *= 10;
  }
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return no_time();
  const std::int64_t seconds = *days * 86'400 + *hour * 3600 + *minute * 60 + *second - *offset;
  return seconds * 1'000'000 + fraction;
}

void write_date(std::string& out, std::int64_t days) {
  const chrono::year_month_day date{chrono::sys_days(chrono::days(days))};
  write_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  write_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  write_padded(out, static_cast<unsigned>(date.day()), 2);
}

void write_datetime(std::string& out, std::int64_t microseconds) {
  const chrono::sys_time<chrono::microseconds> time{chrono::microseconds(microseconds)};
  const auto day = chrono::floor<chrono::days>(time);
  write_date(out, day.time_since_epoch().count());
  auto rest = static_cast<std::uint64_t>((time - day).count());
  const auto fraction = static_cast<unsigned>(rest % 1'000'000);
  rest /= 1'000'000;
  out += 'T';
  write_padded(out, static_cast<unsigned>(rest / 3600), 2);
  out += ':';
  write_padded(out, static_cast<unsigned>(rest / 60 % 60), 2);
  out += ':';
  write_padded(out, static_cast<unsigned>(rest % 60), 2);
  out += '.';
  write_padded(out, fraction, 6);
  out += 'Z';
}

}  // namespace tenon::data
