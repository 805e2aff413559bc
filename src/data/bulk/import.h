#pragma once
// Rows of a CSV stream become records, through units of work, so that every rule of the entity
// holds, with events and audit; in constant memory however long the stream is. What is wrong with a
// row is told completely: one line of the error file for each wrong cell.
//
// `skip_bad_rows` writes batch after batch and leaves out what is wrong. `all_or_nothing` reads the
// stream twice: first it checks every row and writes nothing, then it writes. No transaction may
// hold the writer for as long as a long import takes (see the lease's cap), so a long one is
// written in steps; if a step fails after all, or the process dies (recover_imports), what was
// written is taken back by means of the audit trail. Until then others see it. Up to kAtomicRows
// are one transaction, where none of this is needed.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/bulk/csv_reader.h"
#include "data/bulk/csv_writer.h"
#include "data/bulk/export.h"
#include "data/tenant.h"

namespace tenon::data {

inline constexpr std::size_t kAtomicRows = 2000;

/// A stream that can be read again.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// The next bytes; 0 at the end.
  [[nodiscard]] virtual Result<std::size_t> read(std::span<char> out) = 0;
  [[nodiscard]] virtual Result<> rewind() = 0;
};

enum class ImportMode : std::uint8_t { all_or_nothing, skip_bad_rows };
enum class ImportRun : std::uint8_t { write, dry };  // dry: check only

/// Where a column goes.
struct ImportColumn {
  std::string header;
  std::string field;  // empty: nowhere
  std::string by;     // of a reference: the field of its entity that the cell holds; empty: the id
};

struct ImportProgress {
  bool checking = false;  // the first of two passes
  std::uint64_t rows = 0;
  std::uint64_t bad = 0;
  std::uint64_t inserted = 0;  // or would be, while nothing is written
  std::uint64_t updated = 0;
};
enum class Proceed : std::uint8_t { yes, no };

/// What a module makes of the fields of a row before they are written: changes them, or refuses the
/// row. Runs in its unit of work; `existing` is the record that will be updated, or none.
using BeforeRow =
    std::function<Result<>(UnitOfWork&, std::optional<RecordId> existing, json::object& fields)>;

struct ImportOptions {
  std::vector<ImportColumn> columns;  // those not named go to the field of their name
  std::vector<std::string> key;       // a row that agrees in these fields is updated, not inserted
  ImportMode mode = ImportMode::all_or_nothing;
  ImportRun run = ImportRun::write;
  Guard guard = Guard::formulas;       // what the exporter put before formulas is taken off
  std::size_t batch = 500;             // rows of one transaction
  std::uint64_t max_rows = 1'000'000;  // more is `exhausted`
  std::uint64_t max_errors = 100'000;  // bad rows; more ends the import
  CsvLimits csv;
  /// Hooks of modules; empty: there are none.
  BeforeRow before_row;
  /// Of all that is written, so that the audit tells what an import did; made when it is not given.
  std::optional<TraceId> trace;
  /// After every batch. `no` cancels (`import.cancelled`).
  std::function<Proceed(const ImportProgress&)> progress;
  /// The error file, CSV: row, line, column, rule, message.
  ByteSink errors;
};

struct ImportReport {
  std::uint64_t rows = 0;
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;  // among them those that were the same already
  std::uint64_t bad = 0;
  bool written = false;    // all_or_nothing with a bad row, or dry: false
  std::uint64_t left = 0;  // taken back, but for these, which others had changed meanwhile
};

/// Errors: invalid (`import.column` a header without a field, `import.key`, `csv.…`), exhausted
/// (`import.rows`, `import.errors`, `csv.…`), cancelled (`import.cancelled`), those of the
/// database. In mode all_or_nothing nothing is left of an import that ends with one. Thread: the
/// caller's executor, which it keeps busy for a batch at a time: use one for background work.
/// Lifetime: source and options outlive it.
[[nodiscard]] Task<ImportReport> import_rows(std::shared_ptr<Tenant> tenant, Viewer viewer,
                                             std::string plugin, std::string entity,
                                             ByteSource& source, const ImportOptions& options,
                                             Deadline deadline);

/// Takes back all_or_nothing imports whose process died. Gives their number. Harmless beside
/// imports that run.
[[nodiscard]] Task<std::uint64_t> recover_imports(std::shared_ptr<Tenant> tenant,
                                                  Deadline deadline);

}  // namespace tenon::data
