// What is installed: upload, list, switch off; the menu and the schemas that the web application is
// drawn from.

#include <algorithm>
#include <utility>

#include "api/json_body.h"
#include "api/routes.h"
#include "api/transaction.h"
#include "base/hash.h"
#include "http/multipart.h"
#include "plugins/manifest/manifest_json.h"

namespace tenon::api {
namespace {

constexpr std::size_t kFormBytes = std::size_t{1} << 20;  // manifest and framing of an upload

/// The two files of an upload, recognised by the name of the part or of the file.
struct Upload {
  std::string manifest;
  std::string component;
};

Result<Upload> decode_upload(const http::Request& request) {
  TENON_ASSIGN(parts,
               http::parse_multipart(request.header("Content-Type").value_or(""), request.body()));
  const http::Part* manifest = nullptr;
  const http::Part* component = nullptr;
  for (const http::Part& part : parts) {
    if (part.name == "manifest" || part.file_name.ends_with(".toml"))
      manifest = &part;
    else if (part.name == "component" || part.name == "wasm" || part.file_name.ends_with(".wasm"))
      component = &part;
  }
  std::vector<FieldError> missing;
  if (manifest == nullptr)
    missing.push_back({"/manifest", "required", "the plugin.toml is missing"});
  if (component == nullptr) missing.push_back({"/component", "required", "the .wasm is missing"});
  if (!missing.empty())
    return fail(Error(ErrorCode::invalid,
                      "send the parts \"manifest\" (plugin.toml) and \"component\" (.wasm)")
                    .because("schema.fields")
                    .with_fields(std::move(missing)));
  return Upload{.manifest = std::string(manifest->content),
                .component = std::string(component->content)};
}

Task<http::Response> upload(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  TENON_CO_ASSIGN(files, decode_upload(request));
  TENON_CO_ASSIGN(
      plugin, co_await app->registry.install(
                  site.workspace, plugins::InstallRequest{.principal = context.principal,
                                                          .trace = context.trace,
                                                          .manifest = std::move(files.manifest),
                                                          .component = std::move(files.component),
                                                          .deadline = context.deadline}));
  auto response = http::Response::json(
      201, json::serialize(json::object{{"id", plugin->id()},
                                        {"version", plugin->manifest.metadata.version.text()},
                                        {"sha256", plugin->sha256},
                                        {"state", "enabled"}}));
  response.set("Location", "/api/v1/plugins/" + plugin->id());
  co_return response;
}

Task<http::Response> list(const App* app, RequestContext context, http::Request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  json::array rows;
  for (const auto& row : site.workspace->tenant()->catalog()->plugins()) {
    json::object item{{"id", row.id},
                      {"version", row.version},
                      {"state", data::to_string(row.state)},
                      {"sha256", row.sha256}};
    const auto installed = site.origin.installations->find(row.id);
    if (installed != site.origin.installations->end()) {
      json::object name;
      for (const auto& [locale, text] : installed->second.plugin->manifest.metadata.name)
        name[locale] = text;
      item["name"] = std::move(name);
    }
    rows.push_back(std::move(item));
  }
  co_return http::Response::json(200, json::serialize(rows));
}

Task<http::Response> disable(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  TENON_CO_TRY(co_await app->registry.disable(
      site.workspace, std::string(request.parameter("plugin")), context.deadline));
  co_return http::Response(204);
}

/// Documents that change only with an install carry a tag of their content, so that asking again
/// costs little.
http::Response tagged(const http::Request& request, std::string text) {
  const std::string etag = "\"" + hex(sha256(text)).substr(0, 32) + "\"";
  if (request.header("If-None-Match") == etag) return http::Response(304).set("ETag", etag);
  return http::Response::json(200, std::move(text)).set("ETag", etag);
}

Task<http::Response> menu(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  std::vector<const plugins::Manifest*> manifests;
  for (const auto& [id, installation] : *site.origin.installations)
    manifests.push_back(&installation.plugin->manifest);
  co_return tagged(request, json::serialize(plugins::menu_json(manifests)));
}

Task<http::Response> schema(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  const auto found = site.origin.installations->find(request.parameter("plugin"));
  if (found == site.origin.installations->end())
    co_return fail(
        Error(ErrorCode::not_found, "this plugin is not installed").because("plugin.unknown"));
  co_return tagged(request, json::serialize(plugins::schema_json(found->second.plugin->manifest)));
}

}  // namespace

std::vector<http::Route> plugin_routes(const App& app, const Gate& gate) {
  const auto route = [&](http::Method method, std::string_view pattern, Access access,
                         auto function) {
    return http::Route{
        .method = method,
        .pattern = std::string(pattern),
        .handler = gate.handler(
            access, [app = &app, function](RequestContext context, http::Request request) {
              return function(app, std::move(context), std::move(request));
            })};
  };
  std::vector<http::Route> routes = {
      route(http::Method::get, "/api/v1/plugins", Access::administrator, list),
      route(http::Method::post, "/api/v1/plugins", Access::administrator, upload),
      route(http::Method::post, "/api/v1/plugins/{plugin}/disable", Access::administrator, disable),
      route(http::Method::get, "/api/v1/menu", Access::signed_in, menu),
      route(http::Method::get, "/api/v1/schema/{plugin}", Access::signed_in, schema),
  };
  routes[1].body_bytes = app.limits.package.package_bytes + kFormBytes;
  return routes;
}

}  // namespace tenon::api
