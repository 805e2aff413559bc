#include "services/jobs/cron.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "base/json.h"

namespace tenon::services {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;
using namespace std::string_view_literals;

constexpr std::array kMonths = {"JAN"sv, "FEB"sv, "MAR"sv, "APR"sv, "MAY"sv, "JUN"sv,
                                "JUL"sv, "AUG"sv, "SEP"sv, "OCT"sv, "NOV"sv, "DEC"sv};
constexpr std::array kWeekdays = {"SUN"sv, "MON"sv, "TUE"sv, "WED"sv, "THU"sv, "FRI"sv, "SAT"sv};
constexpr std::size_t kLongest = 200;
// From one 29 February to the next it can be eight years.
constexpr days kHorizon{9 * 366};

struct Kind {
  std::string_view name;
  unsigned least, most;
  std::span<const std::string_view> words = {};
};
constexpr std::array kKinds = {Kind{"minute", 0, 59}, Kind{"hour", 0, 23},
                               Kind{"day of the month", 1, 31}, Kind{"month", 1, 12, kMonths},
                               Kind{"day of the week", 0, 7, kWeekdays}};

std::unexpected<Error> wrong(std::size_t position, const std::string& what) {
  return fail(Error(ErrorCode::invalid, "character " + std::to_string(position + 1) + ": " + what)
                  .because("cron.syntax")
                  .with_details(json::serialize(json::object{{"position", position + 1}})));
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

/// One field of the five, with its place in the text.
class Field {
 public:
  Field(std::string_view text, std::size_t place, const Kind& kind)
      : text_(text), place_(place), kind_(kind) {}

  /// Calls `set(value)` for each value.
  template <class Set>
  Result<> read(Set set) {
    do {
      TENON_TRY(item(set));
    } while (took(','));
    if (at_ == text_.size()) return {};
    return wrong(place_ + at_, "this cannot follow in the " + std::string(kind_.name) +
                                   "; write commas between items");
  }

 private:
  bool took(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  template <class Set>
  Result<> item(Set& set) {
    const auto begin = at_;
    unsigned from = kind_.least;
    unsigned to = kind_.most;
    bool range = took('*');
    if (!range) {
      TENON_ASSIGN(first, value());
      from = to = first;
      if (took('-')) {
        range = true;
        TENON_ASSIGN(last, value());
        to = last == 0 && kind_.most == 7 && from > 0 ? 7 : last;
      }
      if (from > to) return wrong(place_ + begin, "this range ends before it begins");
    }
    unsigned step = 1;
    if (took('/')) {
      const auto place = at_ - 1;
      if (!range) return wrong(place_ + place, "a step stands behind * or a range, like */5");
      TENON_ASSIGN(read, number());
      if (read == 0 || read > kind_.most)
        return wrong(place_ + place + 1, "a step is from 1 to " + std::to_string(kind_.most));
      step = read;
    }
    for (unsigned each = from; each <= to; each += step) set(each);
    return {};
  }

  Result<unsigned> number() {
    unsigned read = 0;
    const char* const from = text_.data() + at_;
    const auto done = std::from_chars(from, text_.data() + text_.size(), read);
    if (done.ec != std::errc{} || !is_digit(*from) || read > 9999)
      return wrong(place_ + at_, "here a number is missing for the " + std::string(kind_.name));
    at_ += static_cast<std::size_t>(done.ptr - from);
    return read;
  }

  Result<unsigned> value() {
    const auto place = at_;
    if (at_ < text_.size() && is_letter(text_[at_])) return word();
    if (at_ >= text_.size() || !is_digit(text_[at_]))
      return wrong(place_ + at_, "here a value is missing for the " + std::string(kind_.name));
    TENON_ASSIGN(read, number());
    if (read < kind_.least || read > kind_.most)
      return wrong(place_ + place,
                   "the " + std::string(kind_.name) + " is from " + std::to_string(kind_.least) +
                       " to " + std::to_string(kind_.most) + ", not " + std::to_string(read));
    return read;
  }

  Result<unsigned> word() {
    const auto place = at_;
    std::string name;
    while (at_ < text_.size() && is_letter(text_[at_])) name += upper(text_[at_++]);
    const auto found = std::ranges::find(kind_.words, name);
    if (found == kind_.words.end())
      return wrong(place_ + place,
                   "\"" + name.substr(0, 20) + "\" is no name of a " + std::string(kind_.name) +
                       (kind_.words.empty() ? std::string("; write a number")
                                            : "; write " + std::string(kind_.words.front()) +
                                                  " to " + std::string(kind_.words.back())));
    return kind_.least == 1 ? static_cast<unsigned>(found - kind_.words.begin()) + 1
                            : static_cast<unsigned>(found - kind_.words.begin());
  }

  std::string_view text_;
  std::size_t place_;
  const Kind& kind_;
  std::size_t at_ = 0;
};

struct Part {
  std::string_view text;
  std::size_t place = 0;
};

Result<std::array<Part, 5>> split(std::string_view text) {
  std::array<Part, 5> parts;
  std::size_t count = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == ' ' || text[at] == '\t') {
      ++at;
      continue;
    }
    if (count == parts.size())
      return wrong(at,
                   "these are more than five fields: minute, hour, day of the month, month, "
                   "day of the week");
    const auto end = std::min(text.find_first_of(" \t", at), text.size());
    parts[count++] = {.text = text.substr(at, end - at), .place = at};
    at = end;
  }
  if (count == parts.size()) return parts;
  if (count == 1 && parts[0].text.starts_with('@'))
    return wrong(parts[0].place,
                 "words like @daily are not known; write five fields, like "
                 "0 3 * * *");
  return wrong(text.size(), "the " + std::string(kKinds[count].name) +
                                " is missing; five fields are needed, like 0 3 * * *");
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  if (text.size() > kLongest) return wrong(kLongest, "this is longer than 200 characters");
  TENON_ASSIGN(parts, split(text));
  Cron cron;
  const auto read = [&](std::size_t which, auto set) {
    return Field(parts[which].text, parts[which].place, kKinds[which]).read(set);
  };
  TENON_TRY(read(0, [&](unsigned value) { cron.minutes_.set(value); }));
  TENON_TRY(read(1, [&](unsigned value) { cron.hours_.set(value); }));
  TENON_TRY(read(2, [&](unsigned value) { cron.days_.set(value); }));
  TENON_TRY(read(3, [&](unsigned value) { cron.months_.set(value); }));
  TENON_TRY(read(4, [&](unsigned value) { cron.weekdays_.set(value % 7); }));
  cron.any_hour_ = parts[1].text == "*";
  cron.any_day_ = parts[2].text == "*";
  cron.any_weekday_ = parts[4].text == "*";
  // A leap year is among any nine.
  const Local start = sys_days(std::chrono::year(2024) / 1 / 1);
  if (cron.match(start, start + days(366))) return cron;
  return fail(Error(ErrorCode::invalid, "character " + std::to_string(parts[2].place + 1) +
                                            ": none of these months has such a day")
                  .because("cron.never")
                  .with_details(json::serialize(json::object{{"position", parts[2].place + 1}})));
}

bool Cron::fits_day(sys_days day) const {
  const std::chrono::year_month_day date(day);
  if (!months_.test(static_cast<unsigned>(date.month()))) return false;
  const bool in_month = days_.test(static_cast<unsigned>(date.day()));
  const bool in_week = weekdays_.test(std::chrono::weekday(day).c_encoding());
  if (any_day_ || any_weekday_) return in_month && in_week;
  return in_month || in_week;
}

std::optional<Cron::Local> Cron::match(Local from, Local to) const {
  while (from < to) {
    const auto day = std::chrono::floor<days>(from);
    if (!fits_day(day)) {
      from = day + days(1);
      continue;
    }
    const auto hour = std::chrono::floor<hours>(from);
    if (!hours_.test(static_cast<std::size_t>((hour - day).count()))) {
      from = hour + hours(1);
      continue;
    }
    if (minutes_.test(static_cast<std::size_t>((from - hour).count()))) return from;
    from += minutes(1);
  }
  return std::nullopt;
}

std::optional<Timestamp> Cron::next(Timestamp after, const TimeZone& zone) const {
  Timestamp at = std::chrono::floor<minutes>(after) + minutes(1);
  const Timestamp horizon = at + kHorizon;
  // The offset just before `at`: a time that the clock skipped in between is due as well.
  for (TimeZone::Span span = zone.span_at(std::chrono::floor<minutes>(after)); at < horizon;
       span = zone.span_at(span.end)) {
    const auto local = [&](Timestamp time) {
      return std::chrono::ceil<minutes>(time + span.offset);
    };
    if (at < span.begin) at = span.begin;
    if (at < span.end) {
      auto from = local(at);
      // What the clock has shown before in the same night was due then.
      if (!any_hour_ && span.begin != Timestamp::min() && span.before > span.offset)
        from = std::max(from, std::chrono::ceil<minutes>(span.begin + span.before));
      const auto found = match(from, local(std::min(span.end, horizon)));
      if (found) return Timestamp(*found - span.offset);
      if (span.end >= horizon) return std::nullopt;
      at = span.end;
    }
    const auto later = zone.offset_at(span.end);
    if (!any_hour_ && later > span.offset && span.end > after &&
        match(local(span.end), std::chrono::ceil<minutes>(span.end + later)))
      return span.end;
  }
  return std::nullopt;
}

}  // namespace tenon::services
