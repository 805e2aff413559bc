#pragma once
// How a document number looks: `SO{yyyy}-{0000}` gives SO2026-0001. What stands in it says when
// counting begins anew: with {dd} each day, with {mm} each month, with a year only each year.
//
// {yyyy} {yy} {mm} {dd} are the UTC date of the writing; {000} is the number with at least so many
// digits (1…18, exactly one of these). Anything else stands for itself. Numbers must not repeat: a
// month needs a year, a day needs a month.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace tenon::data {

class NumberFormat {
 public:
  /// At most 64 bytes, no control characters. Errors: invalid (`number.format`).
  [[nodiscard]] static Result<NumberFormat> parse(std::string_view text);
  /// Numbers of the same period are counted together: ``, `2026`, `2026-11`, `2026-11-27`.
  [[nodiscard]] std::string period(Timestamp now) const;
  [[nodiscard]] std::string text(std::int64_t number, Timestamp now) const;

 private:
  enum class Part : std::uint8_t { literal, year, short_year, month, day, number };
  struct Piece {
    Part part = Part::literal;
    std::string literal;
    int digits = 0;
  };
  [[nodiscard]] bool has(Part part) const noexcept;
  std::vector<Piece> pieces_;
};

}  // namespace tenon::data
