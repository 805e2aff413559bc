#pragma once
// Which column of a file goes to which field: guessed by names and by labels in every language, so
// that what was exported comes back without a word, and a file of somebody else's mostly so.

#include <string>
#include <string_view>
#include <vector>

#include "data/bulk/csv_reader.h"
#include "data/catalog.h"
#include "data/viewer.h"

namespace tenon::services {

/// The first rows of a file.
struct FileHead {
  std::vector<std::string> headers;
  std::vector<std::vector<std::string>> samples;  // by column
};

struct GuessedColumn {
  std::string header;
  std::string field;  // empty: none, the column is read over
  std::string by;     // of a reference: the field of its entity that the cells hold
};

inline constexpr std::size_t kSamples = 3;  // of each column

/// `customer.name` and `客户.名称` name a record by a field of it. A reference whose cells are no
/// ids is looked up by its label, where that can be looked up.
[[nodiscard]] std::vector<GuessedColumn> guess_columns(const data::Catalog& catalog,
                                                       const data::EntityInfo& entity,
                                                       const data::Viewer& viewer,
                                                       const FileHead& head);

}  // namespace tenon::services
