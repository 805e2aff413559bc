#include "data/fields/time.h"

#include <chrono>

#include "base/clock.h"
#include "base/date.h"

namespace tenon::data {
namespace {

namespace chrono = std::chrono;

void write_padded(std::string& out, unsigned value, int width) {
  char buffer[8];
  for (int i = width; i-- > 0; value /= 10) buffer[i] = static_cast<char>('0' + value % 10);
  out.append(buffer, static_cast<std::size_t>(width));
}

}  // namespace

std::expected<std::int64_t, Reason> parse_date(std::string_view text) {
  const auto date = Date::parse(text);
  if (!date) return std::unexpected(Reason{"type", "A date like 2026-11-23 is expected."});
  return date->days().time_since_epoch().count();
}

std::expected<std::int64_t, Reason> parse_datetime(std::string_view text) {
  const auto time = from_rfc3339(text);
  if (!time)
    return std::unexpected(Reason{"type", "A time like 2026-11-23T04:05:06Z is expected."});
  return time->time_since_epoch().count();
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
