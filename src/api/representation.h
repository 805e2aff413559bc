#pragma once
// Rows leave the data room as one JSON array of text; here they become what the client asked for.
// Nothing is parsed into a tree: texts are cut and joined.

#include <string>
#include <string_view>
#include <vector>

#include "api/accept.h"
#include "base/error.h"
#include "data/query.h"

namespace tenon::api {

/// `rows` is an array of objects. `query` names the columns of a CSV without rows. Errors: invalid
/// (`query.singular`) when one object is wanted and there is another number of rows.
[[nodiscard]] Result<std::string> represent(Form form, std::string rows, const data::Query& query,
                                            const data::EntityInfo& entity,
                                            const data::Viewer& viewer);
/// The same for rows of no entity; `names` are the columns of a CSV without rows.
[[nodiscard]] Result<std::string> represent_rows(Form form, std::string rows,
                                                 const std::vector<std::string>& names);
/// Errors: invalid (`query.singular`) when one object is wanted and `rows` is another number.
[[nodiscard]] Result<> check_single(Form form, std::size_t rows);
/// JSON text written by this server, without the members that are null, at any depth.
[[nodiscard]] Result<std::string> without_nulls(std::string_view json);

}  // namespace tenon::api
