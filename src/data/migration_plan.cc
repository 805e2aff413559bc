// The difference of two catalogs as a plan.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/hash.h"
#include "data/derive_plan.h"
#include "data/encode.h"
#include "data/files/references.h"
#include "data/names.h"
#include "data/predicate.h"
#include "data/search.h"
#include "data/table_change.h"

namespace tenon::data {
namespace {

constexpr std::size_t kShownValues = 5;

bool touches(const EntityInfo& entity, std::string_view plugin) {
  return entity.plugin() == plugin ||
         std::ranges::any_of(entity.entity().fields,
                             [&](const Field& field) { return field.extension == plugin; });
}

class Planner {
 public:
  Planner(storage::Session& session, const PlanInput& input) : session_(session), input_(input) {
    plan_.number = input.number;
    plan_.plugin = input.plugin;
    plan_.dialect = session.dialect();
    if (const auto* row = input.before.plugin(input.plugin)) plan_.from_version = row->version;
    if (const auto* row = input.after.plugin(input.plugin)) plan_.to_version = row->version;
  }

  Result<MigrationPlan> make() {
    std::set<const EntityInfo*> kept;
    std::vector<const EntityInfo*> fresh;
    std::vector<std::pair<const EntityInfo*, const EntityInfo*>> changed;
    for (const auto* now : input_.after.entities()) {
      const auto* was = predecessor(*now);
      if (was != nullptr) kept.insert(was);
      changes_.push_back({.was = was, .now = now, .delta = nullptr});
      const bool ours =
          touches(*now, input_.plugin) || (was != nullptr && touches(*was, input_.plugin));
      if (!ours) continue;
      if (was == nullptr)
        fresh.push_back(now);
      else
        changed.emplace_back(was, now);
    }
    for (const auto* now : fresh) TENON_TRY(create(*now));
    TENON_TRY(join_fresh(fresh));
    for (const auto& [was, now] : changed) TENON_TRY(change(*was, *now));
    for (const auto* was : input_.before.entities())
      if (was->plugin() == input_.plugin && !kept.contains(was)) TENON_TRY(quarantine(*was));
    for (std::uint32_t n = 1; n <= input_.callbacks; ++n) {
      auto& step = add(StepKind::callback, StepClass::backfill, {}, std::to_string(n));
      step.callback = n;
    }
    for (auto& change : changes_)
      if (const auto delta = deltas_.find(change.now); delta != deltas_.end())
        change.delta = &delta->second;
    TENON_TRY(derive());
    auto& step = add(StepKind::activate, StepClass::contract, plan_.plugin, plan_.to_version);
    step.last = true;
    step.derive_back = plan_underived(changes_, input_.before, input_.after);
    follow_numbers(step);
    // What adds comes first, then the module's own steps, then what is computed of both, then
    // everything at once.
    const auto phase = [](const MigrationStep& one) {
      if (one.last)
        return one.kind == StepKind::activate ? 5 : one.kind == StepKind::derive ? 4 : 3;
      return one.kind == StepKind::derive ? 2 : one.kind == StepKind::callback ? 1 : 0;
    };
    std::vector<MigrationStep> ordered;
    for (const int wanted : {0, 1, 2, 3, 4, 5})
      for (auto& one : plan_.steps)
        if (phase(one) == wanted) ordered.push_back(one);
    plan_.steps = std::move(ordered);
    return std::move(plan_);
  }

 private:
  const EntityInfo* predecessor(const EntityInfo& now) const {
    if (const auto* same = input_.before.find(now.plugin(), now.name())) return same;
    const auto& old = now.entity().renamed_from;
    if (old.empty() || input_.after.find(now.plugin(), old) != nullptr) return nullptr;
    return input_.before.find(now.plugin(), old);
  }

  MigrationStep& add(StepKind kind, StepClass step_class, std::string entity, std::string what) {
    MigrationStep step;
    step.kind = kind;
    step.step_class = step_class;
    step.key = fmt::format("migration.{}", to_string(kind));
    step.text = words_of(step.key, entity, what);
    step.entity = std::move(entity);
    step.field = std::move(what);
    return plan_.steps.emplace_back(std::move(step));
  }

  Result<std::int64_t> number(const std::string& sql) {
    std::int64_t answer = 0;
    TENON_TRY(session_.query(sql, {}, [&](const storage::Row& row) {
      answer = row.integer(0);
      return storage::Visit::stop;
    }));
    return answer;
  }

  Result<std::int64_t> rows_of(const std::string& table, const std::string& condition = {}) {
    return number(fmt::format("SELECT count(*) FROM {}{}{}", table,
                              condition.empty() ? "" : " WHERE ", condition));
  }

  Result<> create(const EntityInfo& now) {
    TENON_ASSIGN(shape, shape_of(now, input_.after, plan_.dialect));
    plan_.after.push_back(shape);
    auto bare = shape;
    if (plan_.dialect == Dialect::postgres)
      for (auto& column : bare.columns) column.references.clear();
    auto& step = add(StepKind::create_table, StepClass::expand, now.full_name(), {});
    TENON_ASSIGN(statements, create_statements(bare, plan_.dialect));
    step.sql = std::move(statements);
    const bool postgres = plan_.dialect == Dialect::postgres;
    step.undo = {fmt::format("DROP TABLE {}{}", shape.name, postgres ? " CASCADE" : "")};
    step.undo_without_references = true;
    for (auto& one : create_search(now, plan_.dialect)) step.sql.push_back(std::move(one));
    auto gone = drop_search(now);
    step.undo.insert(step.undo.begin(), gone.begin(), gone.end());
    step.milliseconds = 1;
    return {};
  }

  /// PostgreSQL wants the table that is referred to to be there: all of them are by now.
  Result<> join_fresh(const std::vector<const EntityInfo*>& fresh) {
    if (plan_.dialect != Dialect::postgres) return {};
    for (const auto* now : fresh) {
      TENON_ASSIGN(shape, shape_of(*now, input_.after, plan_.dialect));
      Statements sql;
      for (const auto& column : shape.columns)
        if (!column.references.empty()) sql.push_back(add_reference(shape.name, column));
      if (sql.empty()) continue;
      auto& step = add(StepKind::create_table, StepClass::expand, now->full_name(), {});
      step.key = "migration.references";
      step.text = words_of(step.key, now->full_name(), {});
      step.sql = std::move(sql);
    }
    return {};
  }

  Result<> change(const EntityInfo& was, const EntityInfo& now) {
    const auto stored = std::ranges::find(input_.shapes, was.table(), &TableShape::name);
    if (stored == input_.shapes.end())
      return fail(Error(ErrorCode::internal,
                        fmt::format("The table of \"{}\" is not in the ledger.", was.full_name()))
                      .because("schema.ledger"));
    TENON_ASSIGN(made, compare(was, now, *stored, input_.before, input_.after, plan_.dialect));
    const auto& delta = deltas_.emplace(&now, std::move(made)).first->second;
    if (delta.empty()) return {};
    TENON_TRY(check(was, now, delta));
    TENON_ASSIGN(rows, rows_of(was.table()));
    const auto away = fmt::format("q{}_{}", plan_.number, ++quarantines_);
    const auto parts = migrate_table(delta, away, plan_.dialect);
    for (const auto& part : parts) {
      auto& step = add(part.kind, part.step_class, now.full_name(), part.what);
      step.sql = part.sql;
      step.undo = part.undo;
      step.without_references = part.without_references;
      step.undo_without_references = part.without_references;
      step.concurrently = part.concurrently;
      step.last = part.last;
      step.rows = rows;
      step.milliseconds = 1 + rows * part.microseconds_per_row / 1000;
      if (part.kind != StepKind::change_table) continue;
      for (const auto& gone : delta.removed)
        if (const auto column = std::ranges::find(was.columns(), gone.name, &Column::sql);
            column != was.columns().end() && column->type == FieldType::file) {
          step.release.push_back(release_sql(quote(away), gone.name));
          step.release_back.push_back(release_sql(quote(away), gone.name, delta.after.name));
        }
    }
    add_search(was, now, delta, rows);
    plan_.before.push_back(*stored);
    plan_.after.push_back(delta.after);
    if (delta.before.name != delta.after.name) TENON_TRY(follow_all(delta));
    return {};
  }

  /// Computed values of the rows that are there.
  Result<> derive() {
    const auto plan = plan_derived(changes_, input_.before, input_.after);
    for (const auto& one : plan.early) TENON_TRY(add_derive(one, plan, false));
    for (const auto& one : plan.all) TENON_TRY(add_derive(one, plan, true));
    return {};
  }

  Result<> add_derive(const Derivation& one, const DerivedPlan& plan, bool last) {
    const auto* now = input_.after.find({}, one.entity);
    std::string names;
    for (const auto& column : one.columns) names += (names.empty() ? "" : ", ") + column;
    auto& step = add(StepKind::derive, StepClass::backfill, one.entity, names);
    const bool early =
        std::ranges::find(plan.early, one.entity, &Derivation::entity) != plan.early.end();
    if (last) step.key = early ? "migration.derive_rest" : "migration.derive_all";
    step.text = words_of(step.key, one.entity, names);
    step.derive = {one};
    step.last = last;
    if (!(last && early))
      for (const auto& number : now->derived().numbers)
        if (std::ranges::find(one.columns, now->columns()[number.column].name) != one.columns.end())
          step.undo.push_back(forget_numbers(number.name));
    const auto change = std::ranges::find(changes_, now, &EntityChange::now);
    TENON_ASSIGN(rows, rows_of(change->was->table()));
    step.rows = rows;
    step.milliseconds = 1 + rows * (last && early ? 4 : 12) / 1000;
    return {};
  }

  [[nodiscard]] std::string forget_numbers(const std::string& sequence) const {
    return fmt::format("DELETE FROM number_sequence WHERE name = {}",
                       literal(Value(sequence), plan_.dialect));
  }

  /// A sequence counts on under its new name.
  void follow_numbers(MigrationStep& step) const {
    const auto lead = [&](Statements& sql, const std::string& from, const std::string& to) {
      sql.push_back(forget_numbers(to));
      sql.push_back(fmt::format("UPDATE number_sequence SET name = {} WHERE name = {}",
                                literal(Value(to), plan_.dialect),
                                literal(Value(from), plan_.dialect)));
    };
    for (const auto& [now, delta] : deltas_)
      for (const auto& pair : delta.pairs) {
        const auto counts = [](const Column* column) {
          return column != nullptr && column->type == FieldType::sequence;
        };
        if (!counts(pair.was) || !counts(pair.now)) continue;
        const auto change = std::ranges::find(changes_, now, &EntityChange::now);
        const auto from = change->was->full_name() + "." + pair.was->name;
        const auto to = now->full_name() + "." + pair.now->name;
        if (from == to) continue;
        lead(step.sql, from, to);
        lead(step.undo, to, from);
      }
  }

  /// Tokens are made of the values: they are no part of what is kept or compared.
  void add_search(const EntityInfo& was, const EntityInfo& now, const TableDelta& delta,
                  std::int64_t rows) {
    const bool retold = now.searchable() && std::ranges::any_of(delta.pairs, [](const auto& pair) {
                          return pair.now != nullptr && !pair.now->fold_sql.empty() &&
                                 pair.conversion.forward != pair.from.name;
                        });
    if (!retold && same_search(was, now) && was.search_table() == now.search_table()) return;
    auto& step = add(StepKind::search, StepClass::contract, now.full_name(), was.full_name());
    const auto lead = [&](const EntityInfo& from, const EntityInfo& to) {
      Statements sql = drop_search(from);
      for (auto& one : create_search(to, plan_.dialect)) sql.push_back(std::move(one));
      return sql;
    };
    step.sql = lead(was, now);
    step.undo = lead(now, was);
    step.last = true;
    step.rows = rows;
    step.milliseconds = 1 + rows / 20;
  }

  /// A renamed table takes the references to it along: the shapes of those who refer change too.
  Result<> follow_all(const TableDelta& delta) {
    for (const auto& shape : input_.shapes) {
      const bool refers = std::ranges::any_of(shape.columns, [&](const ColumnShape& column) {
        return column.references == delta.before.name;
      });
      if (refers && shape.name != delta.before.name)
        TENON_TRY(follow(shape.name, delta.before.name, delta.after.name));
    }
    return {};
  }

  Result<> follow(const std::string& table, const std::string& old, const std::string& fresh) {
    const auto stored = std::ranges::find(input_.shapes, table, &TableShape::name);
    if (stored == input_.shapes.end()) return {};
    auto changed = std::ranges::find(plan_.after, table, &TableShape::name);
    if (changed == plan_.after.end()) {
      plan_.before.push_back(*stored);
      changed = plan_.after.insert(plan_.after.end(), *stored);
    }
    for (auto& column : changed->columns)
      if (column.references == old) column.references = fresh;
    return {};
  }

  Result<> quarantine(const EntityInfo& was) {
    for (const auto& incoming : was.incoming())
      if (const auto* source = input_.after.find(incoming.plugin, incoming.entity)) {
        const auto place = source->find(
            input_.before.find(incoming.plugin, incoming.entity)->columns()[incoming.column].name);
        const bool still = place && source->columns()[*place].type == FieldType::reference &&
                           source->columns()[*place].field->ref_entity == was.name();
        if (still) problem("schema.referenced", was.full_name(), source->full_name(), 1);
      }
    const auto stored = std::ranges::find(input_.shapes, was.table(), &TableShape::name);
    if (stored == input_.shapes.end()) return {};
    TENON_ASSIGN(rows, rows_of(was.table()));
    auto away = *stored;
    away.name = quote(fmt::format("q{}_{}", plan_.number, ++quarantines_));
    away.indexes.clear();
    std::vector<Filling> fillings;
    for (auto& column : away.columns) {
      column.references.clear();
      column.check.clear();
      fillings.emplace_back(column.name, column.name);
    }
    const bool lossy = rows > 0;
    auto& step = add(StepKind::quarantine_table,
                     lossy ? StepClass::destructive : StepClass::contract, was.full_name(), {});
    step.sql = rebuild(*stored, away, fillings, plan_.dialect);
    step.undo = rebuild(away, *stored, fillings, plan_.dialect);
    const auto gone = drop_search(was);
    step.sql.insert(step.sql.begin(), gone.begin(), gone.end());
    for (auto& one : create_search(was, plan_.dialect)) step.undo.push_back(std::move(one));
    step.without_references = step.undo_without_references = true;
    step.last = true;
    step.rows = rows;
    step.milliseconds = 1 + rows * 3 / 1000;
    for (const auto& column : was.columns())
      if (column.type == FieldType::file)
        step.release.push_back(release_sql(away.name, column.sql));
    plan_.before.push_back(*stored);
    if (lossy)
      plan_.consents.push_back({.reason = "schema.data.dropped_table",
                                .entity = was.full_name(),
                                .field = {},
                                .text = words_of("schema.data.dropped_table", was.full_name(), {}),
                                .rows = rows,
                                .values = {}});
    return {};
  }

  void problem(std::string_view reason, const std::string& entity, const std::string& what,
               std::int64_t rows, std::vector<std::string> values = {}) {
    plan_.problems.push_back({.reason = std::string(reason),
                              .entity = entity,
                              .field = what,
                              .text = words_of(reason, entity, what),
                              .rows = rows,
                              .values = std::move(values)});
  }
  void consent(std::string_view reason, const std::string& entity, const std::string& what,
               std::int64_t rows, std::vector<std::string> values) {
    plan_.consents.push_back({.reason = std::string(reason),
                              .entity = entity,
                              .field = what,
                              .text = words_of(reason, entity, what),
                              .rows = rows,
                              .values = std::move(values)});
  }

  /// Up to five values of `column` among the rows of `condition`, as JSON.
  Result<std::vector<std::string>> examples(const EntityInfo& entity, const Column& column,
                                            const std::string& condition) {
    std::vector<std::string> values;
    TENON_TRY(
        session_.query(fmt::format("SELECT DISTINCT {0} FROM {1} WHERE {2} ORDER BY {0} LIMIT {3}",
                                   column.sql, entity.table(), condition, kShownValues),
                       {}, [&](const storage::Row& row) {
                         std::string text;
                         write_value(text, column, row, 0);
                         values.push_back(std::move(text));
                         return storage::Visit::more;
                       }));
    return values;
  }

  Result<> check(const EntityInfo& was, const EntityInfo& now, const TableDelta& delta) {
    for (const auto& pair : delta.pairs) TENON_TRY(check_pair(was, now, pair));
    for (const auto& gone : delta.removed) {
      if (!gone.fold_of.empty()) continue;
      TENON_ASSIGN(rows, rows_of(was.table(), gone.name + " IS NOT NULL"));
      const auto what = std::string(logical_name(gone.name.substr(1, gone.name.size() - 2)));
      if (rows > 0) consent("schema.data.dropped", now.full_name(), what, rows, {});
    }
    for (const auto& fresh : delta.added)
      if (!fresh.nullable && fresh.default_sql.empty()) {
        TENON_ASSIGN(rows, rows_of(was.table()));
        const auto what = std::string(logical_name(fresh.name.substr(1, fresh.name.size() - 2)));
        if (rows > 0) problem("schema.data.missing", now.full_name(), what, rows);
      }
    for (const auto& index : delta.new_unique) TENON_TRY(check_unique(was, now, delta, index));
    return {};
  }

  Result<> check_pair(const EntityInfo& was, const EntityInfo& now, const ColumnPair& pair) {
    if (pair.was == nullptr) return {};
    const auto& way = pair.conversion;
    if (!way.refuses.empty()) {
      TENON_ASSIGN(rows, rows_of(was.table(), way.refuses));
      TENON_ASSIGN(values, examples(was, *pair.was, way.refuses));
      if (rows > 0)
        problem("schema.data.range", now.full_name(), pair.now->name, rows, std::move(values));
    }
    if (!way.loses.empty()) {
      TENON_ASSIGN(rows, rows_of(was.table(), way.loses));
      TENON_ASSIGN(values, examples(was, *pair.was, way.loses));
      if (rows > 0)
        consent("schema.data.lossy", now.full_name(), pair.now->name, rows, std::move(values));
    }
    if (pair.from.nullable && !pair.to.nullable && pair.fallback.empty()) {
      TENON_ASSIGN(rows, rows_of(was.table(), fmt::format("({}) IS NULL", way.forward)));
      if (rows > 0) problem("schema.data.missing", now.full_name(), pair.now->name, rows);
    }
    return {};
  }

  Result<> check_unique(const EntityInfo& was, const EntityInfo& now, const TableDelta& delta,
                        const IndexShape& index) {
    std::string columns;
    std::string present;
    std::vector<const Column*> shown;
    for (const auto& name : index.columns) {
      const auto pair = std::ranges::find_if(
          delta.pairs, [&](const ColumnPair& one) { return one.to.name == name; });
      if (pair == delta.pairs.end() || pair->was == nullptr) return {};  // new, hence empty
      columns += (columns.empty() ? "" : ", ") + pair->from.name;
      present += " AND " + pair->from.name + " IS NOT NULL";
      shown.push_back(pair->was);
    }
    std::vector<std::string> values;
    const auto where = delta.renames() ? std::string("\"deleted_at\" IS NULL") : index.where;
    TENON_TRY(session_.query(fmt::format("SELECT {0} FROM {1} WHERE {3}{2} GROUP BY {0} "
                                         "HAVING count(*) > 1 ORDER BY {0} LIMIT {4}",
                                         columns, was.table(), present, where, kShownValues),
                             {}, [&](const storage::Row& row) {
                               std::string text;
                               for (std::size_t i = 0; i < shown.size(); ++i) {
                                 if (i > 0) text += ",";
                                 write_value(text, *shown[i], row, static_cast<int>(i));
                               }
                               values.push_back(shown.size() > 1 ? "[" + text + "]" : text);
                               return storage::Visit::more;
                             }));
    std::string names;
    for (const auto* column : shown) names += (names.empty() ? "" : ", ") + column->name;
    const auto count = static_cast<std::int64_t>(values.size());
    if (!values.empty())
      problem("schema.data.duplicate", now.full_name(), names, count, std::move(values));
    return {};
  }

  storage::Session& session_;
  const PlanInput& input_;
  MigrationPlan plan_;
  std::vector<EntityChange> changes_;
  std::map<const EntityInfo*, TableDelta> deltas_;
  std::uint32_t quarantines_ = 0;
};

}  // namespace

Result<MigrationPlan> plan_upgrade(storage::Session& session, const PlanInput& input) {
  return Planner(session, input).make();
}

}  // namespace tenon::data
