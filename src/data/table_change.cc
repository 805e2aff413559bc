#include "data/table_change.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/names.h"

namespace tenon::data {
namespace {

std::string people(std::string_view quoted) {
  return std::string(logical_name(quoted.substr(1, quoted.size() - 2)));
}

/// The table that keeps what a change loses, until it is purged.
class Quarantine {
 public:
  Quarantine(const std::string& name, Dialect dialect) : name_(quote(name)), dialect_(dialect) {}

  void keep(const ColumnShape& column) { kept_.push_back(column); }
  [[nodiscard]] bool empty() const noexcept { return kept_.empty(); }

  [[nodiscard]] Statements fill(const std::string& table) const {
    std::string definition = portable(dialect_, "\"id\" {id} NOT NULL PRIMARY KEY");
    std::string list = "\"id\"";
    for (const auto& column : kept_) {
      definition += fmt::format(", {} {}", column.name, column_type(dialect_, column.storage));
      list += ", " + column.name;
    }
    return {
        fmt::format("CREATE TABLE {} ({}) {}", name_, definition, portable(dialect_, "{strict}")),
        fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2}", name_, list, table)};
  }
  /// The kept value of `column` for a row of `table`.
  [[nodiscard]] std::string value(const std::string& table, const std::string& column) const {
    return fmt::format("(SELECT q.{0} FROM {1} q WHERE q.\"id\" = {2}.\"id\")", column, name_,
                       table);
  }
  /// The same, or `otherwise` for a row that was not there yet.
  [[nodiscard]] std::string value_or(const std::string& table, const std::string& column,
                                     const std::string& otherwise) const {
    return fmt::format(
        "CASE WHEN EXISTS (SELECT 1 FROM {0} q WHERE q.\"id\" = {1}.\"id\") THEN {2} "
        "ELSE {3} END",
        name_, table, value(table, column), otherwise);
  }
  [[nodiscard]] std::string drop() const { return "DROP TABLE " + name_; }

 private:
  std::string name_;
  Dialect dialect_;
  std::vector<ColumnShape> kept_;
};

class TableMigrator {
 public:
  TableMigrator(const TableDelta& delta, const std::string& quarantine, Dialect dialect)
      : delta_(delta), dialect_(dialect), quarantine_(quarantine, dialect), middle_(delta.before) {
    for (const auto& pair : delta_.pairs)
      if (pair.changed() && pair.lossy()) quarantine_.keep(pair.from);
    for (const auto& column : delta_.removed)
      if (column.fold_of.empty()) quarantine_.keep(column);
  }

  std::vector<TablePart> make() {
    add_columns();
    fill_shadows();
    early_indexes();
    drop_indexes();
    rename_table();
    if (changes())
      dialect_ == Dialect::sqlite ? rebuild_table() : alter_columns();
    else
      rename_columns();
    late_indexes();
    return std::move(parts_);
  }

 private:
  [[nodiscard]] bool changes() const {
    return !delta_.removed.empty() || !late_.empty() ||
           std::ranges::any_of(delta_.pairs, &ColumnPair::changed);
  }

  TablePart& part(StepKind kind, StepClass step_class, std::string what) {
    return parts_.emplace_back(TablePart{.kind = kind,
                                         .step_class = step_class,
                                         .what = std::move(what),
                                         .sql = {},
                                         .undo = {},
                                         .without_references = false,
                                         .concurrently = false,
                                         .last = false,
                                         .microseconds_per_row = 0});
  }
  TablePart& last(StepKind kind, StepClass step_class, std::string what) {
    auto& made = part(kind, step_class, std::move(what));
    made.last = true;
    return made;
  }

  static std::vector<Filling> as_they_are(const TableShape& shape) {
    std::vector<Filling> fillings;
    for (const auto& column : shape.columns) fillings.emplace_back(column.name, column.name);
    return fillings;
  }

  void add_columns() {
    for (const auto& column : delta_.added) {
      const bool possible = (column.nullable || !column.default_sql.empty()) &&
                            delta_.before.find(column.name) == nullptr;
      if (!possible) {
        late_.push_back(column);
        continue;
      }
      const auto smaller = middle_;
      middle_.columns.push_back(column);
      auto& made = part(StepKind::add_column, StepClass::expand, people(column.name));
      made.sql = {fmt::format("ALTER TABLE {} ADD COLUMN {}", delta_.before.name,
                              column_sql(column, dialect_))};
      made.undo = {fmt::format("ALTER TABLE {} DROP COLUMN {}", delta_.before.name, column.name)};
      if (dialect_ == Dialect::postgres || column.references.empty()) continue;
      // SQLite drops no column that refers to something.
      made.undo = rebuild(middle_, smaller, as_they_are(smaller));
      made.without_references = true;
    }
  }

  /// Once beside the running version, and what that changed meanwhile at the end.
  void fill_shadows() {
    for (const auto& column : delta_.added) {
      if (column.fold_of.empty()) continue;
      const auto base = std::ranges::find_if(
          delta_.pairs, [&](const ColumnPair& pair) { return pair.to.name == column.fold_of; });
      if (base == delta_.pairs.end()) continue;
      const auto set = fmt::format("UPDATE {} SET {} = tenon_fold({})", delta_.before.name,
                                   column.name, base->from.name);
      auto& early = part(StepKind::fill_shadow, StepClass::backfill, people(base->from.name));
      early.sql = {fmt::format("{} WHERE {} IS NOT NULL", set, base->from.name)};
      early.microseconds_per_row = 4;
      auto& late = last(StepKind::fill_shadow, StepClass::backfill, people(base->from.name));
      late.sql = {
          fmt::format("{0} WHERE {1} IS NOT NULL AND ({2} IS NULL OR {2} <> "
                      "tenon_fold({1}))",
                      set, base->from.name, column.name)};
      late.microseconds_per_row = 2;
    }
  }

  /// Whether the index can be built before anything else changes.
  [[nodiscard]] bool early(const IndexShape& index) const {
    if (changes() || delta_.renames() || delta_.before.name != delta_.after.name) return false;
    return delta_.before.index(index.name) == nullptr &&
           std::ranges::all_of(index.columns, [&](const std::string& column) {
             return middle_.find(column) != nullptr;
           });
  }
  [[nodiscard]] bool known(const IndexShape& index) const {
    const auto* old = delta_.before.index(index.name);
    return old != nullptr && *old == index;
  }

  void early_indexes() {
    for (const auto& index : delta_.after.indexes) {
      if (known(index) || !early(index)) continue;
      auto& made = part(StepKind::create_index, StepClass::expand, columns_of(index));
      made.sql = {create_index(delta_.before, index)};
      made.undo = {drop_index(index)};
      made.concurrently = true;
      made.microseconds_per_row = 2;
    }
  }

  void drop_indexes() {
    for (const auto& index : delta_.before.indexes) {
      const auto* now = delta_.after.index(index.name);
      if (now != nullptr && *now == index) continue;
      auto& made = last(StepKind::drop_index, StepClass::contract, columns_of(index));
      made.sql = {drop_index(index)};
      made.undo = {create_index(delta_.before, index)};
    }
  }

  void late_indexes() {
    if (changes() && dialect_ == Dialect::sqlite) return;  // the rebuild made them
    for (const auto& index : delta_.after.indexes) {
      if (known(index) || early(index)) continue;
      auto& made = last(StepKind::create_index, StepClass::contract, columns_of(index));
      made.sql = {create_index(delta_.after, index)};
      made.undo = {drop_index(index)};
      made.microseconds_per_row = 2;
    }
  }

  static std::string columns_of(const IndexShape& index) {
    std::string text;
    for (const auto& column : index.columns) {
      const bool tail = column == "\"id\"" || column == "\"owner\"" || column == "\"department\"";
      if (!tail || text.empty()) text += (text.empty() ? "" : ", ") + people(column);
    }
    return text;
  }

  void rename_table() {
    if (delta_.before.name == delta_.after.name) return;
    auto& made = last(StepKind::rename_table, StepClass::contract, people(delta_.before.name));
    made.sql = {fmt::format("ALTER TABLE {} RENAME TO {}", delta_.before.name, delta_.after.name)};
    made.undo = {fmt::format("ALTER TABLE {} RENAME TO {}", delta_.after.name, delta_.before.name)};
  }

  void rename(const ColumnPair& pair, TablePart& made) const {
    const auto one = [&](const ColumnShape& from, const ColumnShape& to, Statements& out) {
      out.push_back(fmt::format("ALTER TABLE {} RENAME COLUMN {} TO {}", delta_.after.name,
                                from.name, to.name));
      if (dialect_ == Dialect::sqlite) return;
      const auto constraint = [&](const std::string& old, const std::string& fresh) {
        out.push_back(fmt::format("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", delta_.after.name,
                                  old, fresh));
      };
      if (!from.check.empty() && !to.check.empty())
        constraint(check_name_of(from), check_name_of(to));
      if (!from.references.empty() && !to.references.empty())
        constraint(reference_name_of(from), reference_name_of(to));
    };
    one(pair.from, pair.to, made.sql);
    Statements back;
    one(pair.to, pair.from, back);
    made.undo.insert(made.undo.begin(), back.begin(), back.end());
  }

  void rename_columns() {
    if (!delta_.renames()) return;
    auto& made = last(StepKind::rename_column, StepClass::contract, names_of_changes());
    for (const auto& pair : delta_.pairs)
      if (pair.renamed()) rename(pair, made);
  }

  [[nodiscard]] std::string names_of_changes() const {
    std::string text;
    const auto add = [&](std::string one) { text += (text.empty() ? "" : ", ") + std::move(one); };
    for (const auto& pair : delta_.pairs) {
      if (!pair.from.fold_of.empty()) continue;
      if (pair.renamed())
        add(people(pair.from.name) + " → " + people(pair.to.name));
      else if (pair.changed())
        add(people(pair.to.name));
    }
    for (const auto& column : delta_.removed)
      if (column.fold_of.empty()) add("− " + people(column.name));
    for (const auto& column : late_) add("+ " + people(column.name));
    return text;
  }

  TablePart& change_part() {
    const bool loses = !quarantine_.empty();
    auto& made = last(StepKind::change_table, loses ? StepClass::destructive : StepClass::contract,
                      names_of_changes());
    made.microseconds_per_row = 8;
    if (loses) made.sql = quarantine_.fill(delta_.after.name);
    return made;
  }

  static std::string filled(const ColumnPair& pair) {
    if (pair.fallback.empty()) return pair.conversion.forward;
    return fmt::format("COALESCE({}, {})", pair.conversion.forward, pair.fallback);
  }
  [[nodiscard]] std::string back(const ColumnPair& pair) const {
    const auto& table = delta_.after.name;
    const auto otherwise = pair.conversion.backward.empty() ? "NULL" : pair.conversion.backward;
    const bool kept = pair.changed() && pair.lossy();
    return kept ? quarantine_.value_or(table, pair.from.name, otherwise) : otherwise;
  }

  void rebuild_table() {
    auto middle = middle_;
    middle.name = delta_.after.name;
    std::vector<Filling> forth;
    std::vector<Filling> home;
    for (const auto& pair : delta_.pairs) {
      forth.emplace_back(pair.to.name, filled(pair));
      home.emplace_back(pair.from.name, back(pair));
    }
    for (const auto& column : delta_.added) {
      const bool there = std::ranges::find(late_, column) == late_.end();
      if (there) {
        forth.emplace_back(column.name, column.name);
        home.emplace_back(column.name, column.name);
      } else if (!column.default_sql.empty()) {
        forth.emplace_back(column.name, column.default_sql);
      }
    }
    for (const auto& column : delta_.removed)
      home.emplace_back(column.name, column.fold_of.empty()
                                         ? quarantine_.value(delta_.after.name, column.name)
                                         : shadow_back(column));
    // Indexes that go are dropped and made again by steps of their own.
    std::erase_if(middle.indexes, [&](const IndexShape& index) { return !stays(index); });
    auto& made = change_part();
    made.without_references = true;
    const auto there = rebuild(middle, delta_.after, forth);
    made.sql.insert(made.sql.end(), there.begin(), there.end());
    made.undo = rebuild(delta_.after, middle, home);
    if (!quarantine_.empty()) made.undo.push_back(quarantine_.drop());
  }

  [[nodiscard]] bool stays(const IndexShape& index) const {
    const auto* now = delta_.after.index(index.name);
    return now != nullptr && *now == index;
  }

  [[nodiscard]] std::string shadow_back(const ColumnShape& shadow) const {
    for (const auto& pair : delta_.pairs)
      if (pair.from.name == shadow.fold_of) return "tenon_fold(" + back(pair) + ")";
    return "tenon_fold(" + quarantine_.value(delta_.after.name, shadow.fold_of) + ")";
  }

  /// PostgreSQL: one column after another.
  void alter_columns() {
    auto& made = change_part();
    Statements home;
    const auto& table = delta_.after.name;
    const auto run = [&](std::string sql) { made.sql.push_back(std::move(sql)); };
    const auto alter = [&](const std::string& what) {
      return fmt::format("ALTER TABLE {} {}", table, what);
    };
    for (const auto& pair : delta_.pairs) {
      if (!pair.changed()) continue;
      const auto forth = change_column(pair.from, pair.to, pair.from.name, filled(pair));
      made.sql.insert(made.sql.end(), forth.begin(), forth.end());
    }
    for (const auto& column : delta_.removed) run(alter("DROP COLUMN " + column.name));
    for (const auto& column : late_) run(alter("ADD COLUMN " + column_sql(column, dialect_)));
    TablePart names;
    for (const auto& pair : delta_.pairs)
      if (pair.renamed()) rename(pair, names);
    made.sql.insert(made.sql.end(), names.sql.begin(), names.sql.end());

    home = names.undo;
    for (const auto& column : late_) home.push_back(alter("DROP COLUMN " + column.name));
    for (const auto& column : delta_.removed) {
      auto loose = column;
      loose.nullable = true;
      home.push_back(alter("ADD COLUMN " + column_sql(loose, dialect_)));
      home.push_back(fmt::format(
          "UPDATE {0} SET {1} = {2}", table, column.name,
          column.fold_of.empty() ? quarantine_.value(table, column.name) : shadow_back(column)));
      if (!column.nullable)
        home.push_back(alter(fmt::format("ALTER COLUMN {} SET NOT NULL", column.name)));
    }
    for (const auto& pair : delta_.pairs) {
      if (!pair.changed()) continue;
      // The names are the old ones again here.
      auto way = back(pair);
      if (pair.renamed()) replace_all(way, pair.to.name, pair.from.name);
      auto from = pair.to;
      from.name = pair.from.name;
      const auto there = change_column(from, pair.from, pair.from.name, way);
      home.insert(home.end(), there.begin(), there.end());
    }
    if (!quarantine_.empty()) home.push_back(quarantine_.drop());
    made.undo = std::move(home);
  }

  static void replace_all(std::string& text, const std::string& old, const std::string& fresh) {
    for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += fresh.size())
      text.replace(at, old.size(), fresh);
  }

  [[nodiscard]] Statements change_column(const ColumnShape& from, const ColumnShape& to,
                                         const std::string& name, const std::string& value) const {
    Statements sql;
    const auto alter = [&](const std::string& what) {
      sql.push_back(fmt::format("ALTER TABLE {} {}", delta_.after.name, what));
    };
    const bool other_check = from.check != to.check || from.storage != to.storage;
    const bool other_reference = from.references != to.references || from.on_delete != to.on_delete;
    if (other_check && !from.check.empty()) alter("DROP CONSTRAINT " + check_name_of(from));
    if (other_reference && !from.references.empty())
      alter("DROP CONSTRAINT " + reference_name_of(from));
    if (!from.nullable && to.nullable) alter(fmt::format("ALTER COLUMN {} DROP NOT NULL", name));
    if (from.storage != to.storage && value.find("SELECT") == std::string::npos)
      alter(fmt::format("ALTER COLUMN {} TYPE {} USING ({})", name,
                        column_type(dialect_, to.storage), value));
    else if (value != name)
      sql.push_back(fmt::format("UPDATE {0} SET {1} = {2} WHERE {1} IS DISTINCT FROM {2}",
                                delta_.after.name, name, value));
    if (from.nullable && !to.nullable) alter(fmt::format("ALTER COLUMN {} SET NOT NULL", name));
    auto named = to;
    named.name = name;
    if (other_check && !to.check.empty())
      alter(fmt::format("ADD CONSTRAINT {} CHECK ({})", check_name_of(named), to.check));
    if (other_reference && !to.references.empty())
      sql.push_back(add_reference(delta_.after.name, named));
    return sql;
  }

  const TableDelta& delta_;
  Dialect dialect_;
  Quarantine quarantine_;
  TableShape middle_;              // with what could be added early
  std::vector<ColumnShape> late_;  // what could not
  std::vector<TablePart> parts_;
};

}  // namespace

std::string add_reference(const std::string& table, const ColumnShape& column) {
  return fmt::format(
      "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}(\"id\"){} "
      "DEFERRABLE INITIALLY DEFERRED",
      table, reference_name_of(column), column.name, column.references, column.on_delete);
}

std::vector<TablePart> migrate_table(const TableDelta& delta, const std::string& quarantine,
                                     Dialect dialect) {
  return TableMigrator(delta, quarantine, dialect).make();
}

}  // namespace tenon::data
