#pragma once
// Dates are days since 1970-01-01, times are UTC microseconds; outside they are ISO 8601 and RFC
// 3339. Years 0001…9999.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "data/fields/number.h"

namespace tenon::data {

/// `2026-11-23`.
[[nodiscard]] std::expected<std::int64_t, Reason> parse_date(std::string_view text);
/// `2026-11-23T04:05:06.789Z` or with an offset `+08:00`; a leap second is refused.
[[nodiscard]] std::expected<std::int64_t, Reason> parse_datetime(std::string_view text);
void write_date(std::string& out, std::int64_t days);
void write_datetime(std::string& out, std::int64_t microseconds);

}  // namespace tenon::data
