#include "data/formula.h"

#include <algorithm>
#include <array>
#include <limits>

namespace tenon::data {
namespace {

__extension__ using Wide = __int128;
constexpr int kMaxScale = 18;
constexpr int kQuotientScale = 9;

std::unexpected<Error> overflow() {
  return fail(Error(ErrorCode::invalid, "A computed number is too large or has too many decimals.")
                  .because("formula.overflow"));
}

Wide power(int exponent) noexcept {
  Wide result = 1;
  while (exponent-- > 0) result *= 10;
  return result;
}

/// Null, a number of units × 10^-scale, or a truth (units 0 or 1).
struct Number {
  bool null = true;
  Wide units = 0;
  int scale = 0;
};

Number truth(bool value) noexcept { return {.null = false, .units = value ? 1 : 0}; }

Wide rounded(Wide units, Wide divisor) noexcept {
  const Wide quotient = units / divisor;
  const Wide rest = units % divisor;
  const Wide twice = (rest < 0 ? -rest : rest) * 2;
  const Wide whole = divisor < 0 ? -divisor : divisor;
  if (twice < whole) return quotient;
  return quotient + ((units < 0) == (divisor < 0) ? 1 : -1);
}

Result<Number> to_scale(Number number, int scale) {
  if (scale < number.scale) {
    number.units = rounded(number.units, power(number.scale - scale));
  } else if (__builtin_mul_overflow(number.units, power(scale - number.scale), &number.units)) {
    return overflow();
  }
  number.scale = scale;
  return number;
}

/// Brings both to the larger scale.
Result<> align(Number& left, Number& right) {
  const int scale = std::max(left.scale, right.scale);
  TENON_ASSIGN(one, to_scale(left, scale));
  TENON_ASSIGN(two, to_scale(right, scale));
  left = one;
  right = two;
  return {};
}

Result<Number> multiply(const Number& left, const Number& right) {
  Number product{.null = false, .units = 0, .scale = left.scale + right.scale};
  if (product.scale > kMaxScale || __builtin_mul_overflow(left.units, right.units, &product.units))
    return overflow();
  return product;
}

Result<Number> divide(const Number& left, const Number& right) {
  if (right.units == 0)
    return fail(
        Error(ErrorCode::invalid, "A computed field divides by zero.").because("formula.division"));
  const int more = kQuotientScale + right.scale - left.scale;
  Wide dividend = left.units;
  Wide divisor = right.units;
  if (more >= 0) {
    if (__builtin_mul_overflow(dividend, power(more), &dividend)) return overflow();
  } else if (__builtin_mul_overflow(divisor, power(-more), &divisor)) {
    return overflow();
  }
  constexpr Wide half = std::numeric_limits<Wide>::max() / 2;
  if (divisor > half || divisor < -half) return overflow();
  return Number{.null = false, .units = rounded(dividend, divisor), .scale = kQuotientScale};
}

class Evaluator {
 public:
  Evaluator(std::span<const Formula::Node> nodes, std::span<const Value> row, std::size_t& steps)
      : nodes_(nodes), row_(row), steps_(steps) {}

  /// Depth is that of the tree, which the parser bounded.
  Result<Number> run(std::uint16_t place) {
    if (steps_ == 0)
      return fail(Error(ErrorCode::exhausted, "The computed fields of this record take too long.")
                      .because("formula.steps"));
    --steps_;
    const auto& node = nodes_[place];
    using Op = Formula::Op;
    switch (node.op) {
      case Op::null:
        return Number{};
      case Op::number:
      case Op::truth:
        return Number{.null = false, .units = node.units, .scale = node.scale};
      case Op::field:
        if (const auto* number = std::get_if<std::int64_t>(&row_[node.column]))
          return Number{.null = false, .units = *number, .scale = node.scale};
        return Number{};
      case Op::logical_and:
      case Op::logical_or:
      case Op::logical_not:
        return logic(node);
      case Op::choose: {
        TENON_ASSIGN(condition, run(node.operands[0]));
        return run(node.operands[!condition.null && condition.units != 0 ? 1 : 2]);
      }
      case Op::coalesce: {
        for (const auto operand : node.operands) {
          TENON_ASSIGN(one, run(operand));
          if (!one.null) return one;
        }
        return Number{};
      }
      case Op::minimum:
      case Op::maximum:
        return extreme(node);
      case Op::negate:
      case Op::absolute:
      case Op::round:
        return single(node);
      default:
        return pair(node);
    }
  }

 private:
  /// Of three values: null is neither.
  Result<Number> logic(const Formula::Node& node) {
    TENON_ASSIGN(left, run(node.operands[0]));
    if (node.op == Formula::Op::logical_not) return left.null ? left : truth(left.units == 0);
    const bool deciding = node.op == Formula::Op::logical_or;
    if (!left.null && (left.units != 0) == deciding) return left;
    TENON_ASSIGN(right, run(node.operands[1]));
    if (!right.null && (right.units != 0) == deciding) return right;
    return left.null || right.null ? Number{} : truth(!deciding);
  }

  Result<Number> extreme(const Formula::Node& node) {
    Number best;
    for (const auto operand : node.operands) {
      TENON_ASSIGN(one, run(operand));
      if (one.null) continue;
      if (best.null) {
        best = one;
        continue;
      }
      TENON_TRY(align(best, one));
      if ((one.units < best.units) == (node.op == Formula::Op::minimum)) best = one;
    }
    return best;
  }

  Result<Number> single(const Formula::Node& node) {
    TENON_ASSIGN(one, run(node.operands[0]));
    if (one.null) return one;
    if (node.op == Formula::Op::round)
      return node.units < one.scale ? to_scale(one, static_cast<int>(node.units))
                                    : Result<Number>(one);
    if (node.op == Formula::Op::negate || one.units < 0)
      if (__builtin_sub_overflow(Wide{0}, one.units, &one.units)) return overflow();
    return one;
  }

  Result<Number> pair(const Formula::Node& node) {
    using Op = Formula::Op;
    TENON_ASSIGN(left, run(node.operands[0]));
    TENON_ASSIGN(right, run(node.operands[1]));
    if (left.null || right.null) return Number{};
    if (node.op == Op::multiply) return multiply(left, right);
    if (node.op == Op::divide) return divide(left, right);
    TENON_TRY(align(left, right));
    switch (node.op) {
      case Op::add:
        if (__builtin_add_overflow(left.units, right.units, &left.units)) return overflow();
        return left;
      case Op::subtract:
        if (__builtin_sub_overflow(left.units, right.units, &left.units)) return overflow();
        return left;
      case Op::equal:
        return truth(left.units == right.units);
      case Op::not_equal:
        return truth(left.units != right.units);
      case Op::less:
        return truth(left.units < right.units);
      default:
        return truth(left.units <= right.units);
    }
  }

  std::span<const Formula::Node> nodes_;
  std::span<const Value> row_;
  std::size_t& steps_;
};

}  // namespace

Result<Value> Formula::evaluate(std::span<const Value> row, std::uint8_t scale,
                                std::size_t& steps) const {
  TENON_ASSIGN(result, Evaluator(nodes_, row, steps).run(root_));
  if (result.null) return Value();
  TENON_ASSIGN(fitted, to_scale(result, scale));
  if (fitted.units > std::numeric_limits<std::int64_t>::max() ||
      fitted.units < std::numeric_limits<std::int64_t>::min())
    return overflow();
  return Value(static_cast<std::int64_t>(fitted.units));
}

}  // namespace tenon::data
