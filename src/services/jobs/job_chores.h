#pragma once

#include "services/upkeep/upkeep.h"

namespace tenon::services {

/// Takes away old runs of jobs.
[[nodiscard]] Chore job_chore();

}  // namespace tenon::services
