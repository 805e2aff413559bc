#pragma once
// One trace id follows a request through log, audit, plugins and the error on the screen. A caller
// that has one already hands it over (W3C Trace Context, `traceparent`), and every answer says
// which it was.

#include <string>

#include "base/id.h"
#include "base/random.h"
#include "http/request.h"

namespace tenon::api {

struct Trace {
  TraceId id{};
  std::string text;  // 32 hexadecimal digits (trace-id)
};

/// The caller's trace when the request has one valid `traceparent`, else a new one.
[[nodiscard]] Trace trace_of(const http::Request& request, Random& random);
/// A new one.
[[nodiscard]] Trace new_trace(Random& random);

/// `00-<trace-id>-<new span id>-01`, for `traceresponse` and for calls that we make ourselves.
[[nodiscard]] std::string traceparent_of(std::string_view trace, Random& random);

}  // namespace tenon::api
