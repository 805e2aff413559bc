#pragma once
// All rows of a question as a stream, on one snapshot, page by page by cursor: constant memory
// however many rows there are. It reads through the planner like any page, so a viewer exports what
// he may list and nothing else.
//
// CSV: a header of the selected names, CRLF, text as csv_writer.h says; null is an empty cell and
// an empty text `""`, so that an import gives back the same (but for a single column, where an
// empty line would be no row: null is `""` there). JSON lines: each row as a page shows it, one a
// line, exact.

#include <cstdint>
#include <functional>
#include <string_view>

#include "data/bulk/csv_writer.h"
#include "data/tenant.h"

namespace tenon::data {

enum class ExportFormat : std::uint8_t { csv, json_lines };

struct ExportOptions {
  ExportFormat format = ExportFormat::csv;
  Guard guard = Guard::formulas;       // CSV only; `none` for machines
  std::uint64_t max_rows = 1'000'000;  // more is `exhausted`
};

/// Takes the next piece of the stream; an error ends the export with it.
using ByteSink = std::function<Result<>(std::string_view)>;

/// Gives the number of rows. `query.limit`, `offset` and `after` have no say. Errors: invalid
/// (`export.shape`: groups or related records), exhausted (`export.rows`), those of list() and of
/// the sink. Blocks; a slow sink holds the snapshot, so write to a file when a client is at the
/// other end.
[[nodiscard]] Result<std::uint64_t> export_rows(Snapshot& snapshot, const EntityInfo& entity,
                                                Query query, const ExportOptions& options,
                                                const ByteSink& sink);

}  // namespace tenon::data
