#pragma once
// The files of an import on the disk: what was sent, what is wrong with it, and the rows that are
// wrong with their reasons, to be mended and sent again.

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/bulk/import.h"
#include "services/bulk/spool.h"
#include "services/imports/guess.h"

namespace tenon::services {

/// What was sent, as the importer reads it.
class SpoolSource final : public data::ByteSource {
 public:
  explicit SpoolSource(SpoolReader reader) : reader_(std::move(reader)) {}
  Result<std::size_t> read(std::span<char> out) override { return reader_.read(out); }
  Result<> rewind() override { return reader_.rewind(); }

 private:
  SpoolReader reader_;
};

/// Each row of a CSV file with its number, the header's being 0; `visit` false ends it. Blocks.
[[nodiscard]] Result<> each_row(
    const std::filesystem::path& path, const data::CsvLimits& limits,
    const std::function<Result<bool>(std::uint64_t, const data::CsvRow&)>& visit);

/// Errors: invalid (`imports.empty`), those of the reader (`csv.…`). Blocks.
[[nodiscard]] Result<FileHead> head_of(const std::filesystem::path& path,
                                       const data::CsvLimits& limits);

/// One thing that is wrong with a row.
struct RowProblem {
  std::uint64_t row = 0, line = 0;
  std::string column, rule, message;
};
/// At most `limit` behind the first `after`. Blocks.
[[nodiscard]] Result<std::vector<RowProblem>> problems(const std::filesystem::path& path,
                                                       std::size_t after, std::size_t limit);

/// Writes the rows of `source` that `errors` speaks of, with a column for the line and one for the
/// reasons. Blocks.
[[nodiscard]] Result<> write_bad_rows(
    const std::filesystem::path& source, const std::filesystem::path& errors,
    const data::CsvLimits& limits, SpoolWriter& out, std::string_view line_heading,
    std::string_view reason_heading, const std::function<std::string(const RowProblem&)>& in_words);

}  // namespace tenon::services
