#include "abi.h"
#include "tenon/plugin/host.h"

namespace tenon::plugin::clock {

namespace {

struct Civil {
  std::uint64_t year;
  std::uint64_t month;
  std::uint64_t day;
};

// Counts in years that begin on 1 March, so that the leap day is the last of its year; eras of 400
// years repeat.
Civil civil_from_days(std::uint64_t days_since_1970) {
  const std::uint64_t days = days_since_1970 + 719'468;
  const std::uint64_t era = days / 146'097;
  const std::uint64_t day_of_era = days % 146'097;
  const std::uint64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::uint64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::uint64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {era * 400 + year_of_era + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

void append_digits(std::string& out, std::uint64_t value, std::size_t width) {
  const std::size_t begin = out.size();
  out.append(width, '0');
  for (std::size_t i = begin + width; i > begin; value /= 10)
    out[--i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::uint64_t now() { return erp_plugin_clock_now(); }

std::string to_text(std::uint64_t microseconds) {
  constexpr std::uint64_t kSecond = 1'000'000;
  constexpr std::uint64_t kDay = 86'400 * kSecond;
  const Civil date = civil_from_days(microseconds / kDay);
  const std::uint64_t time = microseconds % kDay;
  std::string out;
  append_digits(out, date.year, 4);
  out += '-';
  append_digits(out, date.month, 2);
  out += '-';
  append_digits(out, date.day, 2);
  out += 'T';
  append_digits(out, time / (3'600 * kSecond), 2);
  out += ':';
  append_digits(out, time / (60 * kSecond) % 60, 2);
  out += ':';
  append_digits(out, time / kSecond % 60, 2);
  out += '.';
  append_digits(out, time % kSecond, 6);
  out += 'Z';
  return out;
}

}  // namespace tenon::plugin::clock
