#pragma once
// Jobs and their runs as JSON, for the API and the command line.

#include "base/json.h"
#include "services/jobs/job_state.h"

namespace tenon::services {

[[nodiscard]] json::object run_json(const RunRow& run);
/// `last` is the newest attempt, or null.
[[nodiscard]] json::object job_json(const modules::OfferedJob& job, const JobRow& row,
                                    const RunRow* last, std::string_view company_zone);
/// What the row alone says.
[[nodiscard]] json::object row_json(const JobRow& row, const RunRow* last);

}  // namespace tenon::services
