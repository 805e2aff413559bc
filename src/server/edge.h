#pragma once
// What the edge shows when no endpoint has answered. Private to the room.

#include "base/random.h"
#include "http/hooks.h"

namespace tenon::server {

/// A problem that no endpoint saw (wrong path, wrong framing, overload) in the same protocol as all
/// others, under the trace of its request.
[[nodiscard]] http::Response edge_problem(const http::Problem& problem, Random& random);

}  // namespace tenon::server
