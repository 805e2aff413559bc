#pragma once
// What a list becomes when it leaves as a table: columns with headings, rows of values. A writer
// takes rows one by one and keeps none of them.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/catalog.h"
#include "data/query.h"

namespace tenon::services {

struct TableColumn {
  std::string heading;
  data::FieldType type = data::FieldType::string;
  std::uint8_t scale = 0;  // decimal, money
};

enum class Headings : std::uint8_t { labels, names };

/// What stands where in the rows that `query` gives: its columns, then those of the records it
/// refers to, one level deep (`category(name)` is the column `category.name`). A query that names
/// no columns gets all that the viewer may see. Errors: invalid (`export.shape`).
[[nodiscard]] Result<std::vector<TableColumn>> table_of(const data::EntityInfo& entity,
                                                        data::Query& query,
                                                        const data::Viewer& viewer,
                                                        Headings headings, std::string_view locale);
/// The raw JSON values of a row in the order of table_of(); `row` is a row of the same query.
/// Lifetime: of the row.
[[nodiscard]] Result<> cells_of(std::string_view row, const data::Query& query,
                                std::vector<std::string_view>& cells);

/// The label in that language, else English, else any, else `fallback`.
[[nodiscard]] std::string label_in(const data::Localized& label, std::string_view locale,
                                   std::string_view fallback);
/// What a system column is called; empty: it is none.
[[nodiscard]] std::string_view system_label(std::string_view name,
                                            std::string_view locale) noexcept;

/// Thread: one. Blocks.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  /// Raw JSON values, one for each column.
  [[nodiscard]] virtual Result<> row(std::span<const std::string_view> cells) = 0;
  [[nodiscard]] virtual Result<> finish() = 0;
};

}  // namespace tenon::services
