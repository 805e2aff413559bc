#include "api/json_body.h"

#include <algorithm>

#include "http/ascii.h"

namespace tenon::api {
namespace {

bool is_json(std::string_view media_type) {
  const std::string_view type = media_type.substr(0, media_type.find(';'));
  return http::same_without_case(type, "application/json");
}

std::unexpected<Error> wrong(std::string_view name, std::string_view code,
                             const std::string& message) {
  return fail(
      Error(ErrorCode::invalid, std::string(name) + " " + message)
          .because("schema.fields")
          .with_field(
              {.path = "/" + std::string(name), .code = std::string(code), .message = message}));
}

}  // namespace

Result<json::value> json_value(const http::Request& request) {
  if (!is_json(request.header("Content-Type").value_or("")))
    return fail(Error(ErrorCode::invalid, "send application/json").because("http.media_type"));
  // The edge has bounded the size already, by the route.
  const auto bytes = std::max(request.body().size(), json::ParseLimits{}.bytes);
  return json::parse(request.body(), {.bytes = bytes, .depth = request.body_depth()});
}

Result<json::object> json_object(const http::Request& request) {
  TENON_ASSIGN(value, json_value(request));
  if (!value.is_object())
    return fail(Error(ErrorCode::invalid, "expected a JSON object").because("json.not_object"));
  return std::move(value.get_object());
}

Result<std::string> required_text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr) return wrong(name, "required", "is missing");
  if (!value->is_string()) return wrong(name, "type", "must be a text");
  return std::string(value->get_string());
}

}  // namespace tenon::api
