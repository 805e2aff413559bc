#include "services/imports/csv_files.h"

#include <charconv>
#include <optional>

#include "base/utf8.h"
#include "data/bulk/csv_writer.h"

namespace tenon::services {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;
constexpr std::size_t kSampleBytes = 60;

std::uint64_t number_of(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

RowProblem problem_of(const data::CsvRow& row) {
  if (row.cells.size() < 5) return {};
  return {.row = number_of(row.cells[0].text),
          .line = number_of(row.cells[1].text),
          .column = std::string(data::unguarded(row.cells[2].text)),
          .rule = row.cells[3].text,
          .message = std::string(data::unguarded(row.cells[4].text))};
}

}  // namespace

Result<> each_row(const std::filesystem::path& path, const data::CsvLimits& limits,
                  const std::function<Result<bool>(std::uint64_t, const data::CsvRow&)>& visit) {
  TENON_ASSIGN(reader, SpoolReader::open(path));
  data::CsvReader csv(limits);
  std::vector<char> piece(kPiece);
  std::vector<data::CsvRow> rows;
  std::uint64_t number = 0;
  for (bool more = true; more;) {
    TENON_ASSIGN(got, reader.read(piece));
    more = got > 0;
    TENON_TRY(more ? csv.feed({piece.data(), got}, rows) : csv.finish(rows));
    for (const auto& row : rows) {
      TENON_ASSIGN(go_on, visit(number++, row));
      if (!go_on) return {};
    }
    rows.clear();
  }
  return {};
}

Result<FileHead> head_of(const std::filesystem::path& path, const data::CsvLimits& limits) {
  FileHead head;
  TENON_TRY(
      each_row(path, limits, [&](std::uint64_t number, const data::CsvRow& row) -> Result<bool> {
        if (number == 0) {
          for (const auto& cell : row.cells) head.headers.push_back(cell.text);
          head.samples.resize(head.headers.size());
          return true;
        }
        for (std::size_t i = 0; i < std::min(row.cells.size(), head.samples.size()); ++i)
          head.samples[i].emplace_back(utf8::truncated(row.cells[i].text, kSampleBytes));
        return number < kSamples;
      }));
  if (head.headers.empty())
    return fail(Error(ErrorCode::invalid, "The file is empty: its first line names the columns.")
                    .because("imports.empty"));
  return head;
}

Result<std::vector<RowProblem>> problems(const std::filesystem::path& path, std::size_t after,
                                         std::size_t limit) {
  std::vector<RowProblem> found;
  const auto end = after + limit;
  TENON_TRY(each_row(path, {}, [&](std::uint64_t number, const data::CsvRow& row) -> Result<bool> {
    if (number > after) found.push_back(problem_of(row));
    return number < end;
  }));
  return found;
}

Result<> write_bad_rows(const std::filesystem::path& source, const std::filesystem::path& errors,
                        const data::CsvLimits& limits, SpoolWriter& out,
                        std::string_view line_heading, std::string_view reason_heading,
                        const std::function<std::string(const RowProblem&)>& in_words) {
  // Both are in the order of the rows; there are so few errors that they fit in memory.
  TENON_ASSIGN(wrong, problems(errors, 0, SIZE_MAX / 2));
  std::size_t next = 0;
  std::string line = "\xEF\xBB\xBF";
  return each_row(source, limits,
                  [&](std::uint64_t number, const data::CsvRow& row) -> Result<bool> {
                    if (number > 0 && (next == wrong.size() || wrong[next].row != number))
                      return next < wrong.size();
                    for (const auto& cell : row.cells) {
                      data::write_cell(line, cell.text, data::Guard::none);
                      line += ',';
                    }
                    std::string reasons(number == 0 ? reason_heading : "");
                    std::string where(line_heading);
                    if (number > 0) where = std::to_string(wrong[next].line);
                    for (; number > 0 && next < wrong.size() && wrong[next].row == number; ++next)
                      reasons.append(reasons.empty() ? "" : "; ").append(in_words(wrong[next]));
                    data::write_cell(line, where, data::Guard::none);
                    line += ',';
                    data::write_cell(line, reasons, data::Guard::formulas);
                    line += "\r\n";
                    TENON_TRY(out.write(line));
                    line.clear();
                    return true;
                  });
}

}  // namespace tenon::services
