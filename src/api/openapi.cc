#include "api/openapi.h"

#include <utility>

#include "api/app.h"
#include "api/conditional.h"
#include "api/routes.h"
#include "api/session.h"
#include "api/transaction.h"
#include "base/hash.h"

namespace tenon::api {

OpenApi::Key OpenApi::key_of(const Reader& reader, std::uint64_t generation) {
  Sha256 hash;
  const auto part = [&hash](std::string_view text) {
    hash.update(std::to_string(text.size()) + ":");
    hash.update(text);
  };
  part(reader.context.locale);
  part(reader.cookie);
  part(reader.context.operator_.empty() ? "" : "operator");
  if (const auto* principal = reader.context.principal.get()) {
    part(principal->tenant);
    part(principal->administrator ? "administrator" : "");
    part(principal->read_only() ? "read only" : "");
    part(principal->proof == identity::Proof::session ? "session" : "token");
    for (const auto& [permission, scope] : principal->permissions) part(permission);
    for (const auto& [entity, access] : principal->entities) {
      part(entity);
      for (const auto& column : access.hidden) part("-" + column);
      for (const auto& column : access.locked) part("=" + column);
    }
  }
  return {.rights = hex(hash.finish()), .generation = generation};
}

bool OpenApi::fits(const Kept& kept, const Key& key, const Reader& reader) {
  return kept.key.rights == key.rights && kept.key.generation == key.generation &&
         kept.catalog.lock() == reader.catalog && kept.installations.lock() == reader.installations;
}

std::optional<OpenApi::Written> OpenApi::find(const Key& key, const Reader& reader) {
  const std::lock_guard lock(mutex_);
  for (auto kept = kept_.begin(); kept != kept_.end(); ++kept)
    if (fits(*kept, key, reader)) {
      kept_.splice(kept_.begin(), kept_, kept);
      return kept_.front().written;
    }
  return std::nullopt;
}

Result<OpenApi::Written> OpenApi::write(const Key& key, const Reader& reader) {
  TENON_ASSIGN(text, openapi_document(tables_, reader));
  Written written{.text = std::make_shared<const std::string>(std::move(text)), .etag = {}};
  written.etag = "\"" + hex(sha256(*written.text)).substr(0, 32) + "\"";
  const std::lock_guard lock(mutex_);
  // One of the same rights that is out of date goes first.
  for (auto kept = kept_.begin(); kept != kept_.end();) {
    if (kept->key.rights != key.rights) {
      ++kept;
      continue;
    }
    bytes_ -= kept->written.text->size();
    kept = kept_.erase(kept);
  }
  bytes_ += written.text->size();
  kept_.push_front({key, reader.catalog, reader.installations, written});
  while (kept_.size() > kDocuments || (bytes_ > kBytes && kept_.size() > 1)) {
    bytes_ -= kept_.back().written.text->size();
    kept_.pop_back();
  }
  return written;
}

namespace {

Result<Reader> reader_of(const App& app, const RequestContext& context,
                         const http::Request& request) {
  Reader reader{.context = context,
                .catalog = nullptr,
                .manifests = {},
                .installations = nullptr,
                .viewer = {},
                .offered = {},
                .cookie = std::string(cookie_of(app, request).name())};
  if (context.principal == nullptr) return reader;
  TENON_ASSIGN(site, site_of(app, context));
  reader.catalog = site.workspace->tenant()->catalog();
  reader.installations = site.origin.installations;
  for (const auto& [id, installation] : *reader.installations)
    reader.manifests.push_back(&installation.plugin->manifest);
  reader.viewer = std::move(site.viewer);
  return reader;
}

Task<http::Response> document(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(reader, reader_of(*app, context, request));
  const auto key = OpenApi::key_of(reader, app->modules.generation());
  auto written = app->openapi.find(key, reader);
  if (!written) {
    reader.offered =
        app->modules.offered_to(context.principal ? context.principal->tenant : std::string());
    TENON_CO_ASSIGN(made, co_await app->pool.run([&] { return app->openapi.write(key, reader); }));
    written = std::move(made);
  }
  auto response =
      is_known(request, written->etag)
          ? http::Response(304)
          : http::Response::shared(200, written->text, "application/json; charset=utf-8");
  response.set("ETag", written->etag);
  response.set("Content-Language", context.locale);
  response.add("Vary", "Accept-Language");
  co_return response;
}

}  // namespace

Table openapi_routes() {
  Table table("openapi", {"接口说明", "The description of this API"});
  table.add(http::Method::get, "/api/v1/openapi.json", Access::open, document,
            {.id = "get_openapi",
             .summary = {"您可以使用的接口", "What you may use of this API"},
             .about = {"OpenAPI 3.1，按公司和权限生成。",
                       "OpenAPI 3.1, written for a company and the rights of who asks."},
             .headers = {{"If-None-Match"}},
             .replies = {{200, "{openapi: text, ...}", {"ETag"}}, {304, "", {"ETag"}}}});
  return table;
}

}  // namespace tenon::api
