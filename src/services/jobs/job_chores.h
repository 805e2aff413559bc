#pragma once
// The history of jobs grows with every run; upkeep takes the old part away.

#include "services/upkeep/upkeep.h"

namespace tenon::services {

/// Takes away old runs of jobs.
[[nodiscard]] Chore job_chore();

}  // namespace tenon::services
