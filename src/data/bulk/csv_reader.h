#pragma once
// Rows of separated values out of a stream of bytes (RFC 4180), in constant memory. Knows nothing
// of entities; takes any bytes whatever without harm.
//
// A record ends with CRLF, LF or CR outside quotes; lines without any character are passed over. A
// quoted cell may hold separators, line ends and doubled quotes. A quote inside an unquoted cell,
// or text behind a closing quote, is an error, since guessing would move the cells of a row. A byte
// order mark at the start is passed over. The separator is the one of `,` `;` TAB that the first
// line has most of outside quotes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tenon::data {

struct CsvLimits {
  std::size_t row_bytes = std::size_t{1} << 20;
  std::size_t cell_bytes = std::size_t{256} << 10;
  std::size_t cells = 500;
};

struct CsvCell {
  std::string text;
  bool quoted = false;  // tells an empty text from nothing at all
};

struct CsvRow {
  std::uint64_t line = 0;  // where it begins, from 1
  std::vector<CsvCell> cells;
};

/// Push in bytes, take out rows. Thread: one.
class CsvReader {
 public:
  explicit CsvReader(CsvLimits limits = {}) : limits_(limits) {}

  /// Takes the next bytes; complete rows are appended to `rows`. Errors: invalid (`csv.quote`,
  /// `csv.after_quote`), exhausted (`csv.row_bytes`, `csv.cell_bytes`, `csv.cells`), each with its
  /// line; the reader is then of no more use, since nobody knows where the next row begins.
  [[nodiscard]] Result<> feed(std::string_view bytes, std::vector<CsvRow>& rows);
  /// The end of the stream. Errors: invalid (`csv.open_quote`).
  [[nodiscard]] Result<> finish(std::vector<CsvRow>& rows);
  /// What separates cells; `,` until the first line has been seen.
  [[nodiscard]] char separator() const noexcept { return separator_; }

 private:
  enum class State : std::uint8_t { cell_start, plain, quoted, quote_in_quoted };
  [[nodiscard]] Result<> take(char c, std::vector<CsvRow>& rows);
  [[nodiscard]] Result<> add(char c);
  [[nodiscard]] Result<> end_cell();
  [[nodiscard]] Result<> end_row(std::vector<CsvRow>& rows);
  /// Looks for the separator in the first line; true when enough of it is there.
  [[nodiscard]] bool detect(bool at_end);
  [[nodiscard]] std::unexpected<Error> wrong(ErrorCode code, std::string reason,
                                             std::string_view message) const;

  CsvLimits limits_;
  State state_ = State::cell_start;
  char separator_ = ',';
  bool started_ = false;
  bool after_cr_ = false;
  bool line_ended_ = false;  // the next byte is on the next line
  std::string head_;         // what came before the separator was known
  std::uint64_t line_ = 1;
  std::uint64_t row_line_ = 1;
  std::size_t row_bytes_ = 0;
  CsvCell cell_;
  CsvRow row_;
};

}  // namespace tenon::data
