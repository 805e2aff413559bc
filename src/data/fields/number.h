#pragma once
// Numbers as clients write them: 64-bit integers, and decimals that are scaled 64-bit integers,
// never floating point.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tenon::data {

/// Why a text is no value of a kind: a stable word and what to say.
struct Reason {
  std::string code;
  std::string message;
};

/// `-12`; no plus sign, no spaces.
[[nodiscard]] std::expected<std::int64_t, Reason> parse_integer(std::string_view text);
/// `-12.5` with at most `scale` digits after the point gives -1250 for scale 2.
[[nodiscard]] std::expected<std::int64_t, Reason> parse_decimal(std::string_view text,
                                                                unsigned scale);
void write_integer(std::string& out, std::int64_t value);
/// All digits of the scale: -1250 gives `-12.50`.
void write_decimal(std::string& out, std::int64_t value, unsigned scale);

}  // namespace tenon::data
