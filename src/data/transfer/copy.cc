#include "data/transfer/copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "async/wait_for.h"
#include "data/audit.h"
#include "data/ledger.h"
#include "data/names.h"
#include "data/search.h"
#include "data/system.h"
#include "data/tenant_state.h"
#include "data/transfer/target_tables.h"

namespace tenon::data {
namespace {

using storage::Row;
using storage::Visit;

constexpr std::string_view kMark = "unfinished_copy";
constexpr std::size_t kValues = 1900;  // SQLite takes 2,000 in one statement
constexpr std::size_t kMaxRows = 200;
constexpr std::size_t kCommitBytes = std::size_t{16} << 20;
constexpr std::size_t kSeals = 10'000;

/// Leases one after another; each ends with commit().
class LeaseFilling final : public storage::Filling {
 public:
  explicit LeaseFilling(storage::Database& database) : database_(database) {}
  Result<> begin() {
    TENON_ASSIGN(lease, wait_for(database_.lease(Deadline::after(std::chrono::seconds(30)))));
    lease_ = std::move(lease);
    return {};
  }
  storage::Session& session() noexcept override { return lease_.session(); }
  Result<> commit() override {
    TENON_TRY(finish());
    return begin();
  }
  Result<> finish() override {
    TENON_TRY(wait_for(lease_.commit()));
    lease_ = {};
    return {};
  }

 private:
  storage::Database& database_;
  storage::Lease lease_;
};

/// `INSERT INTO table (columns) VALUES (…), (…)`.
std::string insert_sql(const TableInfo& table, const TableInfo& target, std::size_t rows,
                       storage::Dialect dialect) {
  std::string text = "INSERT INTO " + quote(table.name) + " (";
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    text += (i == 0 ? "" : ", ") + quote(table.columns[i].name);
  text += ")";
  if (target.counter && dialect == storage::Dialect::postgres) text += " OVERRIDING SYSTEM VALUE";
  text += " VALUES ";
  std::size_t place = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    text += row == 0 ? "(" : ", (";
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      text += fmt::format("{}?{}", i == 0 ? "" : ", ", ++place);
    text += ")";
  }
  return text;
}

/// Puts batches into one table of the target. Lifetime: borrows its parts.
class TableWriter {
 public:
  TableWriter(const TableInfo& table, const TableInfo& target, storage::Filling& to)
      : table_(table),
        target_(target),
        to_(to),
        rows_(std::clamp<std::size_t>(kValues / table.columns.size(), 1, kMaxRows)),
        full_(insert_sql(table, target, rows_, to.session().dialect())) {}

  Result<> put(const RowBatch& batch) {
    for (std::size_t first = 0; first < batch.rows(); first += rows_) {
      const auto count = std::min(rows_, batch.rows() - first);
      values_.clear();
      for (std::size_t row = first; row < first + count; ++row)
        for (std::size_t column = 0; column < table_.columns.size(); ++column)
          values_.push_back(batch.at(row, column));
      auto& session = to_.session();
      TENON_TRY(session.execute(
          count == rows_ ? full_ : insert_sql(table_, target_, count, session.dialect()), values_));
    }
    bytes_ += batch.bytes();
    if (bytes_ < kCommitBytes) return {};
    bytes_ = 0;
    return to_.commit();
  }

 private:
  const TableInfo& table_;
  const TableInfo& target_;
  storage::Filling& to_;
  std::size_t rows_;
  std::string full_;
  std::vector<storage::Value> values_;
  std::size_t bytes_ = 0;
};

Result<bool> has_meta(storage::Session& session) {
  TENON_ASSIGN(tables, read_tables(session, Catalog()));
  return std::ranges::find(tables, "meta", &TableInfo::name) != tables.end();
}

/// The steps of a change of the schema are words of one database.
Result<> refuse_half_changed(storage::Session& from, const storage::Session& to) {
  if (from.dialect() == to.dialect()) return {};
  TENON_ASSIGN(running, Ledger(from).unfinished());
  if (!running) return {};
  return fail(Error(ErrorCode::conflict,
                    fmt::format("A change by \"{}\" is still under way.", running->plan.plugin))
                  .because("schema.migration_running"));
}

/// An empty tenant with the mark in it.
Result<> prepare(storage::Session& from, storage::Filling& to, Random& random,
                 std::span<const NativeModule> native) {
  TENON_ASSIGN(used, has_meta(to.session()));
  if (used)
    return fail(
        Error(ErrorCode::conflict, "The database is not empty.").because("transfer.not_empty"));
  TENON_TRY(create_target_system(to.session(), random));
  TENON_TRY(make_native_tables(from, to.session(), native));
  TENON_TRY(to.session().execute("DELETE FROM meta"));
  const std::array<storage::Value, 2> values{
      kMark, storage::Blob(reinterpret_cast<const std::uint8_t*>(kMark.data()), kMark.size())};
  TENON_TRY(to.session().execute("INSERT INTO meta(key, value) VALUES(?1, ?2)", values));
  return to.commit();
}

/// References among tables of the system are checked at once on PostgreSQL: what they point to goes
/// first.
void order_by_references(std::vector<TableInfo>& tables) {
  const auto rank = [](const TableInfo& table) {
    const bool first = table.name == "plugin" || table.name == "blob" || table.name == "meta";
    return std::pair(!first, std::string_view(table.name));
  };
  std::ranges::sort(tables, {}, rank);
}

/// PostgreSQL leaves rows unsealed for a while; a file has none.
Result<> seal_rest(storage::Session& to, const std::vector<TableInfo>& targets,
                   CopyReport& report) {
  if (to.dialect() != storage::Dialect::sqlite) return {};
  for (;;) {
    TENON_ASSIGN(more, seal_audit(to, kSeals));
    if (more == 0) break;
    report.sealed += more;
  }
  const auto audit = std::ranges::find(targets, "audit", &TableInfo::name);
  if (report.sealed == 0 || audit == targets.end()) return {};
  TENON_ASSIGN(hash, table_hash(to, *audit));
  report.tables["audit"] = hash;
  return {};
}

/// Everything is over but the rows' indexes, references and search tokens.
Result<> copy_rows(storage::Session& from, storage::Filling& to,
                   const std::vector<TableInfo>& tables, const std::vector<TableInfo>& targets,
                   CopyReport& report) {
  for (const auto& table : tables) {
    const auto target = std::ranges::find(targets, table.name, &TableInfo::name);
    if (target == targets.end())
      return fail(Error(ErrorCode::internal,
                        fmt::format("The table \"{}\" was not made in the copy.", table.name))
                      .because("transfer.table"));
    TableWriter writer(table, *target, to);
    TableHasher hasher(table);
    TENON_TRY(each_batch(from, table, [&](const RowBatch& batch) -> Result<> {
      hasher.add(batch);
      return writer.put(batch);
    }));
    TENON_TRY(to.commit());
    report.rows += hasher.hash().rows;
    report.tables.emplace(table.name, hasher.hash());
  }
  TENON_ASSIGN(counters, read_counters(from, tables));
  for (const auto& [name, last] : counters)
    if (const auto target = std::ranges::find(targets, name, &TableInfo::name);
        target != targets.end() && target->counter)
      TENON_TRY(set_counter(to.session(), *target, last));
  return to.commit();
}

Result<> finish(storage::Filling& to, const Catalog& catalog,
                const std::vector<TableShape>& shapes) {
  TENON_TRY(finish_target_tables(to.session(), catalog, shapes));
  TENON_TRY(to.commit());
  for (const auto* entity : catalog.entities()) {
    TENON_TRY(refill_search(to.session(), *entity));
    TENON_TRY(to.commit());
  }
  return {};
}

/// Reads everything back.
Result<> compare(storage::Filling& to, const Catalog& catalog, const CopyReport& report) {
  TENON_ASSIGN(there, hash_tables(to.session(), catalog));
  for (auto it = there.begin(); it != there.end();)
    it = it->second.rows == 0 && !report.tables.contains(it->first) ? there.erase(it)
                                                                    : std::next(it);
  if (const auto table = first_difference(report.tables, there); !table.empty())
    return fail(
        Error(ErrorCode::internal, fmt::format("The copy of the table \"{}\" is not equal.", table))
            .because("transfer.different"));
  return {};
}

}  // namespace

Result<std::unique_ptr<storage::Filling>> fill_database(storage::Database& database) {
  auto filling = std::make_unique<LeaseFilling>(database);
  TENON_TRY(filling->begin());
  return filling;
}

Result<CopyReport> copy_tenant(storage::Session& from, storage::Filling& to, Random& random,
                               std::span<const NativeModule> native) {
  CopyReport report;
  TENON_TRY(refuse_half_changed(from, to.session()));
  TENON_ASSIGN(catalog, read_catalog(from));
  TENON_ASSIGN(tables, read_tables(from, *catalog));
  order_by_references(tables);
  TENON_TRY(prepare(from, to, random, native));
  TENON_ASSIGN(shapes, create_target_tables(from, to.session(), *catalog, tables));
  TENON_TRY(to.commit());
  TENON_ASSIGN(targets, read_tables(to.session(), *catalog));
  TENON_TRY(copy_rows(from, to, tables, targets, report));
  TENON_TRY(finish(to, *catalog, shapes));
  const std::array<storage::Value, 1> values{kMark};
  TENON_TRY(to.session().execute("DELETE FROM meta WHERE key = ?1", values));
  TENON_TRY(compare(to, *catalog, report));
  TENON_TRY(seal_rest(to.session(), targets, report));
  TENON_TRY(to.finish());
  return report;
}

Result<bool> is_unfinished_copy(storage::Session& session) {
  bool found = false;
  const std::array<storage::Value, 1> values{kMark};
  TENON_TRY(session.query("SELECT 1 FROM meta WHERE key = ?1", values, [&](const Row&) {
    found = true;
    return Visit::stop;
  }));
  return found;
}

}  // namespace tenon::data
