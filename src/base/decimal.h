#pragma once
// Money and quantities are exact. A Decimal is a 64-bit integer and a scale; nothing is ever
// rounded unless the caller says how.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tenon {

/// `units` × 10^-`scale`, with scale 0 … 9. The scale is part of the value's form, not of its
/// worth: 1.5 equals 1.50.
class Decimal {
 public:
  static constexpr int kMaxScale = 9;

  constexpr Decimal() = default;
  /// Requires: 0 ≤ scale ≤ 9 (asserted).
  [[nodiscard]] static Decimal of(std::int64_t units, int scale);

  /// `-12.340`: an optional minus, digits, and optionally a point and 1 … 9 digits. No exponent, no
  /// plus, no separators, no spaces. The scale is the number of digits written.
  /// Errors: invalid (`decimal.syntax`, `decimal.scale`, `decimal.overflow`).
  [[nodiscard]] static Result<Decimal> parse(std::string_view text);
  /// The same with the scale of a field: fewer digits are filled with zeros, more are refused
  /// unless they are zeros.
  [[nodiscard]] static Result<Decimal> parse(std::string_view text, int scale);

  [[nodiscard]] constexpr std::int64_t units() const noexcept { return units_; }
  [[nodiscard]] constexpr int scale() const noexcept { return scale_; }
  /// All digits of the scale: `-12.340`. parse() gives back the same units and scale.
  [[nodiscard]] std::string to_string() const;

  /// The same worth in another scale.
  /// Errors: invalid (`decimal.inexact` when digits other than zero would go, `decimal.overflow`).
  [[nodiscard]] Result<Decimal> rescaled(int scale) const;
  /// Half away from zero, as the trade rounds. Errors: invalid (`decimal.overflow`).
  [[nodiscard]] Result<Decimal> rounded(int scale) const;

  /// The result has the larger of the two scales (plus, minus) or their sum (times), which must not
  /// be above 9. Errors: invalid (`decimal.overflow`, `decimal.scale`).
  [[nodiscard]] Result<Decimal> plus(Decimal other) const;
  [[nodiscard]] Result<Decimal> minus(Decimal other) const;
  [[nodiscard]] Result<Decimal> times(Decimal other) const;
  /// The product rounded half away from zero to `scale`.
  [[nodiscard]] Result<Decimal> times_rounded(Decimal other, int scale) const;

  /// By worth.
  friend std::strong_ordering operator<=>(Decimal left, Decimal right) noexcept;
  friend bool operator==(Decimal left, Decimal right) noexcept;

 private:
  constexpr Decimal(std::int64_t units, int scale) noexcept : units_(units), scale_(scale) {}
  std::int64_t units_ = 0;
  int scale_ = 0;
};

}  // namespace tenon
