#pragma once
// A table as a workbook (Office Open XML) in constant memory: rows go to a temporary file at once.
// Cells have types: a number is one that a spreadsheet can add up, a day is a day. What its numbers
// (doubles of 15 digits) or its calendar (from 1900 on) cannot hold exactly is the exact text
// instead. Texts that begin like a formula are guarded as in CSV, since they end up there.

#include <filesystem>

#include "data/bulk/csv_writer.h"
#include "services/exports/table.h"

namespace tenon::services {

struct XlsxOptions {
  std::string sheet;                     // its name; what is not allowed in one is left out
  std::uint32_t sheet_rows = 1'048'576;  // with the heading; the next rows go to another sheet
  data::Guard guard = data::Guard::formulas;
};

/// Writes to `file`, with temporary files beside it; after finish() it is there. Errors of row():
/// exhausted (`exports.cell`: a text of more than 32,767 characters); of finish(): exhausted
/// (`files.disk`), unavailable (`files.store`).
[[nodiscard]] Result<std::unique_ptr<TableWriter>> make_xlsx_table(
    const std::vector<TableColumn>& columns, const std::filesystem::path& file,
    const XlsxOptions& options);

}  // namespace tenon::services
