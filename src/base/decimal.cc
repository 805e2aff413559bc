#include "base/decimal.h"

#include <array>
#include <limits>

namespace tenon {
namespace {

__extension__ using Wide = __int128;  // holds every product of two 64-bit integers

constexpr std::array<std::int64_t, Decimal::kMaxScale + 1> kPowers = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

Wide power(int exponent) { return kPowers.at(static_cast<std::size_t>(exponent)); }

bool is_scale(int scale) { return scale >= 0 && scale <= Decimal::kMaxScale; }

std::unexpected<Error> refuse(const char* reason, const char* message) {
  return fail(Error(ErrorCode::invalid, message).because(reason));
}

std::unexpected<Error> refuse_overflow() {
  return refuse("decimal.overflow", "The number has too many digits.");
}

std::unexpected<Error> refuse_scale() {
  return refuse("decimal.scale", "The number has too many digits after the point.");
}

Result<Decimal> narrow(Wide units, int scale) {
  if (units > std::numeric_limits<std::int64_t>::max() ||
      units < std::numeric_limits<std::int64_t>::min())
    return refuse_overflow();
  return Decimal::of(static_cast<std::int64_t>(units), scale);
}

Wide divide_half_away_from_zero(Wide units, Wide divisor) {
  const Wide quotient = units / divisor;
  const Wide rest = units % divisor;
  const Wide twice = rest < 0 ? -2 * rest : 2 * rest;
  if (twice < divisor) return quotient;
  return units < 0 ? quotient - 1 : quotient + 1;
}

/// `units` of scale `from` in scale `to`, rounded. `from` may be as large as 18.
Wide to_scale(Wide units, int from, int to) {
  if (to >= from) return units * power(to - from);
  if (from - to <= Decimal::kMaxScale) return divide_half_away_from_zero(units, power(from - to));
  return divide_half_away_from_zero(
      units, power(Decimal::kMaxScale) * power(from - to - Decimal::kMaxScale));
}

}  // namespace

Decimal Decimal::of(std::int64_t units, int scale) {
  TENON_ASSERT(is_scale(scale));
  return {units, scale};
}

Result<Decimal> Decimal::parse(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (whole.empty() || (point != std::string_view::npos && fraction.empty()))
    return refuse("decimal.syntax", "This is not a number.");

  Wide units = 0;
  bool overflow = false;
  for (const auto part : {whole, fraction})
    for (const char c : part) {
      if (c < '0' || c > '9') return refuse("decimal.syntax", "This is not a number.");
      units = units * 10 + (c - '0');
      // Twice the range is enough to know; further digits must not overflow the wide integer.
      if (units > Wide{2} * std::numeric_limits<std::int64_t>::max()) {
        overflow = true;
        units = 0;
      }
    }
  if (fraction.size() > static_cast<std::size_t>(kMaxScale)) return refuse_scale();
  if (overflow) return refuse_overflow();
  return narrow(negative ? -units : units, static_cast<int>(fraction.size()));
}

Result<Decimal> Decimal::parse(std::string_view text, int scale) {
  TENON_ASSERT(is_scale(scale));
  TENON_ASSIGN(number, parse(text));
  auto result = number.rescaled(scale);
  if (!result && result.error().reason() == "decimal.inexact") return refuse_scale();
  return result;
}

std::string Decimal::to_string() const {
  // The magnitude is taken unsigned: the most negative integer has no positive counterpart.
  const auto magnitude =
      units_ < 0 ? 0 - static_cast<std::uint64_t>(units_) : static_cast<std::uint64_t>(units_);
  std::string digits = std::to_string(magnitude);
  const auto places = static_cast<std::size_t>(scale_);
  if (places > 0) {
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    digits.insert(digits.size() - places, 1, '.');
  }
  if (units_ < 0) digits.insert(0, 1, '-');
  return digits;
}

Result<Decimal> Decimal::rescaled(int scale) const {
  TENON_ASSERT(is_scale(scale));
  if (scale >= scale_) return narrow(units_ * power(scale - scale_), scale);
  if (units_ % power(scale_ - scale) != 0)
    return refuse("decimal.inexact", "The number has too many digits after the point.");
  return Decimal(static_cast<std::int64_t>(units_ / power(scale_ - scale)), scale);
}

Result<Decimal> Decimal::rounded(int scale) const {
  TENON_ASSERT(is_scale(scale));
  return narrow(to_scale(units_, scale_, scale), scale);
}

Result<Decimal> Decimal::plus(Decimal other) const {
  const int scale = scale_ > other.scale_ ? scale_ : other.scale_;
  return narrow(to_scale(units_, scale_, scale) + to_scale(other.units_, other.scale_, scale),
                scale);
}

Result<Decimal> Decimal::minus(Decimal other) const {
  const int scale = scale_ > other.scale_ ? scale_ : other.scale_;
  return narrow(to_scale(units_, scale_, scale) - to_scale(other.units_, other.scale_, scale),
                scale);
}

Result<Decimal> Decimal::times(Decimal other) const {
  if (scale_ + other.scale_ > kMaxScale) return refuse_scale();
  return narrow(Wide{units_} * other.units_, scale_ + other.scale_);
}

Result<Decimal> Decimal::times_rounded(Decimal other, int scale) const {
  TENON_ASSERT(is_scale(scale));
  const Wide product = Wide{units_} * other.units_;
  const int places = scale_ + other.scale_;
  // Scaling up is the only step that could leave 128 bits, and then the result has left 64 before.
  if (scale > places && (product > std::numeric_limits<std::int64_t>::max() ||
                         product < std::numeric_limits<std::int64_t>::min()))
    return refuse_overflow();
  return narrow(to_scale(product, places, scale), scale);
}

std::strong_ordering operator<=>(Decimal left, Decimal right) noexcept {
  const int scale = left.scale_ > right.scale_ ? left.scale_ : right.scale_;
  const Wide a = to_scale(left.units_, left.scale_, scale);
  const Wide b = to_scale(right.units_, right.scale_, scale);
  return a < b   ? std::strong_ordering::less
         : a > b ? std::strong_ordering::greater
                 : std::strong_ordering::equal;
}

bool operator==(Decimal left, Decimal right) noexcept { return (left <=> right) == 0; }

}  // namespace tenon
