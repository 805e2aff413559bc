#include "data/bulk/export.h"

#include <string>

#include "data/bulk/json_parts.h"
#include "data/sight.h"

namespace tenon::data {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

/// Whether a column's value is JSON, which stands in a cell as it is.
bool is_json(const Column& column) noexcept {
  return column.type == FieldType::json || column.type == FieldType::computed ||
         column.type == FieldType::multi_select;
}

Result<> write_csv(std::string& out, const EntityInfo& entity, const Query& query,
                   std::string_view object, Guard guard) {
  std::size_t place = 0;
  const auto start = out.size();
  TENON_TRY(each_member(object, [&](std::string_view, std::string_view raw) -> Result<> {
    const auto& column = entity.columns()[query.select[place].column];
    if (place++ > 0) out += ',';
    if (raw == "null") return {};
    if (is_json(column)) {
      write_cell(out, raw, guard);
      return {};
    }
    if (!raw.starts_with('"')) {
      out += raw;  // a number or a truth value is no formula
      return {};
    }
    TENON_ASSIGN(text, text_of(raw));
    write_cell(out, text, guard);
    return {};
  }));
  if (place == 1 && out.size() == start) out += "\"\"";
  out += kLineEnd;
  return {};
}

}  // namespace

Result<std::uint64_t> export_rows(Snapshot& snapshot, const EntityInfo& entity, Query query,
                                  const ExportOptions& options, const ByteSink& sink) {
  if (query.aggregated || !query.embeds.empty())
    return fail(Error(ErrorCode::invalid, "An export takes columns of one entity, no groups.")
                    .because("export.shape"));
  query.limit = kMaxPage;
  query.offset = 0;
  query.after.reset();
  query.count = Count::none;
  if (query.select.empty())
    for (const auto column : Sight(entity, snapshot.viewer()).columns())
      query.select.push_back({.column = column, .name = entity.columns()[column].name});
  std::string out;
  if (options.format == ExportFormat::csv) {
    for (const auto& selected : query.select) {
      if (!out.empty()) out += ',';
      write_cell(out, selected.name, options.guard);
    }
    out += kLineEnd;
  }
  std::uint64_t rows = 0;
  for (;;) {
    TENON_ASSIGN(page, snapshot.list(entity, query));
    rows += page.rows;
    if (rows > options.max_rows)
      return fail(Error(ErrorCode::exhausted, "There are too many rows for one export.")
                      .because("export.rows"));
    TENON_TRY(each_element(page.json, [&](std::string_view object) -> Result<> {
      if (options.format == ExportFormat::csv)
        return write_csv(out, entity, query, object, options.guard);
      out.append(object).append("\n");
      return {};
    }));
    TENON_TRY(sink(out));
    out.clear();
    if (!page.next) return rows;
    query.after = std::move(page.next);
  }
}

}  // namespace tenon::data
