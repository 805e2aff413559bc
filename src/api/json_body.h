#pragma once
// Reading what a client wrote: the media type, then strict JSON, then typed members. Every error
// names its place.

#include <string>
#include <string_view>

#include "base/json.h"
#include "http/request.h"

namespace tenon::api {

/// Errors: invalid with `http.media_type` unless the body is said to be application/json, and those
/// of json::parse.
[[nodiscard]] Result<json::value> json_value(const http::Request& request);
/// The same for an object (`json.not_object`).
[[nodiscard]] Result<json::object> json_object(const http::Request& request);
/// Errors: invalid with a FieldError (`required`, `type`).
[[nodiscard]] Result<std::string> required_text(const json::object& object, std::string_view name);

}  // namespace tenon::api
