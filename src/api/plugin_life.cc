// What an administrator does with plugins after the upload. Each change needs the administrator,
// leaves an audit row (plugins/registry_plugins.cc writes it), and answers who is in the way.

#include <utility>

#include "api/describe.h"
#include "api/json_body.h"
#include "api/page_query.h"
#include "api/routes.h"
#include "api/transaction.h"
#include "plugins/manifest/read.h"

namespace tenon::api {
namespace {

Result<const data::PluginRow*> row_of(const data::Catalog& catalog, std::string_view plugin) {
  const auto* row = catalog.plugin(plugin);
  if (row == nullptr)
    return fail(
        Error(ErrorCode::not_found, "the plugin \"" + std::string(plugin) + "\" is not installed")
            .because("plugin.unknown"));
  return row;
}

/// `served` is false for what is enabled and cannot be used: the log says why.
json::object row_json(const Site& site, const data::Catalog& catalog, const data::PluginRow& row) {
  json::object item{
      {"id", row.id},
      {"version", row.version},
      {"state", data::to_string(row.state)},
      {"served", site.origin.installations->contains(row.id)},
      {"sha256", row.sha256},
      {"installed_at", to_rfc3339(Timestamp(std::chrono::microseconds(row.installed_at)))}};
  // A manifest of an older platform may not be readable any more; the rest is true all the same.
  if (const auto manifest = plugins::read_manifest(row.manifest)) {
    json::object name;
    for (const auto& [locale, text] : manifest->metadata.name) name[locale] = text;
    item["name"] = std::move(name);
    json::array needs;
    for (const auto& [id, version] : manifest->metadata.plugins)
      needs.emplace_back(json::object{{"id", id}, {"version", version.text()}});
    item["plugins"] = std::move(needs);
  }
  json::array needed;
  for (auto& id : plugins::Registry::needed_by(catalog, row.id)) needed.emplace_back(std::move(id));
  item["needed_by"] = std::move(needed);
  return item;
}

Task<http::Response> list(const App* app, RequestContext context, http::Request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  const auto catalog = site.workspace->tenant()->catalog();
  json::array rows;
  for (const auto& row : catalog->plugins()) rows.push_back(row_json(site, *catalog, row));
  co_return http::Response::json(200, json::serialize(rows));
}

Task<http::Response> get(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  const auto catalog = site.workspace->tenant()->catalog();
  TENON_CO_ASSIGN(row, row_of(*catalog, request.parameter("plugin")));
  co_return http::Response::json(200, json::serialize(row_json(site, *catalog, *row)));
}

using Step = Task<> (plugins::Registry::*)(std::shared_ptr<plugins::Workspace>, std::string,
                                           plugins::Requester);

Task<http::Response> take(const App* app, Step step, RequestContext context,
                          http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  TENON_CO_TRY(co_await (app->registry.*step)(
      site.workspace, std::string(request.parameter("plugin")), requester_of(context)));
  co_return http::Response(204);
}

json::object call_json(const plugins::CallNote& call) {
  json::object item{{"number", call.number},
                    {"at", to_rfc3339(call.at)},
                    {"trace_id", call.trace},
                    {"version", call.version},
                    {"function", call.function},
                    {"subject", call.subject},
                    {"depth", call.depth},
                    {"outcome", call.error ? to_string(call.error->code()) : "ok"},
                    {"bill", plugins::to_json(call.bill)}};
  item["user"] = call.user ? json::value(call.user->to_string()) : json::value(nullptr);
  if (call.error) {
    item["reason"] = call.error->reason();
    item["message"] = call.error->message();
  }
  return item;
}

Task<http::Response> calls(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  TENON_CO_ASSIGN(page, read_page_query(request, "before"));
  const std::string plugin(request.parameter("plugin"));
  const auto catalog = site.workspace->tenant()->catalog();
  TENON_CO_TRY(row_of(*catalog, plugin));
  json::array rows;
  if (const auto log = site.workspace->calls(plugin))
    for (const auto& call : log->newest(page.from, page.limit)) rows.push_back(call_json(call));
  const bool more = rows.size() == page.limit;
  auto response = http::Response::json(200, json::serialize(rows));
  if (more)
    response.add("Link",
                 "<" + std::string(request.path()) + "?limit=" + std::to_string(page.limit) +
                     "&before=" + json::serialize(rows.back().at("number")) + ">; rel=\"next\"");
  co_return response;
}

}  // namespace

Table plugin_life_routes() {
  using http::Method;
  Table table("plugins", {});
  const std::string all = "/api/v1/plugins";
  const std::string one = all + "/{plugin}";
  const std::vector<modules::Parameter> plugin{{"plugin", kPluginId}};
  table.add(
      Method::get, all, Access::administrator, list,
      {.id = "list_plugins",
       .summary = {"列出插件", "List plugins"},
       .replies = {{200, "[Plugin]"}},
       .types = {{"Plugin",
                  "{id: text, version: text, state: "
                  "'installed'|'enabled'|'disabled'|'uninstalled', served: bool, "
                  "sha256: text, installed_at: time, name?: {*: text}, plugins?: "
                  "[{id: text, version: text}], needed_by: [text]}"},
                 {"PluginCall",
                  "{number: int(1..), at: time, trace_id: text, version: text, function: text, "
                  "subject: text, depth: int(0..), outcome: text, bill: {*: int}, user: "
                  "uuid|null, reason?: text, message?: text}"}}});
  table.add(Method::get, one, Access::administrator, get,
            {.id = "get_plugin",
             .summary = {"查看插件", "One plugin"},
             .path = plugin,
             .replies = {{200, "Plugin"}}});
  table.add(
      Method::get, one + "/calls", Access::administrator, calls,
      {.id = "list_plugin_calls",
       .summary = {"插件最近的调用与用量", "The latest calls of a plugin, and what they took"},
       .path = plugin,
       .query = {{"limit", "int(1..200)"}, {"before", "int(0..)"}},
       .replies = {{200, "[PluginCall]", {"Link?"}}}});
  const auto step = [&](const std::string& verb, modules::Text summary, Step what) {
    table.add(Method::post, one + "/" + verb, Access::administrator,
              [what](const App* app, RequestContext context, http::Request request) {
                return take(app, what, std::move(context), std::move(request));
              },
              {.id = verb + "_plugin",
               .summary = std::move(summary),
               .path = plugin,
               .replies = {{204}},
               .failures = {409}});
  };
  step("enable", {"启用插件", "Enable a plugin"}, &plugins::Registry::enable);
  step("disable", {"停用插件", "Disable a plugin"}, &plugins::Registry::disable);
  step("uninstall", {"卸载插件", "Uninstall a plugin"}, &plugins::Registry::uninstall);
  step("purge", {"删除已卸载插件的数据", "Delete the data of an uninstalled plugin"},
       &plugins::Registry::purge);
  return table;
}

}  // namespace tenon::api
