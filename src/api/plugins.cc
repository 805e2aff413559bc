// What comes with plugins: the upload. plugin_life.cc has what follows one, schema.cc what the web
// application is drawn from.

#include <algorithm>
#include <utility>

#include "api/json_body.h"
#include "api/routes.h"
#include "api/transaction.h"
#include "http/multipart.h"

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
  TENON_CO_ASSIGN(plugin, co_await app->registry.install(
                              site.workspace,
                              plugins::InstallRequest{.by = requester_of(context),
                                                      .manifest = std::move(files.manifest),
                                                      .component = std::move(files.component)}));
  auto response = http::Response::json(
      201, json::serialize(json::object{{"id", plugin->id()},
                                        {"version", plugin->manifest.metadata.version.text()},
                                        {"sha256", plugin->sha256},
                                        {"state", "enabled"}}));
  response.set("Location", "/api/v1/plugins/" + plugin->id());
  co_return response;
}

}  // namespace

Table plugin_routes() {
  Table table("plugins", {"插件", "Plugins"});
  auto& row = table.add(http::Method::post, "/api/v1/plugins", Access::administrator, upload,
                        {.id = "upload_plugin",
                         .summary = {"上传并启用插件", "Upload a plugin and enable it"},
                         .body = "{manifest: binary, component: binary}",
                         .media = "multipart/form-data",
                         .replies = {{201,
                                      "{id: text, version: text, sha256: text, state: 'enabled'}",
                                      {"Location"}}},
                         .failures = {409, 507}});
  row.body_bytes = [](const Limits& limits) { return limits.package.package_bytes + kFormBytes; };
  table.join(plugin_life_routes());
  table.join(extension_routes());
  return table;
}

}  // namespace tenon::api
