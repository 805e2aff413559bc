// A plugin is run by hand: an administrator calls an export of it. Actions are in rpc.cc, the
// routes that plugins add in modules.cc.

#include <utility>

#include "api/describe.h"
#include "api/json_body.h"
#include "api/routes.h"
#include "api/transaction.h"

namespace tenon::api {
namespace {

Result<const plugins::Installation*> installation_of(const Site& site, std::string_view plugin) {
  const auto found = site.origin.installations->find(plugin);
  if (found == site.origin.installations->end())
    return fail(
        Error(ErrorCode::not_found, "this plugin is not installed").because("http.not_found"));
  return &found->second;
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

/// What is not known is refused, not read over.
Result<> check_call(const json::object& call) {
  std::vector<FieldError> errors;
  for (const auto& [key, value] : call) {
    const std::string_view name(key);
    if (name != "export" && name != "type" && name != "payload")
      errors.push_back(
          {"/" + std::string(name.substr(0, 64)), "unknown_field", "There is no such field."});
    else if (name == "type" && !value.is_string())
      errors.push_back({"/type", "type", "is a text"});
  }
  if (errors.empty()) return {};
  return fail(Error(ErrorCode::invalid, "Some fields are wrong.")
                  .because("schema.fields")
                  .with_fields(std::move(errors)));
}

Task<http::Response> call_export(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  TENON_CO_ASSIGN(installation, installation_of(site, request.parameter("plugin")));
  TENON_CO_ASSIGN(call, json_object(request));
  TENON_CO_ASSIGN(name, required_text(call, "export"));
  TENON_CO_TRY(check_call(call));
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

}  // namespace

Table extension_routes() {
  Table table("plugins", {});
  table.add(http::Method::post, "/api/v1/plugins/{plugin}/calls", Access::administrator,
            call_export,
            {.id = "call_plugin",
             .summary = {"手动运行插件", "Run a plugin by hand"},
             .path = {{"plugin", kPluginId}},
             .body = "{export: 'init'|'handle-event', type?: text, payload?: any}",
             .replies = {{200, "{result: text}"}},
             .failures = {409, 500}});
  return table;
}

}  // namespace tenon::api
