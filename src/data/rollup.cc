// Formulas and roll-ups. A roll-up is brought along in the transaction of the row it counts: sums
// and counts by what was added and taken away, minimum and maximum by looking again when the old
// extreme goes. That takes a new value of the parent's row only, no new version: it is nobody's
// edit.
#include <array>
#include <limits>

#include "data/encode.h"
#include "data/unit_state.h"

namespace tenon::data {
namespace {

constexpr std::uint32_t kMaxClimb = 16;
__extension__ using Wide = __int128;

std::unexpected<Error> wrong(const Column& column, const Error& cause) {
  return fail(Error(cause.code(), "A computed field has no value.")
                  .because(cause.code() == ErrorCode::invalid ? "data.fields" : cause.reason())
                  .with_field({"/" + column.name, cause.reason(), cause.message()}));
}

Wide number_of(const Value& value) noexcept {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr ? 0 : *number;
}

}  // namespace

Result<> UnitOfWork::State::compute(const EntityInfo& entity, std::vector<Value>& row) const {
  std::size_t steps = kMaxFormulaSteps;
  for (const auto& [place, formula] : entity.derived().formulas) {
    const auto& column = entity.columns()[place];
    const bool scaled = column.type == FieldType::decimal || column.type == FieldType::money;
    auto value = formula.evaluate(row, scaled ? column.scale : std::uint8_t{0}, steps);
    if (!value) return wrong(column, value.error());
    row[place] = std::move(*value);
  }
  return {};
}

Result<> UnitOfWork::State::carry(const EntityInfo& entity, const std::vector<Value>* before,
                                  const std::vector<Value>* after) {
  const auto& rollups = entity.derived().rollups;
  if (rollups.empty()) return {};
  // By parent, in one order for every unit, so that two of them cannot wait for each other.
  std::map<Unsettled::Key, std::pair<const EntityInfo*, std::vector<Step>>> parents;
  const auto add = [&](const RollupOver& over, const Uuid& id, Step step) {
    auto& [parent, steps] = parents[{over.parent->full_name(), id}];
    parent = over.parent;
    steps.push_back(step);
  };
  for (const auto& over : rollups) {
    const auto* from = before == nullptr ? nullptr : std::get_if<Uuid>(&(*before)[over.reference]);
    const auto* to = after == nullptr ? nullptr : std::get_if<Uuid>(&(*after)[over.reference]);
    if (from != nullptr && to != nullptr && *from == *to) {
      if (over.function != Aggregate::count && (*before)[over.value] != (*after)[over.value])
        add(over, *to, {.over = &over, .gone = before, .come = after});
      continue;
    }
    if (from != nullptr) add(over, *from, {.over = &over, .gone = before, .come = nullptr});
    if (to != nullptr) add(over, *to, {.over = &over, .gone = nullptr, .come = after});
  }
  for (const auto& [key, parent] : parents) TENON_TRY(adjust(*parent.first, key.id, parent.second));
  return {};
}

Result<> UnitOfWork::State::adjust(const EntityInfo& parent, const Uuid& id,
                                   const std::vector<Step>& steps) {
  if (climb >= kMaxClimb)
    return fail(Error(ErrorCode::exhausted, "Roll-ups of roll-ups go on for too many levels.")
                    .because("data.rollup_depth"));
  TENON_ASSIGN(found, stored(parent, id));
  if (!found) return {};
  auto after = found->values;
  for (const auto& step : steps) TENON_TRY(apply(step, id, after));
  TENON_TRY(compute(parent, after));
  TENON_ASSIGN(columns, write_columns(parent, id, found->values, after));
  if (columns == 0 || !found->living) return {};
  const Unsettled::Key key{parent.full_name(), id};
  if (!unsettled.numbers.contains(key))
    unsettled.derived.try_emplace(key, Unsettled::Row{.entity = &parent, .before = found->values});
  ++climb;
  auto done = carry(parent, &found->values, &after);
  --climb;
  return done;
}

Result<> UnitOfWork::State::apply(const Step& step, const Uuid& id, std::vector<Value>& row) {
  const auto& over = *step.over;
  auto& target = row[over.target];
  const Value nothing;
  const auto& gone = step.gone == nullptr ? nothing : (*step.gone)[over.value];
  const auto& come = step.come == nullptr ? nothing : (*step.come)[over.value];
  switch (over.function) {
    case Aggregate::count:
      target = std::get<std::int64_t>(target) + (step.come != nullptr ? 1 : 0) -
               (step.gone != nullptr ? 1 : 0);
      return {};
    case Aggregate::sum: {
      const Wide sum = number_of(target) + number_of(come) - number_of(gone);
      if (sum > std::numeric_limits<std::int64_t>::max() ||
          sum < std::numeric_limits<std::int64_t>::min())
        return wrong(over.parent->columns()[over.target],
                     Error(ErrorCode::invalid, "The sum is too large.").because("overflow"));
      target = static_cast<std::int64_t>(sum);
      return {};
    }
    case Aggregate::minimum:
    case Aggregate::maximum:
      break;
  }
  if (!is_null(gone) && gone == target) {
    const std::array<storage::Value, 1> values{storage::Blob(id.bytes)};
    ++tally.queries;
    return session().query(over.extreme, values, [&](const storage::Row& found) {
      target = found.is_null(0) ? Value() : Value(found.integer(0));
      return storage::Visit::more;
    });
  }
  if (is_null(come)) return {};
  const bool less = number_of(come) < number_of(target);
  const bool more = number_of(come) > number_of(target);
  if (is_null(target) || (over.function == Aggregate::minimum ? less : more)) target = come;
  return {};
}

}  // namespace tenon::data
