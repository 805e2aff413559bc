#include "abi.h"
#include "tenon/plugin/exports.h"

using namespace tenon::plugin;

namespace {

// Splits off the first segment of `/summary/上海`; gives nothing when no segment is left.
std::optional<std::string_view> next_segment(std::string_view& path) {
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool matches(std::string_view pattern, std::string_view path, Request& request) {
  request.parameters.clear();
  while (true) {
    const auto expected = next_segment(pattern);
    const auto given = next_segment(path);
    if (!expected || !given) return !expected && !given;
    if (expected->starts_with('{') && expected->ends_with('}') && !given->empty())
      request.parameters.emplace_back(expected->substr(1, expected->size() - 2),
                                      std::string(*given));
    else if (*expected != *given)
      return false;
  }
}

Json to_json(const Response& response) {
  return Json::object({{"status", Json::integer(response.status)},
                       {"headers", Json::object({{"content-type", "application/json"}})},
                       {"body", response.body}});
}

Result<Json> handle(std::string_view text) {
  Request request;
  TENON_ASSIGN(request.json, Json::parse(text));
  for (const Route& route : routes()) {
    if (route.method != request.json["method"].text()) continue;
    if (!matches(route.path, request.json["path"].text(), request)) continue;
    TENON_ASSIGN(const Response response, route.handle(request));
    return to_json(response);
  }
  return fail(ErrorCode::not_found, "this module has no such route");
}

}  // namespace

extern "C" bool exports_erp_plugin_routes_handle(plugin_string_t* request, plugin_string_t* answer,
                                                 erp_plugin_types_error_t* error) {
  const abi::Taken taken_request(*request);
  return abi::give_answer(handle(taken_request.view()), answer, error);
}
