#include "data/bulk/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "data/bulk/import_journal.h"
#include "data/bulk/import_row.h"
#include "data/run_unit.h"

namespace tenon::data {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;
constexpr std::chrono::minutes kTakeBackTime{5};

/// Rows of the stream, a batch at a time.
class RowStream {
 public:
  RowStream(ByteSource& source, CsvLimits limits) : source_(source), reader_(limits) {}

  /// At most `count` rows; fewer only at the end.
  Result<std::vector<CsvRow>> take(std::size_t count) {
    while (waiting_.size() - next_ < count && !ended_) {
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(next_));
      next_ = 0;
      TENON_ASSIGN(got, source_.read(piece_));
      ended_ = got == 0;
      TENON_TRY(ended_ ? reader_.finish(waiting_) : reader_.feed({piece_.data(), got}, waiting_));
    }
    const auto end = std::min(waiting_.size(), next_ + count);
    std::vector<CsvRow> rows(
        std::make_move_iterator(waiting_.begin() + static_cast<std::ptrdiff_t>(next_)),
        std::make_move_iterator(waiting_.begin() + static_cast<std::ptrdiff_t>(end)));
    next_ = end;
    return rows;
  }

 private:
  ByteSource& source_;
  CsvReader reader_;
  std::vector<char> piece_ = std::vector<char>(kPiece);
  std::vector<CsvRow> waiting_;
  std::size_t next_ = 0;
  bool ended_ = false;
};

enum class Pass : std::uint8_t { check, write, write_all };
enum class Care : std::uint8_t { quick, careful };  // careful: each row in its own savepoint

struct Batch {
  std::uint64_t inserted = 0, updated = 0;
  std::vector<std::pair<std::size_t, std::vector<RowError>>> bad;  // by place in the batch
};

std::unexpected<Error> again(const char* reason) {
  return fail(Error(ErrorCode::conflict, "The batch is undone.").because(reason));
}
constexpr auto kDry = "import.dry";
constexpr auto kCareful = "import.careful";

class Importer {
 public:
  Importer(std::shared_ptr<Tenant> tenant, Viewer viewer, std::string plugin, ByteSource& source,
           const ImportOptions& options, Deadline deadline)
      : tenant_(std::move(tenant)),
        viewer_(std::move(viewer)),
        origin_{.plugin = std::move(plugin), .trace = options.trace},
        source_(source),
        options_(options),
        deadline_(deadline) {}

  Task<ImportReport> run(const EntityInfo& entity, const Catalog& catalog) {
    const bool all = options_.mode == ImportMode::all_or_nothing;
    if (!all && options_.run == ImportRun::write) {
      TENON_CO_TRY(co_await pass(entity, catalog, Pass::write, options_.batch));
      report_.written = true;
      co_return report_;
    }
    TENON_CO_TRY(co_await pass(entity, catalog, Pass::check, options_.batch));
    if (options_.run == ImportRun::dry || report_.bad > 0) co_return report_;
    const auto rows = report_.rows;
    report_ = {};
    if (rows <= kAtomicRows)
      TENON_CO_TRY(co_await pass(entity, catalog, Pass::write_all, kAtomicRows));
    else
      TENON_CO_TRY(co_await write_in_steps(entity, catalog));
    report_.written = true;
    co_return report_;
  }

 private:
  Task<> write_in_steps(const EntityInfo& entity, const Catalog& catalog) {
    const auto trace = options_.trace ? *options_.trace : TraceId::make(clock_, random_);
    origin_.trace = trace;
    ImportJournal journal(tenant_, clock_, entity.plugin(), entity.name(), trace);
    TENON_CO_TRY(co_await journal.open(deadline_));
    journal_ = &journal;
    auto done = co_await pass(entity, catalog, Pass::write_all, options_.batch);
    journal_ = nullptr;
    if (done) co_return co_await journal.close(deadline_);
    // If this fails as well, recover_imports() does it.
    auto left = co_await journal.take_back(Deadline::after(kTakeBackTime));
    if (!left)
      co_return std::unexpected(std::move(done.error()).in_context(left.error().for_log()));
    report_.left = *left;
    co_return done;
  }

  Task<> pass(const EntityInfo& entity, const Catalog& catalog, Pass pass, std::size_t size) {
    TENON_CO_TRY(source_.rewind());
    RowStream stream(source_, options_.csv);
    TENON_CO_ASSIGN(head, stream.take(1));
    if (head.empty())
      co_return fail(Error(ErrorCode::invalid, "The first line must name the columns.")
                         .because("import.column"));
    TENON_CO_ASSIGN(rows_of, RowImporter::make(catalog, entity, viewer_, options_, head.front()));
    if (pass == Pass::check) rows_of.check_stream();
    for (;;) {
      TENON_CO_ASSIGN(rows, stream.take(size));
      if (rows.empty()) co_return Result<>();
      if (report_.rows + rows.size() > options_.max_rows)
        co_return fail(Error(ErrorCode::exhausted, "There are too many rows for one import.")
                           .because("import.rows"));
      if (journal_ != nullptr) TENON_CO_TRY(co_await journal_->alive(deadline_));
      TENON_CO_ASSIGN(batch, co_await write(rows_of, rows, pass));
      TENON_CO_TRY(tell(rows, batch, pass));
    }
  }

  /// One transaction; a second, careful one when a row of the first was refused by the database.
  Task<Batch> write(RowImporter& rows_of, const std::vector<CsvRow>& rows, Pass pass) {
    Batch batch;
    for (const auto care : {Care::quick, Care::careful}) {
      auto work = [&](UnitOfWork& unit) -> Result<> {
        TENON_ASSIGN(made, apply(rows_of, unit, rows, care));
        batch = std::move(made);
        if (pass == Pass::check) return again(kDry);
        if (pass == Pass::write_all && !batch.bad.empty()) return refusal(batch);
        return {};
      };
      auto done = co_await run_unit(tenant_, viewer_, origin_, deadline_, std::move(work));
      if (done || done.error().reason() == kDry) break;
      if (done.error().reason() != kCareful) co_return std::unexpected(std::move(done.error()));
    }
    rows_of.keep_batch();
    co_return batch;
  }

  static Result<Batch> apply(RowImporter& rows_of, UnitOfWork& unit,
                             const std::vector<CsvRow>& rows, Care care) {
    Batch batch;
    rows_of.begin_batch();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::vector<RowError> errors;
      std::optional<Written> written;
      auto one = [&]() -> Result<> {
        TENON_ASSIGN(what, rows_of.apply(unit, rows[i], errors));
        written = what;
        return what ? Result<>() : again(kCareful);
      };
      auto done = care == Care::careful ? unit.within_savepoint(one) : one();
      if (!done && done.error().reason() != kCareful) return std::unexpected(done.error());
      if (!done && care == Care::quick && rows_of.reached_database()) return again(kCareful);
      if (!done) batch.bad.emplace_back(i, std::move(errors));
      if (done) ++(*written == Written::updated ? batch.updated : batch.inserted);
    }
    return batch;
  }

  /// What passed the check is wrong by now.
  static Result<> refusal(const Batch& batch) {
    const auto& error = batch.bad.front().second.front();
    return fail(Error(ErrorCode::conflict, "Records were changed during the import.")
                    .because("import.changed")
                    .with_field({"/" + error.column, error.rule, error.message}));
  }

  Result<> tell(const std::vector<CsvRow>& rows, const Batch& batch, Pass pass) {
    std::string lines;
    for (const auto& [place, errors] : batch.bad)
      for (const auto& error : errors) {
        lines += fmt::format("{},{},", report_.rows + place + 1, rows[place].line);
        if (!error.column.empty()) write_cell(lines, error.column, Guard::formulas);
        lines += "," + error.rule + ",";
        write_cell(lines, error.message, Guard::formulas);
        lines += "\r\n";
      }
    if (!lines.empty() && options_.errors) {
      if (!std::exchange(told_, true)) lines.insert(0, "row,line,column,rule,message\r\n");
      TENON_TRY(options_.errors(lines));
    }
    report_.rows += rows.size();
    report_.inserted += batch.inserted;
    report_.updated += batch.updated;
    report_.bad += batch.bad.size();
    if (report_.bad > options_.max_errors)
      return fail(Error(ErrorCode::exhausted, "Too many rows are wrong.").because("import.errors"));
    const bool checking = pass == Pass::check && options_.run == ImportRun::write;
    if (options_.progress && options_.progress({.checking = checking,
                                                .rows = report_.rows,
                                                .bad = report_.bad,
                                                .inserted = report_.inserted,
                                                .updated = report_.updated}) == Proceed::no)
      return fail(
          Error(ErrorCode::cancelled, "The import was cancelled.").because("import.cancelled"));
    return {};
  }

  std::shared_ptr<Tenant> tenant_;  // shared: kept open by its import
  Viewer viewer_;
  Origin origin_;
  ByteSource& source_;
  const ImportOptions& options_;
  Deadline deadline_;
  SystemClock clock_;
  SystemRandom random_;
  ImportReport report_;
  ImportJournal* journal_ = nullptr;
  bool told_ = false;
};

}  // namespace

Task<ImportReport> import_rows(std::shared_ptr<Tenant> tenant, Viewer viewer, std::string plugin,
                               std::string entity, ByteSource& source, const ImportOptions& options,
                               Deadline deadline) {
  TENON_ASSERT(options.batch > 0);
  const auto catalog = tenant->catalog();
  TENON_CO_ASSIGN(info, catalog->entity(plugin, entity));
  Importer importer(tenant, std::move(viewer), std::move(plugin), source, options, deadline);
  co_return co_await importer.run(*info, *catalog);
}

Task<std::uint64_t> recover_imports(std::shared_ptr<Tenant> tenant, Deadline deadline) {
  const SystemClock clock;
  co_return co_await ImportJournal::recover(std::move(tenant), clock, deadline);
}

}  // namespace tenon::data
