// Which columns of two shapes of a table are the same.
#include <algorithm>

#include "data/names.h"
#include "data/predicate.h"
#include "data/table_change.h"

namespace tenon::data {
namespace {

const Column* column_of(const EntityInfo& entity, std::string_view sql) {
  const auto found = std::ranges::find(entity.columns(), sql, &Column::sql);
  return found == entity.columns().end() ? nullptr : &*found;
}

/// What `was` is called in `now`: the same, or what says that it was renamed from it.
const Column* successor(const EntityInfo& before, const EntityInfo& now, const Column& was) {
  if (const auto same = now.find(was.name)) return &now.columns()[*same];
  for (const auto& column : now.columns())
    if (column.field != nullptr && column.field->renamed_from == was.name &&
        !before.find(column.name))
      return &column;
  return nullptr;
}

class Comparison {
 public:
  Comparison(const EntityInfo& was, const EntityInfo& now, const TableShape& stored,
             TableShape wanted, std::vector<IndexShape> old_indexes, Dialect dialect)
      : was_(was),
        now_(now),
        wanted_(std::move(wanted)),
        old_indexes_(std::move(old_indexes)),
        dialect_(dialect) {
    delta_.before = stored;
  }

  TableDelta make() {
    for (const auto& column : delta_.before.columns)
      if (column.fold_of.empty()) pair(column);
    for (const auto& column : delta_.before.columns)
      if (!column.fold_of.empty()) pair_shadow(column);
    for (const auto& column : wanted_.columns) {
      const bool taken = std::ranges::any_of(
          delta_.pairs, [&](const ColumnPair& one) { return one.to.name == column.name; });
      if (!taken) add(column);
    }
    delta_.after.name = wanted_.name;
    for (const auto& one : delta_.pairs) delta_.after.columns.push_back(one.to);
    delta_.after.columns.insert(delta_.after.columns.end(), delta_.added.begin(),
                                delta_.added.end());
    join_indexes();
    return std::move(delta_);
  }

 private:
  void keep(const ColumnShape& column) {
    delta_.pairs.push_back({.was = nullptr,
                            .now = nullptr,
                            .from = column,
                            .to = column,
                            .conversion = {column.name, column.name, {}, {}},
                            .fallback = {}});
  }

  void pair(const ColumnShape& column) {
    const auto* was = column_of(was_, column.name);
    const auto* now = was == nullptr ? column_of(now_, column.name) : successor(was_, now_, *was);
    if (was == nullptr && now == nullptr) return keep(column);  // the trash mark, or hidden
    if (now == nullptr) return delta_.removed.push_back(column);
    std::optional<Conversion> way;
    if (was != nullptr) way = conversion(*was, *now, dialect_);
    // A column that was hidden comes back.
    if (was == nullptr && column.storage == now->storage)
      way = Conversion{column.name, column.name, {}, {}};
    if (!way) return delta_.removed.push_back(column);
    ColumnPair made{.was = was,
                    .now = now,
                    .from = column,
                    .to = *wanted_.find(now->sql),
                    .conversion = std::move(*way),
                    .fallback = {}};
    made.to.default_sql = column.default_sql;
    // A reference to another plugin keeps the foreign key it has or has not.
    if (now->field != nullptr && !now->field->ref_plugin.empty() &&
        now->field->ref_plugin != now_.plugin()) {
      made.to.references = column.references;
      made.to.on_delete = column.on_delete;
    }
    if (column.nullable && !made.to.nullable && !is_null(now->rules.default_value))
      made.fallback = literal(now->rules.default_value, dialect_);
    delta_.pairs.push_back(std::move(made));
  }

  void pair_shadow(const ColumnShape& shadow) {
    const auto base = std::ranges::find_if(
        delta_.pairs, [&](const ColumnPair& one) { return one.from.name == shadow.fold_of; });
    if (base == delta_.pairs.end()) return delta_.removed.push_back(shadow);
    if (base->now == nullptr) return keep(shadow);
    if (base->now->fold_sql.empty()) return delta_.removed.push_back(shadow);
    ColumnPair made{.was = nullptr,
                    .now = nullptr,
                    .from = shadow,
                    .to = *wanted_.find(base->now->fold_sql),
                    .conversion = {shadow.name, base->now->fold_sql, {}, {}},
                    .fallback = {}};
    if (base->conversion.forward != base->from.name)
      made.conversion.forward = "tenon_fold(" + base->conversion.forward + ")";
    delta_.pairs.push_back(std::move(made));
  }

  void add(ColumnShape column) {
    const auto* now = column_of(now_, column.name);
    if (!column.nullable && now != nullptr && !is_null(now->rules.default_value))
      column.default_sql = literal(now->rules.default_value, dialect_);
    delta_.added.push_back(std::move(column));
  }

  void join_indexes() {
    delta_.after.indexes = wanted_.indexes;
    for (const auto& index : delta_.before.indexes) {
      const bool ours = std::ranges::any_of(
          old_indexes_, [&](const IndexShape& one) { return one.name == index.name; });
      const bool whole = std::ranges::all_of(index.columns, [&](const std::string& column) {
        return delta_.after.find(column) != nullptr;
      });
      if (!ours && whole && delta_.after.index(index.name) == nullptr)
        delta_.after.indexes.push_back(index);
    }
    for (const auto& index : delta_.after.indexes) {
      const auto* known = delta_.before.index(index.name);
      if (index.unique && (known == nullptr || *known != index)) delta_.new_unique.push_back(index);
    }
  }

  const EntityInfo& was_;
  const EntityInfo& now_;
  TableShape wanted_;
  std::vector<IndexShape> old_indexes_;
  Dialect dialect_;
  TableDelta delta_;
};

}  // namespace

bool ColumnPair::changed() const noexcept {
  return conversion.forward != from.name || !fallback.empty() || from.storage != to.storage ||
         from.nullable != to.nullable || from.references != to.references ||
         from.on_delete != to.on_delete ||
         (from.check != to.check && (!renamed() || from.check.empty() != to.check.empty()));
}

bool TableDelta::renames() const noexcept {
  return std::ranges::any_of(pairs, &ColumnPair::renamed);
}
bool TableDelta::pairs_same() const noexcept {
  return std::ranges::none_of(
      pairs, [](const ColumnPair& pair) { return pair.changed() || pair.renamed(); });
}

Result<TableDelta> compare(const EntityInfo& was, const EntityInfo& now, const TableShape& stored,
                           const Catalog& before, const Catalog& after, Dialect dialect) {
  TENON_ASSIGN(old, shape_of(was, before, dialect));
  TENON_ASSIGN(wanted, shape_of(now, after, dialect));
  return Comparison(was, now, stored, std::move(wanted), std::move(old.indexes), dialect).make();
}

}  // namespace tenon::data
