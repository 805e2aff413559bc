// What the web application is drawn from: the menu and the schemas, as far as the reader may see
// what they are about.

#include <algorithm>
#include <utility>

#include "api/describe.h"
#include "api/routes.h"
#include "api/target.h"
#include "base/hash.h"
#include "plugins/manifest/manifest_json.h"

namespace tenon::api {
namespace {

/// Documents that change only with an install carry a tag of their content, so that asking again
/// costs little.
http::Response tagged(const http::Request& request, std::string text) {
  const std::string etag = "\"" + hex(sha256(text)).substr(0, 32) + "\"";
  if (request.header("If-None-Match") == etag) return http::Response(304).set("ETag", etag);
  return http::Response::json(200, std::move(text)).set("ETag", etag);
}

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

/// Removes the items of a list for which `keep(object)` is false.
template <class Keep>
void filter(json::object& object, std::string_view name, Keep keep) {
  auto* list = object.if_contains(name);
  if (list == nullptr || !list->is_array()) return;
  json::array kept;
  for (auto& item : list->get_array())
    if (keep(item.get_object())) kept.push_back(std::move(item));
  *list = std::move(kept);
}

bool sees(const RequestContext& context, std::string_view plugin, const std::string& entity) {
  return entity.empty() || context.principal->has(std::string(plugin) + "." + entity + ".list");
}

Task<http::Response> menu(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  std::vector<const plugins::Manifest*> manifests;
  for (const auto& [id, installation] : *site.origin.installations)
    manifests.push_back(&installation.plugin->manifest);
  auto document = plugins::menu_json(manifests);
  filter(document, "groups", [&](json::object& group) {
    filter(group, "items", [&](const json::object& item) {
      return sees(context, text_of(item, "plugin"), text_of(item, "entity"));
    });
    return !group.at("items").get_array().empty();
  });
  co_return tagged(request, json::serialize(document));
}

/// Entities without the columns that do not exist for this reader.
void narrow(json::object& document, const RequestContext& context, const data::Viewer& viewer,
            const data::Catalog& catalog, const std::string& plugin) {
  const auto listed = [&](const json::object& object, std::string_view name) {
    return sees(context, plugin, text_of(object, name));
  };
  filter(document, "entities", [&](json::object& entity) {
    if (!listed(entity, "name")) return false;
    const auto* info = catalog.find(plugin, text_of(entity, "name"));
    if (info != nullptr)
      filter(entity, "fields", [&](const json::object& field) {
        return data::Sight(*info, viewer).find(text_of(field, "name")).has_value();
      });
    return true;
  });
  filter(document, "pages", [&](const json::object& page) { return listed(page, "entity"); });
  filter(document, "actions", [&](const json::object& action) {
    const auto permission = text_of(action, "permission");
    return permission.empty() || context.principal->has(plugin + "." + permission);
  });
}

Task<http::Response> schema(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  const auto found = site.origin.installations->find(request.parameter("plugin"));
  if (found == site.origin.installations->end())
    co_return fail(
        Error(ErrorCode::not_found, "this plugin is not installed").because("plugin.unknown"));
  auto document = plugins::schema_json(found->second.plugin->manifest);
  narrow(document, context, site.viewer, *site.workspace->tenant()->catalog(), found->first);
  co_return tagged(request, json::serialize(document));
}

}  // namespace

Table schema_routes() {
  using http::Method;
  Table table("schema", {"菜单与结构", "Menu and schemas"});
  table.add(
      Method::get, "/api/v1/menu", Access::signed_in, menu,
      {.id = "get_menu",
       .summary = {"菜单", "The menu"},
       .headers = {{"If-None-Match"}},
       .replies = {{200,
                    "{groups: [{id: text, label: {*: text}, items: [{plugin: text, page: text, "
                    "label: {*: text}, icon: text, kind: text, entity: text}]}]}",
                    {"ETag"}},
                   {304, "", {"ETag"}}}});
  table.add(
      Method::get, "/api/v1/schema/{plugin}", Access::signed_in, schema,
      {.id = "get_schema",
       .summary = {"某模块的数据结构与页面", "Entities, pages and actions of a module"},
       .path = {{"plugin", kPluginId}},
       .headers = {{"If-None-Match"}},
       .replies = {{200,
                    "{plugin: text, version: text, entities: [{name: text, ...}], extensions: "
                    "[{...}], pages: [{id: text, ...}], actions: [{name: text, ...}], ...}",
                    {"ETag"}},
                   {304, "", {"ETag"}}}});
  return table;
}

}  // namespace tenon::api
