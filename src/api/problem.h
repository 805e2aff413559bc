#pragma once
// One error protocol from guest to browser: RFC 9457 problem details with our members (`code`,
// `reason`, `fields`, `trace_id`) and PostgREST's (`message`, `details`, `hint`), in the reader's
// language. Nothing private (SQL, paths, stacks) is in it: those stay in Error::detail(), which
// goes to the log.

#include <string>
#include <string_view>

#include "base/error.h"

namespace tenon::api {

/// The HTTP status of a failure. Reasons that name a status of their own (`http.*`,
/// `precondition.*`) win over the code.
[[nodiscard]] unsigned http_status(const Error& error) noexcept;

/// The problem document as JSON text (media type `application/problem+json`).
/// `locale` is `zh-CN` or `en`; any other is read as `en`. `trace` is the request's trace id.
/// `status` is 0 for http_status(error).
[[nodiscard]] std::string problem_json(const Error& error, std::string_view locale,
                                       std::string_view trace, int status = 0);

}  // namespace tenon::api
