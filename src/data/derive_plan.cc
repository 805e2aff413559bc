#include "data/derive_plan.h"

#include <algorithm>
#include <set>

namespace tenon::data {
namespace {

using Place = std::pair<const EntityInfo*, std::size_t>;  // a column of the version that will hold

/// An entity of the version that will hold, and what it takes over from the version before.
struct Side {
  const EntityInfo* entity = nullptr;
  const EntityInfo* source = nullptr;         // null: a table of its own
  bool has_rows = false;                      // that were there before
  bool same_table = true;                     // under the same physical name
  std::map<std::size_t, const Column*> kept;  // columns with the values of that one of the source
  std::set<std::size_t> added;                // that an early step adds
};

using Sides = std::map<const EntityInfo*, Side>;

std::size_t place_of(const EntityInfo& entity, const Column& column) {
  return static_cast<std::size_t>(&column - entity.columns().data());
}

void keep_by_name(Side& side) {
  if (side.source == nullptr) return;
  for (std::size_t i = 0; i < side.entity->columns().size(); ++i)
    if (const auto found = side.source->find(side.entity->columns()[i].name))
      side.kept.emplace(i, &side.source->columns()[*found]);
}

Sides forward(const std::vector<EntityChange>& changes) {
  Sides sides;
  for (const auto& [was, now, delta] : changes) {
    auto& side = sides[now];
    side = {.entity = now, .source = was, .has_rows = was != nullptr};
    if (delta == nullptr) {
      keep_by_name(side);
      continue;
    }
    side.same_table = delta->before.name == delta->after.name;
    for (const auto& pair : delta->pairs)
      if (pair.was != nullptr && pair.now != nullptr && pair.fallback.empty() &&
          pair.conversion.forward == pair.from.name)
        side.kept.emplace(place_of(*now, *pair.now), pair.was);
    for (const auto& column : delta->added) {
      const bool early = (column.nullable || !column.default_sql.empty()) &&
                         delta->before.find(column.name) == nullptr;
      const auto found = std::ranges::find(now->columns(), column.name, &Column::sql);
      if (early && found != now->columns().end()) side.added.insert(place_of(*now, *found));
    }
  }
  return sides;
}

Sides backward(const std::vector<EntityChange>& changes, const Catalog& before) {
  Sides sides;
  for (const auto* was : before.entities()) {
    auto& side = sides[was];
    side = {.entity = was, .has_rows = true};
    const auto change = std::ranges::find(changes, was, &EntityChange::was);
    if (change == changes.end()) continue;  // it went, and comes back
    side.source = change->now;
    if (change->delta == nullptr) {
      keep_by_name(side);
      continue;
    }
    for (const auto& pair : change->delta->pairs)
      if (pair.was != nullptr && pair.now != nullptr && !(pair.changed() && pair.lossy()) &&
          pair.conversion.backward == pair.to.name)
        side.kept.emplace(place_of(*was, *pair.was), pair.now);
  }
  return sides;
}

class Wrong {
 public:
  Wrong(Sides sides, const Catalog& source, const Catalog& target)
      : sides_(std::move(sides)), source_(source), target_(target) {
    bool more = true;
    while (more) {
      more = false;
      for (const auto& [entity, side] : sides_)
        for (std::size_t i = 0; side.has_rows && i < entity->columns().size(); ++i)
          if (!wrong_.contains({entity, i}) && is_wrong(side, i)) {
            wrong_.emplace(entity, i);
            more = true;
          }
    }
  }

  /// Rows that are summed up come before those that sum them up.
  [[nodiscard]] std::vector<Derivation> ordered() const {
    std::map<std::string_view, const EntityInfo*> waiting;
    for (const auto& [entity, place] : wrong_) waiting.emplace(entity->full_name(), entity);
    std::vector<Derivation> done;
    bool moved = true;
    while (moved) {
      moved = false;
      for (auto it = waiting.begin(); it != waiting.end();) {
        const bool free = std::ranges::none_of(
            waiting, [&](const auto& other) { return feeds(*other.second, *it->second); });
        if (free) done.push_back(derivation(*it->second));
        moved = moved || free;
        it = free ? waiting.erase(it) : std::next(it);
      }
    }
    for (const auto& [name, entity] : waiting) {
      done.push_back(derivation(*entity));
      done.back().again = true;
    }
    return done;
  }

  /// Those of `ordered` that need nothing that is not there before the new definitions hold.
  [[nodiscard]] std::vector<Derivation> early(const std::vector<Derivation>& ordered) const {
    std::set<Place> ready;
    for (const auto& one : wrong_)
      if (side_of(*one.first).added.contains(one.second)) ready.insert(one);
    while (std::erase_if(ready, [&](const Place& one) { return !inputs_ready(one, ready); }) > 0) {
    }
    std::vector<Derivation> made;
    for (auto one : ordered) {
      const auto* entity = target_.find({}, one.entity);
      std::erase_if(one.columns, [&](const std::string& column) {
        return !ready.contains({entity, *entity->find(column)});
      });
      if (!one.columns.empty() && !one.again) made.push_back(std::move(one));
    }
    return made;
  }

 private:
  [[nodiscard]] const Side& side_of(const EntityInfo& entity) const { return sides_.at(&entity); }

  /// The source of a column that has its values still, or null.
  static const Column* kept(const Side& side, std::size_t place) {
    const auto found = side.kept.find(place);
    return found == side.kept.end() ? nullptr : found->second;
  }

  [[nodiscard]] bool is_wrong(const Side& side, std::size_t place) const {
    const auto& column = side.entity->columns()[place];
    if (column.field == nullptr) return false;
    const auto* source = kept(side, place);
    if (column.field->type == FieldType::sequence) return source == nullptr;
    if (!column.derived) return false;
    if (source == nullptr || source->field == nullptr) return true;
    if (column.field->formula)
      return source->field->formula != column.field->formula || reads_wrong(side, place);
    return !source->field->rollup ||
           sums_wrong(side, *column.field->rollup, *source->field->rollup);
  }

  [[nodiscard]] bool reads_wrong(const Side& side, std::size_t place) const {
    return std::ranges::any_of(formula_of(*side.entity, place).columns(), [&](std::size_t input) {
      const auto* source = kept(side, input);
      return source == nullptr || source->name != side.entity->columns()[input].name ||
             wrong_.contains({side.entity, input});
    });
  }

  [[nodiscard]] bool sums_wrong(const Side& side, const Rollup& now, const Rollup& was) const {
    if (now.function != was.function) return true;
    const auto* rows = rows_of(target_, *side.entity, now);
    const auto* before = rows_of(source_, *side.source, was);
    if (rows == nullptr && before == nullptr) return false;
    if (rows == nullptr || before == nullptr || side_of(*rows).source != before) return true;
    const auto same = [&](const std::string& name, const std::string& old) {
      const auto place = rows->find(name);
      const auto* source = place ? kept(side_of(*rows), *place) : nullptr;
      return source != nullptr && source->name == old && !wrong_.contains({rows, *place});
    };
    return !same(now.reference, was.reference) ||
           (now.function != Aggregate::count && !same(now.field, was.field));
  }

  static const EntityInfo* rows_of(const Catalog& catalog, const EntityInfo& entity,
                                   const Rollup& rollup) {
    return catalog.find(rollup.plugin.empty() ? entity.plugin() : rollup.plugin, rollup.entity);
  }

  static const Formula& formula_of(const EntityInfo& entity, std::size_t place) {
    return std::ranges::find(entity.derived().formulas, place, &Derived::Computed::column)->formula;
  }

  /// Whether a wrong column of `parent` sums up a wrong column of `rows`.
  [[nodiscard]] bool feeds(const EntityInfo& rows, const EntityInfo& parent) const {
    return std::ranges::any_of(wrong_, [&](const Place& one) {
      if (one.first != &parent) return false;
      const auto& field = *parent.columns()[one.second].field;
      if (!field.rollup || field.rollup->function == Aggregate::count ||
          rows_of(target_, parent, *field.rollup) != &rows)
        return false;
      const auto value = rows.find(field.rollup->field);
      return value && wrong_.contains({&rows, *value});
    });
  }

  [[nodiscard]] Derivation derivation(const EntityInfo& entity) const {
    Derivation made{.entity = entity.full_name(), .columns = {}, .again = false};
    for (const auto& [owner, place] : wrong_)
      if (owner == &entity) made.columns.push_back(entity.columns()[place].name);
    return made;
  }

  [[nodiscard]] bool inputs_ready(const Place& one, const std::set<Place>& ready) const {
    const auto& side = side_of(*one.first);
    if (!side.same_table) return false;
    const auto is_ready = [&](const Side& whose, std::size_t place) {
      if (wrong_.contains({whose.entity, place})) return ready.contains({whose.entity, place});
      const auto* source = kept(whose, place);
      return whose.source == nullptr || whose.added.contains(place) ||
             (source != nullptr && source->sql == whose.entity->columns()[place].sql);
    };
    const auto& field = *one.first->columns()[one.second].field;
    if (field.formula)
      return std::ranges::all_of(formula_of(*one.first, one.second).columns(),
                                 [&](std::size_t input) { return is_ready(side, input); });
    if (!field.rollup) return true;
    const auto* rows = rows_of(target_, *one.first, *field.rollup);
    if (rows == nullptr) return true;
    const auto& other = side_of(*rows);
    return other.same_table && is_ready(other, *rows->find(field.rollup->reference)) &&
           (field.rollup->function == Aggregate::count ||
            is_ready(other, *rows->find(field.rollup->field)));
  }

  Sides sides_;
  const Catalog& source_;
  const Catalog& target_;
  std::set<Place> wrong_;
};

}  // namespace

DerivedPlan plan_derived(const std::vector<EntityChange>& changes, const Catalog& before,
                         const Catalog& after) {
  const Wrong wrong(forward(changes), before, after);
  DerivedPlan plan;
  plan.all = wrong.ordered();
  plan.early = wrong.early(plan.all);
  return plan;
}

std::vector<Derivation> plan_underived(const std::vector<EntityChange>& changes,
                                       const Catalog& before, const Catalog& after) {
  return Wrong(backward(changes, before), after, before).ordered();
}

}  // namespace tenon::data
