#pragma once
// A file of the spool as an answer, piece by piece, for saving only.

#include <string>
#include <string_view>

#include "async/blocking_pool.h"
#include "http/response.h"
#include "services/bulk/spool.h"

namespace tenon::services {

/// Lifetime: the pool outlives the answer.
[[nodiscard]] http::Response send_file(BlockingPool& pool, SpoolReader reader,
                                       std::string_view media_type, std::string_view name);

}  // namespace tenon::services
