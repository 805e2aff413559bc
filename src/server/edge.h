#pragma once
// What the edge shows when no endpoint has answered. Private to the room.

#include <atomic>
#include <vector>

#include "base/random.h"
#include "http/hooks.h"
#include "http/route.h"

namespace tenon::server {

/// A problem that no endpoint saw (wrong path, wrong framing, overload) in the same protocol as all
/// others, under the trace of its request.
[[nodiscard]] http::Response edge_problem(const http::Problem& problem, Random& random);

/// `routes`, whose /readyz says 503 as soon as `leaving` is set: a load balancer then sends the
/// next requests elsewhere, while those that come are still answered. Lifetime: `leaving` outlives
/// them.
[[nodiscard]] std::vector<http::Route> not_ready_when(const std::atomic<bool>& leaving,
                                                      std::vector<http::Route> routes);

}  // namespace tenon::server
