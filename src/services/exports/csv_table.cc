#include "services/exports/csv_table.h"

#include <utility>

#include "data/bulk/json_parts.h"

namespace tenon::services {
namespace {

using data::FieldType;

/// Whether a column's value is JSON, which stands in a cell as it is.
bool is_json(FieldType type) noexcept {
  return type == FieldType::json || type == FieldType::computed || type == FieldType::multi_select;
}

class CsvTable final : public TableWriter {
 public:
  CsvTable(const std::vector<TableColumn>& columns, SpoolWriter& out, data::Guard guard, Mark mark)
      : out_(out), guard_(guard) {
    for (const auto& column : columns) types_.push_back(column.type);
    if (mark == Mark::utf8) line_ = "\xEF\xBB\xBF";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) line_ += ',';
      data::write_cell(line_, columns[i].heading, guard_);
    }
    line_ += "\r\n";
  }

  Result<> row(std::span<const std::string_view> cells) override {
    const auto start = line_.size();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line_ += ',';
      TENON_TRY(cell(cells[i], types_[i]));
    }
    // A line without any character would be no row.
    if (line_.size() == start) line_ += "\"\"";
    line_ += "\r\n";
    return line_.size() < kPiece ? Result<>() : flush();
  }
  Result<> finish() override { return flush(); }

 private:
  static constexpr std::size_t kPiece = std::size_t{64} << 10;

  Result<> flush() {
    TENON_TRY(out_.write(line_));
    line_.clear();
    return {};
  }
  Result<> cell(std::string_view raw, FieldType type) {
    if (raw == "null") return {};
    if (is_json(type)) {
      data::write_cell(line_, raw, guard_);
    } else if (!raw.starts_with('"')) {
      line_ += raw;  // a number or a truth value is no formula
    } else {
      TENON_ASSIGN(text, data::text_of(raw));
      data::write_cell(line_, text, guard_);
    }
    return {};
  }

  SpoolWriter& out_;
  const data::Guard guard_;
  std::vector<FieldType> types_;
  std::string line_;
};

}  // namespace

std::unique_ptr<TableWriter> make_csv_table(const std::vector<TableColumn>& columns,
                                            SpoolWriter& out, data::Guard guard, Mark mark) {
  return std::make_unique<CsvTable>(columns, out, guard, mark);
}

}  // namespace tenon::services
