#pragma once
// What the host itself fills in on the rows of one entity: formulas over their own row, numbers of
// sequences, and the roll-ups that other entities keep over these rows.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "data/formula.h"
#include "data/number_format.h"
#include "data/schema.h"

namespace tenon::data {

class EntityInfo;

/// A roll-up seen from the rows it sums up.
struct RollupOver {
  const EntityInfo* parent = nullptr;  // the entity that has the roll-up, of the same catalog
  std::size_t target = 0;              // its column
  Aggregate function = Aggregate::count;
  std::size_t reference = 0;  // column of this entity that names the parent's row
  std::size_t value = 0;      // column of this entity that is summed up; unused by count
  std::string extreme;        // minimum, maximum: SELECT over the living rows, ?1 = parent's id
};

struct Derived {
  struct Computed {
    std::size_t column = 0;
    Formula formula;
  };
  struct Numbered {
    std::size_t column = 0;
    std::string name;  // of the sequence: `sales.order.number`
    NumberFormat format;
    Numbering::Mode mode = Numbering::Mode::fast;
  };
  std::vector<Computed> formulas;   // each behind those that it reads
  std::vector<std::size_t> zeroes;  // roll-ups that begin at 0: count and sum
  std::vector<Numbered> numbers;
  std::vector<RollupOver> rollups;  // that others keep over rows of this entity
};

/// What a field stands for in a formula; nothing when it has no number, date or condition.
[[nodiscard]] std::optional<FormulaField> formula_field(const Field& field, std::size_t column);
/// Whether a formula may give `type`: integer, decimal, money, boolean, date.
[[nodiscard]] bool formula_gives(FieldType type) noexcept;

/// Requires: the columns of `entity` are made. Errors: invalid (`schema.formula`, `schema.rollup`,
/// `schema.number`) with the field's name.
[[nodiscard]] Result<Derived> derive(const EntityInfo& entity);

/// Tells each entity of the roll-ups that `entity` keeps over it. `child` finds what a roll-up is
/// about; one that is not installed leaves the roll-up as it is. Errors: invalid (`schema.rollup`).
[[nodiscard]] Result<> link_rollups(
    const EntityInfo& entity,
    const std::function<std::pair<const EntityInfo*, Derived*>(const Rollup&)>& child);

}  // namespace tenon::data
