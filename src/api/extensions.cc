// What plugins add to the API: their own routes under /x/{plugin}/, looked up in the manifests of
// the moment, so that they come and go with the plugin. Their actions are in rpc.cc.

#include <utility>

#include "api/json_body.h"
#include "api/routes.h"
#include "api/transaction.h"
#include "http/query.h"

namespace tenon::api {
namespace {

Result<const plugins::Installation*> installation_of(const Site& site, std::string_view plugin) {
  const auto found = site.origin.installations->find(plugin);
  if (found == site.origin.installations->end())
    return fail(
        Error(ErrorCode::not_found, "this plugin is not installed").because("http.not_found"));
  return &found->second;
}

Result<> check_permission(const RequestContext& context, const plugins::Plugin& plugin,
                          const std::string& code) {
  const std::string permission = plugin.id() + "." + code;
  if (code.empty() || context.principal->has(permission)) return {};
  return fail(Error(ErrorCode::denied, "this needs the right " + permission).because("permission"));
}

/// The result of a plugin call as the result of the transaction it ran in.
Task<std::string> settled(asio::awaitable<plugins::Outcome> call) {
  auto outcome = co_await std::move(call);
  co_return std::move(outcome.result);
}

/// A call by hand: an administrator runs `init` or `handle-event` of an installed plugin in a
/// transaction of its own.
asio::awaitable<plugins::Outcome> call_by_hand(plugins::Host* host,
                                               plugins::CallArguments arguments,
                                               json::object call) {
  const auto text = [&](std::string_view name) {
    const json::value* value = call.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
  };
  if (text("export") == "init") co_return co_await host->init(std::move(arguments));
  const json::value* payload = call.if_contains("payload");
  const std::string event =
      json::serialize(json::object{{"id", ""},
                                   {"type", text("type")},
                                   {"hop", 0},
                                   {"payload", payload ? *payload : json::value()}});
  co_return co_await host->handle_event(std::move(arguments), text("type"),
                                        payload ? json::serialize(*payload) : "{}", event);
}

Task<http::Response> call_export(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  TENON_CO_ASSIGN(installation, installation_of(site, request.parameter("plugin")));
  TENON_CO_ASSIGN(call, json_object(request));
  TENON_CO_ASSIGN(name, required_text(call, "export"));
  if (name != "init" && name != "handle-event")
    co_return fail(
        Error(ErrorCode::invalid, "export is \"init\" or \"handle-event\"")
            .because("schema.fields")
            .with_field(
                {.path = "/export", .code = "option", .message = "is init or handle-event"}));
  TENON_CO_ASSIGN(
      output,
      co_await transact<std::string>(
          *app, site,
          [host = &app->host, installation, call](data::UnitOfWork& unit, const Site& here) {
            return settled(call_by_hand(
                host, {.installation = *installation, .work = unit, .origin = here.origin}, call));
          }));
  co_return http::Response::json(200, json::serialize(json::object{{"result", output}}));
}

/// Whether `path` fits `pattern`, whose `{name}` segments take any one segment.
bool fits(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    const auto pattern_end = pattern.find('/', 1);
    const auto path_end = path.find('/', 1);
    const std::string_view want = pattern.substr(0, pattern_end);
    const std::string_view have = path.substr(0, path_end);
    const bool wild = want.starts_with("/{") && want.ends_with('}') && have.size() > 1;
    if (!wild && want != have) return false;
    pattern.remove_prefix(want.size());
    path.remove_prefix(have.size());
  }
  return pattern.empty() && path.empty();
}

std::string request_json(const http::Request& request, std::string_view path) {
  json::object object{
      {"method", http::to_string(request.method())}, {"path", path}, {"body", request.body()}};
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

Task<http::Response> run_route(const App* app, RequestContext context, http::Request request) {
  const auto not_found = [] {
    return fail(Error(ErrorCode::not_found, "there is no such address").because("http.not_found"));
  };
  // A public route still belongs to a tenant; before sign-in there is none to say which.
  if (!context.principal)
    co_return fail(Error(ErrorCode::denied, "sign in first").because("http.unauthenticated"));
  TENON_CO_ASSIGN(site, site_of(*app, context));
  TENON_CO_ASSIGN(installation, installation_of(site, request.parameter("plugin")));
  const plugins::Plugin& plugin = *installation->plugin;
  const std::string path(request.path().substr(3 + request.parameter("plugin").size()));
  const plugins::Route* found = nullptr;
  for (const plugins::Route& route : plugin.manifest.routes)
    if (plugins::to_string(route.method) == http::to_string(request.method()) &&
        fits(route.path, path))
      found = &route;
  if (found == nullptr) co_return not_found();
  if (!found->is_public) TENON_CO_TRY(check_permission(context, plugin, found->permission));
  TENON_CO_ASSIGN(
      answer,
      co_await transact<std::string>(
          *app, site,
          [host = &app->host, installation, text = request_json(request, path)](
              data::UnitOfWork& unit, const Site& here) {
            return settled(host->handle_route(
                {.installation = *installation, .work = unit, .origin = here.origin}, text));
          }));
  co_return decode_answer(answer);
}

}  // namespace

std::vector<http::Route> extension_routes(const App& app, const Gate& gate) {
  const auto handler = [&](Access access, auto function) {
    return gate.handler(access,
                        [app = &app, function](RequestContext context, http::Request request) {
                          return function(app, std::move(context), std::move(request));
                        });
  };
  std::vector<http::Route> routes = {{.method = http::Method::post,
                                      .pattern = "/api/v1/plugins/{plugin}/calls",
                                      .handler = handler(Access::administrator, call_export)}};
  for (const http::Method method : {http::Method::get, http::Method::post, http::Method::put,
                                    http::Method::patch, http::Method::del})
    routes.push_back({.method = method,
                      .pattern = "/x/{plugin}/{path*}",
                      .handler = handler(Access::open, run_route)});
  return routes;
}

}  // namespace tenon::api
