#pragma once
// What people see of the jobs and do with them: /api/v1/jobs.

#include <functional>
#include <string_view>
#include <vector>

#include "modules/job_board.h"
#include "modules/module.h"

namespace tenon::services {

/// `hint` is called when a tenant's jobs should be looked at. Lifetime: board, clock and `hint`
/// outlive the routes.
[[nodiscard]] std::vector<modules::Route> job_routes(
    const modules::JobBoard& board, const Clock& clock,
    std::function<void(std::string_view tenant)> hint);

}  // namespace tenon::services
