#pragma once
// A table as CSV (RFC 4180), as data/bulk/csv_writer.h writes cells.

#include "data/bulk/csv_writer.h"
#include "services/bulk/spool.h"
#include "services/exports/table.h"

namespace tenon::services {

/// A byte order mark tells spreadsheets that the file is UTF-8.
enum class Mark : std::uint8_t { none, utf8 };

/// Lifetime: `out` outlives it.
[[nodiscard]] std::unique_ptr<TableWriter> make_csv_table(const std::vector<TableColumn>& columns,
                                                          SpoolWriter& out, data::Guard guard,
                                                          Mark mark);

}  // namespace tenon::services
