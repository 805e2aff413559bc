#pragma once
// A record as a document: which columns and related records a template needs is read off the
// template, asked of the planner like any other question, and put into the text in the language of
// the reader.

#include <string>
#include <string_view>

#include "base/clock.h"
#include "data/query.h"
#include "services/print/template.h"

namespace tenon::services {

inline constexpr std::size_t kPrintedLines = 1000;                  // of one section
inline constexpr std::size_t kPrintedBytes = std::size_t{8} << 20;  // of a document

/// The question for the record `id`. Errors: invalid (`print.template`, with the names that the
/// entity does not have or the viewer may not see).
[[nodiscard]] Result<data::Query> print_query(std::shared_ptr<const data::Catalog> catalog,
                                              const data::EntityInfo& entity,
                                              const PrintTemplate& print, RecordId id,
                                              const data::Viewer& viewer);

struct PrintLook {
  std::string locale;  // `zh-CN` or `en`
  std::string nonce;   // of style sheets
  std::string title;   // of the page
  std::string user;    // {{print.user}}
  Timestamp now{};     // {{print.date}}
};

/// The whole page. `row` is the record as print_query() was answered. Errors: exhausted
/// (`print.size`), those of the JSON reader.
[[nodiscard]] Result<std::string> print_page(const data::EntityInfo& entity,
                                             const data::Query& query, const PrintTemplate& print,
                                             std::string_view row, const PrintLook& look);

}  // namespace tenon::services
