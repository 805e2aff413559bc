#include "data/bulk/csv_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tenon::data {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

std::unexpected<Error> CsvReader::wrong(ErrorCode code, std::string reason,
                                        std::string_view message) const {
  return fail(Error(code, fmt::format("Line {}: {}", line_, message))
                  .because(std::move(reason))
                  .with_details(fmt::format("{{\"line\":{}}}", line_)));
}

Result<> CsvReader::feed(std::string_view bytes, std::vector<CsvRow>& rows) {
  if (started_) {
    for (const char c : bytes) TENON_TRY(take(c, rows));
    return {};
  }
  head_ += bytes;
  if (!detect(false)) {
    if (head_.size() > limits_.row_bytes)
      return wrong(ErrorCode::exhausted, "csv.row_bytes", "the row is too long.");
    return {};
  }
  for (const char c : std::exchange(head_, {})) TENON_TRY(take(c, rows));
  return {};
}

Result<> CsvReader::finish(std::vector<CsvRow>& rows) {
  if (!started_) {
    (void)detect(true);
    for (const char c : std::exchange(head_, {})) TENON_TRY(take(c, rows));
  }
  if (state_ == State::quoted)
    return wrong(ErrorCode::invalid, "csv.open_quote", "a quote is not closed.");
  if (row_bytes_ > 0) TENON_TRY(end_row(rows));
  return {};
}

bool CsvReader::detect(bool at_end) {
  if (head_.size() < kByteOrderMark.size() && !at_end) return false;
  std::string_view text = head_;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  constexpr std::array kSeparators{',', ';', '\t'};
  std::array<std::size_t, kSeparators.size()> counts{};
  bool quoted = false;
  bool ended = at_end;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    ended = c == '\n' || c == '\r';
    if (ended) break;
    for (std::size_t i = 0; i < kSeparators.size(); ++i) counts[i] += c == kSeparators[i] ? 1 : 0;
  }
  if (!ended && !at_end) return false;
  const auto most = std::ranges::max_element(counts);
  separator_ = kSeparators[static_cast<std::size_t>(most - counts.begin())];
  head_.erase(0, head_.size() - text.size());
  started_ = true;
  return true;
}

Result<> CsvReader::add(char c) {
  if (cell_.text.size() >= limits_.cell_bytes)
    return wrong(ErrorCode::exhausted, "csv.cell_bytes", "a cell is too long.");
  cell_.text += c;
  return {};
}

Result<> CsvReader::end_cell() {
  if (row_.cells.size() >= limits_.cells)
    return wrong(ErrorCode::exhausted, "csv.cells", "there are too many cells.");
  row_.cells.push_back(std::exchange(cell_, {}));
  state_ = State::cell_start;
  return {};
}

Result<> CsvReader::end_row(std::vector<CsvRow>& rows) {
  TENON_TRY(end_cell());
  row_.line = row_line_;
  rows.push_back(std::exchange(row_, {}));
  row_bytes_ = 0;
  return {};
}

Result<> CsvReader::take(char c, std::vector<CsvRow>& rows) {
  const bool rest_of_crlf = std::exchange(after_cr_, c == '\r') && c == '\n';
  if (rest_of_crlf && state_ != State::quoted) return {};
  const bool line_end = c == '\n' || c == '\r';
  if (!rest_of_crlf && std::exchange(line_ended_, line_end)) ++line_;
  if (row_bytes_ == 0) row_line_ = line_;
  if (row_bytes_ == 0 && line_end) return {};
  if (++row_bytes_ > limits_.row_bytes)
    return wrong(ErrorCode::exhausted, "csv.row_bytes", "the row is too long.");
  if (state_ == State::quoted) {
    if (c != '"') return add(c);
    state_ = State::quote_in_quoted;
    return {};
  }
  if (c == separator_) return end_cell();
  if (line_end) return end_row(rows);
  if (state_ == State::quote_in_quoted) {
    if (c != '"')
      return wrong(ErrorCode::invalid, "csv.after_quote", "there is text behind a closing quote.");
    state_ = State::quoted;
    return add(c);
  }
  if (c == '"') {
    if (state_ == State::plain)
      return wrong(ErrorCode::invalid, "csv.quote", "there is a quote inside an unquoted cell.");
    state_ = State::quoted;
    cell_.quoted = true;
    return {};
  }
  state_ = State::plain;
  return add(c);
}

}  // namespace tenon::data
