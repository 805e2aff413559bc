#include "base/time_zone.h"

#include <unicode/basictz.h>
#include <unicode/timezone.h>
#include <unicode/tztrans.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace tenon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// ICU counts milliseconds in a double.
UDate to_icu(Timestamp time) {
  return static_cast<UDate>(std::chrono::floor<milliseconds>(time).time_since_epoch().count());
}
Timestamp from_icu(UDate date) { return Timestamp(milliseconds(static_cast<std::int64_t>(date))); }

bool is_plain(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  });
}

seconds offset_of(const icu::TimeZone& zone, UDate date) {
  std::int32_t raw = 0;
  std::int32_t summer = 0;
  UErrorCode error = U_ZERO_ERROR;
  zone.getOffset(date, 0, raw, summer, error);
  return std::chrono::duration_cast<seconds>(milliseconds(raw + summer));
}

}  // namespace

struct TimeZone::Tables {
  std::unique_ptr<icu::TimeZone> zone;
  const icu::BasicTimeZone* basic = nullptr;  // the same: knows its transitions
};

TimeZone::TimeZone(std::string name, std::shared_ptr<const Tables> tables)
    : name_(std::move(name)), tables_(std::move(tables)) {}

Result<TimeZone> TimeZone::find(std::string_view name) {
  auto tables = std::make_shared<Tables>();
  if (is_plain(name)) {
    const auto text = icu::UnicodeString::fromUTF8(
        icu::StringPiece(name.data(), static_cast<std::int32_t>(name.size())));
    tables->zone.reset(icu::TimeZone::createTimeZone(text));
    icu::UnicodeString found;
    // For a name that it does not know ICU gives a zone of another name.
    if (tables->zone != nullptr && tables->zone->getID(found) == text)
      tables->basic = dynamic_cast<const icu::BasicTimeZone*>(tables->zone.get());
  }
  if (tables->basic == nullptr || name == "Etc/Unknown")
    return fail(Error(ErrorCode::invalid, "there is no time zone \"" +
                                              std::string(name.substr(0, 64)) +
                                              "\"; write one like Asia/Shanghai or UTC")
                    .because("time_zone.unknown"));
  return TimeZone(std::string(name), std::move(tables));
}

seconds TimeZone::offset_at(Timestamp time) const {
  return offset_of(*tables_->zone, to_icu(time));
}

TimeZone::Span TimeZone::span_at(Timestamp time) const {
  const UDate at = to_icu(time);
  Span span{.begin = Timestamp::min(),
            .end = Timestamp::max(),
            .offset = offset_of(*tables_->zone, at),
            .before = {}};
  span.before = span.offset;
  icu::TimeZoneTransition transition;
  if (tables_->basic->getPreviousTransition(at, 1, transition) != 0) {
    span.begin = from_icu(transition.getTime());
    span.before = offset_of(*tables_->zone, transition.getTime() - 1);
  }
  if (tables_->basic->getNextTransition(at, 0, transition) != 0)
    span.end = from_icu(transition.getTime());
  return span;
}

}  // namespace tenon
