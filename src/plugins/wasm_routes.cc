#include "plugins/wasm_routes.h"

#include <utility>

#include "base/json.h"
#include "http/query.h"
#include "plugins/alone.h"

namespace tenon::plugins {
namespace {

std::string request_json(const http::Request& request, std::string_view path) {
  // HEAD is answered by the GET route; the session leaves the body out.
  const auto method = request.method() == http::Method::head ? http::Method::get : request.method();
  json::object object{
      {"method", http::to_string(method)}, {"path", path}, {"body", request.body()}};
  json::object query;
  if (auto pairs = http::parse_query(request.query()))
    for (const auto& pair : *pairs) query[pair.name] = pair.value;
  object["query"] = std::move(query);
  json::object headers;
  // Never the cookie: a plugin must not be able to act as its caller elsewhere.
  for (const std::string_view name : {"Accept", "Accept-Language", "Content-Type"})
    if (const auto value = request.header(name)) headers[name] = *value;
  object["headers"] = std::move(headers);
  return json::serialize(object);
}

/// The plugin's answer: status, a content type that cannot run in our origin, and a text.
Result<http::Response> decode_answer(const std::string& text) {
  const auto broken = [] {
    return fail(Error(ErrorCode::internal,
                      "the plugin's route answered something else than status and body")
                    .because("plugin.answer"));
  };
  const auto parsed = json::parse_object(text);
  if (!parsed) return broken();
  const json::value* status = parsed->if_contains("status");
  const json::value* body = parsed->if_contains("body");
  const auto code =
      status != nullptr && status->is_int64() ? status->get_int64() : std::int64_t{200};
  if (code < 200 || code > 599) return broken();
  std::string content;
  if (body != nullptr)
    content = body->is_string() ? std::string(body->get_string()) : json::serialize(*body);
  auto response = http::Response::json(static_cast<int>(code), std::move(content));
  response.set("Content-Security-Policy", "default-src 'none'; sandbox");
  return response;
}

}  // namespace

http::Method method_of(RouteMethod method) noexcept {
  switch (method) {
    case RouteMethod::get:
      return http::Method::get;
    case RouteMethod::post:
      return http::Method::post;
    case RouteMethod::put:
      return http::Method::put;
    case RouteMethod::patch:
      return http::Method::patch;
    case RouteMethod::delete_:
      return http::Method::del;
  }
  return http::Method::get;
}

Task<http::Response> answer_route(Host* host, std::shared_ptr<Workspace> workspace,
                                  std::string plugin,
                                  std::function<void(std::string_view tenant)> committed,
                                  modules::RouteCall call, http::Request request) {
  const std::string path(request.path().substr(3 + plugin.size()));
  AloneCall alone{
      .origin = {.workspace = workspace,
                 .installations = workspace->installations(),
                 .principal = call.principal,
                 .trace = call.trace,
                 .deadline = call.deadline},
      .plugin = plugin,
      .viewer = std::move(call.viewer),
      .cause = {.plugin = {}, .trace = call.trace_id, .correlation = {}, .causation = {}},
      .limits = Limits::sync_call(),
      .subject = std::string(http::to_string(request.method())) + " " + path};
  TENON_CO_ASSIGN(answered, co_await run_alone(*host, std::move(alone),
                                               [text = request_json(request, path)](
                                                   Host& guest_host, CallArguments arguments) {
                                                 return guest_host.handle_route(
                                                     std::move(arguments), text);
                                               }));
  if (answered.events > 0) committed(workspace->tenant()->name());
  co_return decode_answer(answered.answer);
}

}  // namespace tenon::plugins
