#include "data/derive_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "data/dialect.h"
#include "data/encode.h"
#include "data/migration.h"
#include "data/numbers.h"
#include "data/reader.h"

namespace tenon::data {
namespace {

constexpr int kMaxPasses = 18;  // roll-ups of roll-ups go 16 levels deep
constexpr std::size_t kShownRows = 5;
constexpr std::size_t kMostValues = 8000;  // of one statement
__extension__ using Wide = __int128;

/// A roll-up that is counted again: `over` is null when the rows that it sums up are not installed.
struct Recounted {
  std::size_t target = 0;
  const RollupOver* over = nullptr;
  const EntityInfo* rows = nullptr;
  Aggregate function = Aggregate::count;
};

/// What one derivation reads and writes of each row.
struct Work {
  const EntityInfo* entity = nullptr;
  std::vector<std::size_t> targets;  // sorted
  std::vector<Recounted> rollups;
  std::vector<const Derived::Computed*> formulas;
  std::vector<const Derived::Numbered*> numbers;
  std::vector<std::size_t> read;  // columns that are read, sorted; the id is the first
};

Recounted recounted(const EntityInfo& entity, std::size_t target, const Catalog& catalog) {
  const auto& rollup = *entity.columns()[target].field->rollup;
  Recounted made{.target = target, .over = nullptr, .rows = nullptr, .function = rollup.function};
  made.rows = catalog.find(rollup.plugin.empty() ? entity.plugin() : rollup.plugin, rollup.entity);
  if (made.rows == nullptr) return made;
  for (const auto& over : made.rows->derived().rollups)
    if (over.parent == &entity && over.target == target) made.over = &over;
  return made;
}

Work work_of(const EntityInfo& entity, const Derivation& derivation, const Catalog& catalog) {
  Work work{
      .entity = &entity, .targets = {}, .rollups = {}, .formulas = {}, .numbers = {}, .read = {0}};
  for (const auto& name : derivation.columns)
    if (const auto place = entity.find(name)) work.targets.push_back(*place);
  std::ranges::sort(work.targets);
  const auto wanted = [&](std::size_t place) {
    return std::ranges::binary_search(work.targets, place);
  };
  for (const auto place : work.targets)
    if (const auto* field = entity.columns()[place].field; field != nullptr && field->rollup)
      work.rollups.push_back(recounted(entity, place, catalog));
  for (const auto& one : entity.derived().formulas)
    if (wanted(one.column)) work.formulas.push_back(&one);
  for (const auto& one : entity.derived().numbers)
    if (wanted(one.column)) work.numbers.push_back(&one);
  work.read.insert(work.read.end(), work.targets.begin(), work.targets.end());
  for (const auto* one : work.formulas)
    work.read.insert(work.read.end(), one->formula.columns().begin(), one->formula.columns().end());
  if (!work.numbers.empty()) work.read.push_back(*entity.find("created_at"));
  std::ranges::sort(work.read);
  const auto same = std::ranges::unique(work.read);
  work.read.erase(same.begin(), same.end());
  return work;
}

/// What is counted of the rows that refer to row `t`: one column, two halves of a sum so that it
/// cannot overflow on the way.
std::string counted_sql(const Recounted& rollup) {
  if (rollup.over == nullptr) return ", NULL";
  const auto& rows = *rollup.rows;
  const auto select = [&](const std::string& what) {
    return fmt::format(
        ", (SELECT {} FROM {} AS c WHERE c.{} = t.\"id\" AND c.\"deleted_at\" IS NULL)", what,
        rows.table(), rows.columns()[rollup.over->reference].sql);
  };
  if (rollup.function == Aggregate::count) return select("count(*)");
  const auto value = "c." + rows.columns()[rollup.over->value].sql;
  if (rollup.function == Aggregate::sum)
    return select(fmt::format("CAST(coalesce(sum({} >> 32), 0) AS BIGINT)", value)) +
           select(fmt::format("CAST(coalesce(sum({} & 4294967295), 0) AS BIGINT)", value));
  return select(
      fmt::format("{}({})", rollup.function == Aggregate::minimum ? "min" : "max", value));
}

std::string select_sql(const Work& work) {
  std::string list;
  for (const auto place : work.read)
    list += (list.empty() ? "t." : ", t.") + work.entity->columns()[place].sql;
  for (const auto& rollup : work.rollups) list += counted_sql(rollup);
  return fmt::format("SELECT {} FROM {} AS t WHERE t.\"id\" > ?1 ORDER BY t.\"id\" LIMIT ?2", list,
                     work.entity->table());
}

/// A row as it was read; its values stand at their columns.
struct Row {
  std::vector<Value> before, after;
  std::vector<std::pair<std::size_t, std::string_view>> wrong;  // column, what is wrong with it
};

/// Takes the recounted value of one roll-up from `found` at `place`, which moves on.
void take_counted(const Recounted& rollup, const storage::Row& found, int& place, Row& row) {
  auto& target = row.after[rollup.target];
  const bool counts = rollup.function == Aggregate::count || rollup.function == Aggregate::sum;
  if (found.is_null(place)) {
    target = counts ? Value(std::int64_t{0}) : Value();
    ++place;
    return;
  }
  if (rollup.function != Aggregate::sum) {
    target = found.integer(place++);
    return;
  }
  const Wide sum = Wide{found.integer(place)} * (Wide{1} << 32) + found.integer(place + 1);
  place += 2;
  if (sum > std::numeric_limits<std::int64_t>::max() ||
      sum < std::numeric_limits<std::int64_t>::min())
    row.wrong.emplace_back(rollup.target, "overflow");
  else
    target = static_cast<std::int64_t>(sum);
}

Result<std::vector<Row>> read_rows(storage::Session& session, const Work& work, const Uuid& after) {
  std::vector<Row> rows;
  const std::array<storage::Value, 2> values{storage::Blob(after.bytes), kDerivedBatch};
  TENON_TRY(session.query(select_sql(work), values, [&](const storage::Row& found) {
    auto& row = rows.emplace_back();
    row.before.resize(work.entity->columns().size());
    int place = 0;
    for (const auto column : work.read)
      row.before[column] = read_value(work.entity->columns()[column], found, place++);
    row.after = row.before;
    for (const auto& rollup : work.rollups) take_counted(rollup, found, place, row);
    return storage::Visit::more;
  }));
  return rows;
}

void evaluate(const Work& work, Row& row) {
  std::size_t steps = kMaxFormulaSteps;
  for (const auto* one : work.formulas) {
    const auto& column = work.entity->columns()[one->column];
    const bool scaled = column.type == FieldType::decimal || column.type == FieldType::money;
    auto value = one->formula.evaluate(row.after, scaled ? column.scale : std::uint8_t{0}, steps);
    if (value)
      row.after[one->column] = *std::move(value);
    else
      row.wrong.emplace_back(one->column, "formula");
  }
}

/// Rows without a number get the next ones, in the order of `rows`, each by the day it was made.
Result<> give_numbers(storage::Session& session, const Work& work, std::vector<Row>& rows) {
  for (const auto* sequence : work.numbers) {
    const auto made = *work.entity->find("created_at");
    std::map<std::string, std::vector<Row*>> waiting;  // by period
    const auto time_of = [&](const Row& row) {
      return Timestamp(std::chrono::microseconds(std::get<std::int64_t>(row.before[made])));
    };
    for (auto& row : rows)
      if (is_null(row.before[sequence->column]))
        waiting[sequence->format.period(time_of(row))].push_back(&row);
    for (const auto& [period, list] : waiting) {
      TENON_ASSIGN(next, take_numbers(session, sequence->name, period,
                                      static_cast<std::int64_t>(list.size())));
      for (auto* row : list)
        row->after[sequence->column] = sequence->format.text(next++, time_of(*row));
    }
  }
  return {};
}

Result<> refuse_wrong(const Work& work, const std::vector<Row>& rows) {
  std::map<std::size_t, PlanProblem> problems;  // by column
  for (const auto& row : rows)
    for (const auto& [column, what] : row.wrong) {
      const auto& name = work.entity->columns()[column].name;
      const auto reason = what == "overflow" ? "schema.data.sum" : "schema.data.formula";
      auto& problem = problems[column];
      problem.reason = reason;
      problem.entity = work.entity->full_name();
      problem.field = name;
      problem.text = words_of(reason, problem.entity, name);
      ++problem.rows;
      if (problem.values.size() < kShownRows)
        problem.values.push_back("\"" + std::get<Uuid>(row.before[0]).to_string() + "\"");
    }
  if (problems.empty()) return {};
  std::vector<PlanProblem> list;
  for (auto& [column, problem] : problems) list.push_back(std::move(problem));
  return fail(refusal("schema.data", "The data does not fit the new version.", list));
}

/// Many rows by one statement: on PostgreSQL each costs a way there and back.
class Writer {
 public:
  Writer(storage::Session& session, const Work& work)
      : session_(session), work_(work), width_(work.targets.size() + 1) {}

  Result<> write(std::span<const Row* const> rows) {
    const std::size_t most = std::clamp<std::size_t>(kMostValues / width_, 1, 128);
    for (std::size_t at = 0; at < rows.size();) {
      // Two sizes only, so that few statements are prepared.
      const auto count =
          rows.size() - at >= most ? most : std::min<std::size_t>(rows.size() - at, 8);
      TENON_TRY(write_some(rows.subspan(at, count)));
      at += count;
    }
    return {};
  }

 private:
  Result<> write_some(std::span<const Row* const> rows) {
    std::string sets;
    for (std::size_t i = 0; i < work_.targets.size(); ++i)
      sets += fmt::format("{}{} = v.column{}", i == 0 ? "" : ", ",
                          work_.entity->columns()[work_.targets[i]].sql, i + 2);
    std::string list;
    std::vector<storage::Value> values;
    for (const auto* row : rows) {
      list += list.empty() ? "(" : ", (";
      add(list, values, 0, row->before[0]);
      for (const auto place : work_.targets) {
        list += ", ";
        add(list, values, place, row->after[place]);
      }
      list += ")";
    }
    TENON_TRY(session_.execute(
        fmt::format("UPDATE {} AS t SET {} FROM (VALUES {}) AS v WHERE t.\"id\" = v.column1",
                    work_.entity->table(), sets, list),
        values));
    return {};
  }

  void add(std::string& list, std::vector<storage::Value>& values, std::size_t place,
           const Value& value) const {
    values.push_back(view(value));
    list += fmt::format("CAST(?{} AS {})", values.size(),
                        column_type(session_.dialect(), work_.entity->columns()[place].storage));
  }

  storage::Session& session_;
  const Work& work_;
  std::size_t width_;
};

}  // namespace

Result<DerivedBatch> derive_batch(storage::Session& session, const Catalog& catalog,
                                  const Derivation& derivation, std::string_view cursor) {
  DerivedBatch batch;
  const auto* entity = catalog.find({}, derivation.entity);
  if (entity == nullptr) return batch;
  const auto work = work_of(*entity, derivation, catalog);
  if (work.targets.empty()) return batch;
  const auto from = cursor.empty() ? std::optional(Uuid{}) : Uuid::parse(cursor);
  if (!from)
    return fail(Error(ErrorCode::internal, "A cursor of the ledger cannot be read.")
                    .because("schema.stored"));
  TENON_ASSIGN(rows, read_rows(session, work, *from));
  for (auto& row : rows) evaluate(work, row);
  TENON_TRY(refuse_wrong(work, rows));
  TENON_TRY(give_numbers(session, work, rows));
  std::vector<const Row*> changed;
  for (const auto& row : rows)
    if (row.before != row.after) changed.push_back(&row);
  TENON_TRY(Writer(session, work).write(changed));
  batch.changed = changed.size();
  if (static_cast<std::int64_t>(rows.size()) == kDerivedBatch)
    batch.next = std::get<Uuid>(rows.back().before[0]).to_string();
  return batch;
}

namespace {

/// Gives the number of rows that changed.
Result<std::size_t> derive_one(storage::Session& session, const Catalog& catalog,
                               const Derivation& derivation) {
  std::size_t changed = 0;
  for (std::string cursor;;) {
    TENON_ASSIGN(batch, derive_batch(session, catalog, derivation, cursor));
    changed += batch.changed;
    if (!batch.next) return changed;
    cursor = *std::move(batch.next);
  }
}

}  // namespace

Result<> derive_all(storage::Session& session, const Catalog& catalog,
                    std::span<const Derivation> derivations) {
  for (int pass = 0;; ++pass) {
    std::size_t changed = 0;
    for (const auto& one : derivations) {
      if (pass > 0 && !one.again) continue;
      TENON_ASSIGN(rows, derive_one(session, catalog, one));
      if (one.again) changed += rows;
    }
    if (changed == 0) return {};
    if (pass == kMaxPasses)
      return fail(Error(ErrorCode::conflict,
                        "Roll-ups of roll-ups go on for too many levels; the rows refer to each "
                        "other in a circle.")
                      .because("data.rollup_depth"));
  }
}

}  // namespace tenon::data
