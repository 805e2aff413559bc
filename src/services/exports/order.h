#pragma once
// What an export was asked for, checked against what is installed and what the caller may see.

#include <memory>
#include <string>

#include "data/query.h"
#include "modules/module.h"
#include "services/bulk/outlook.h"
#include "services/exports/table.h"

namespace tenon::services {

enum class ExportFormat : std::uint8_t { csv, xlsx, json_lines };
[[nodiscard]] std::string_view to_string(ExportFormat format) noexcept;
/// `csv`, `xlsx`, `jsonl`: how the name of the file ends.
[[nodiscard]] std::string_view ending_of(ExportFormat format) noexcept;
[[nodiscard]] std::string_view media_type_of(ExportFormat format) noexcept;

struct ExportOrder {
  std::string plugin, entity;
  data::Parameters query;
  ExportFormat format = ExportFormat::csv;
  std::string locale;  // of headings
  Headings headings = Headings::labels;
  bool mark = true;   // CSV: a byte order mark
  bool guard = true;  // of texts that a spreadsheet would run
  std::string name;   // of the file, with its ending
  std::string named;  // the export of the manifest
  std::string text;   // of the query, for the row
};

/// Errors: invalid (`data.fields`, those of parse_query and table_of), not_found
/// (`http.not_found`, `bulk.named`: no such export is declared), denied (`permission`).
[[nodiscard]] Result<ExportOrder> export_order(const modules::RouteCall& call,
                                               const std::string& body, const Outlook& outlook,
                                               Timestamp now);

/// The entity of `crm.customer`, for who has the right `….list` or `….manage`. Errors: not_found
/// (`http.not_found`), denied (`permission`).
[[nodiscard]] Result<const data::EntityInfo*> entity_for(const modules::RouteCall& call,
                                                         const data::Catalog& catalog,
                                                         std::string_view full_name,
                                                         std::string_view right);

}  // namespace tenon::services
