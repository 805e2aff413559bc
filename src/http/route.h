#pragma once
// A route says which requests a handler takes. Rooms that offer routes need only this header.

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "async/task.h"
#include "http/request.h"
#include "http/response.h"

namespace tenon::http {

/// Runs on the connection's I/O thread and must not block it. A thrown exception becomes a 500.
/// Must be callable from all I/O threads at once.
using Handler = std::function<asio::awaitable<Response>(Request)>;

struct Route {
  Method method = Method::get;
  /// `/api/v1/{plugin}/{entity}/{id}`; a last segment `{name*}` takes the rest, also an empty one.
  /// Literals beat parameters, parameters beat the rest. A GET route answers HEAD too.
  std::string pattern;
  Handler handler;
  std::size_t body_bytes = 0;  // bound for this route's body; 0: Options::body_bytes
  bool streams_body = false;   // the handler reads it from Request::body_source()
  bool sheddable = true;       // false: answered even under overload, as health is
  /// Filled by the router: parameter name → index of the segment.
  // NOLINTNEXTLINE(readability-redundant-member-init): with it a Route may leave it out
  std::vector<std::pair<std::string, std::size_t>> parameters = {};
  std::size_t wildcard_from = 0;  // filled by the router: index of the first wildcard segment
};

}  // namespace tenon::http
