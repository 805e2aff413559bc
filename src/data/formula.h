#pragma once
// Computed fields say how they come about in one line of arithmetic: `round(quantity * price, 2)`.
// A formula reads fields of its own row only and has no loops, so that its cost is known before it
// runs. Numbers are exact: scaled integers of 128 bits on the way, of 64 at the end.
//
// Grammar, loosest first: `or`, `and`, `not`, one comparison (= != < <= > >=), `+ -`, `* /`, `-x`,
// then numbers (`12.50`), true, false, null, fields, parentheses, and the functions round(x,
// digits), min, max, coalesce (two or more), abs(x), if(condition, then, else).
//
// Rules: + and - keep the larger number of decimals, * adds them (18 at most), / gives nine,
// rounded half away from zero like round() and the result itself. null in arithmetic and
// comparisons gives null; min and max pass over null; a condition that is null counts as false.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/value.h"

namespace tenon::data {

inline constexpr std::size_t kMaxFormulaBytes = 4096;
inline constexpr std::size_t kMaxFormulaNodes = 200;
inline constexpr std::size_t kMaxFormulaDepth = 32;
/// Nodes that all formulas of one row may visit together.
inline constexpr std::size_t kMaxFormulaSteps = 5000;

/// What a name in a formula stands for.
struct FormulaField {
  std::size_t column = 0;
  std::uint8_t scale = 0;
  enum class Kind : std::uint8_t { number, truth } kind = Kind::number;
};
/// Empty: there is no such field, or it is no number.
using FormulaNames = std::function<std::optional<FormulaField>(std::string_view)>;

/// `text` with every name of a field replaced by what `rename` gives for it. Leaves alone what is
/// no formula.
[[nodiscard]] std::string rename_fields(std::string_view text,
                                        const std::function<std::string(std::string_view)>& rename);

/// A checked formula. Immutable, copyable.
class Formula {
 public:
  using Kind = FormulaField::Kind;

  /// Errors: invalid (`formula.syntax`, `formula.name`, `formula.type`, `formula.size`) with the
  /// byte where it went wrong in the message. Never throws, whatever the text.
  [[nodiscard]] static Result<Formula> parse(std::string_view text, const FormulaNames& names);

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  /// Columns that it reads, each once.
  [[nodiscard]] const std::vector<std::size_t>& columns() const noexcept { return columns_; }
  /// The value for `row` (values by column), in units of 10^-`scale`, or null. `steps` is what is
  /// left of the row's budget. Errors: invalid (`formula.overflow`, `formula.division`), exhausted
  /// (`formula.steps`).
  [[nodiscard]] Result<Value> evaluate(std::span<const Value> row, std::uint8_t scale,
                                       std::size_t& steps) const;

  // The tree, for the parser and the evaluator.
  enum class Op : std::uint8_t {
    number,
    truth,
    null,
    field,
    negate,
    add,
    subtract,
    multiply,
    divide,
    equal,
    not_equal,
    less,
    less_equal,
    logical_and,
    logical_or,
    logical_not,
    round,
    minimum,
    maximum,
    absolute,
    choose,
    coalesce
  };
  struct Node {
    Op op = Op::null;
    std::int64_t units = 0;  // number, truth; digits of round
    std::uint8_t scale = 0;  // number, field
    std::size_t column = 0;  // field
    std::vector<std::uint16_t> operands;
  };

 private:
  friend class FormulaParser;
  std::vector<Node> nodes_;
  std::uint16_t root_ = 0;
  Kind kind_ = Kind::number;
  std::vector<std::size_t> columns_;
};

}  // namespace tenon::data
