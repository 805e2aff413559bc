#include "services/print/print.h"

#include <array>
#include <span>
#include <utility>

#include "base/hash.h"
#include "data/act.h"
#include "services/exports/order.h"
#include "services/print/document.h"

namespace tenon::services {
namespace {

std::unexpected<Error> no_template(std::string_view name) {
  return fail(Error(ErrorCode::not_found,
                    "There is no print template \"" + std::string(name.substr(0, 64)) + "\".")
                  .because("print.template"));
}

/// 128 bits nobody can guess, so that only our own style sheets count.
std::string nonce_of(Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(std::as_writable_bytes(std::span(bytes)));
  return hex(bytes);
}

}  // namespace

data::Localized Print::name() const { return {{"en", "Printing"}, {"zh-CN", "打印"}}; }
Version Print::version() const { return {.major = 1, .minor = 0, .patch = 0}; }

Task<> Print::on_startup(modules::ModuleContext context) {
  context_.emplace(std::move(context));
  co_return Result<>();
}

std::vector<modules::Route> Print::protected_routes() {
  const std::string all = "/api/v1/{plugin}/{entity}/{id}/print";
  return {{.method = http::Method::get,
           .pattern = all,
           .handler =
               [this](modules::RouteCall call, http::Request request) {
                 return list(std::move(call), std::move(request));
               }},
          {.method = http::Method::get,
           .pattern = all + "/{template}",
           .handler = [this](modules::RouteCall call, http::Request request) {
             return page(std::move(call), std::move(request));
           }}};
}

Task<http::Response> Print::list(modules::RouteCall call, http::Request request) {
  const std::string plugin(request.parameter("plugin")), entity(request.parameter("entity"));
  const auto catalog = call.tenant->catalog();
  TENON_CO_ASSIGN(info, entity_for(call, *catalog, plugin + "." + entity, ".list"));
  const auto id = RecordId::parse(request.parameter("id"));
  if (!id)
    co_return fail(
        Error(ErrorCode::not_found, "there is no such record").because("data.not_found"));
  auto& tenant = *call.tenant;
  TENON_CO_TRY(TENON_CO_ACT(tenant, tenant.get(*info, *id, call.viewer)));
  json::array rows;
  if (const auto declared = outlook_.declared(call.tenant->name(), plugin))
    for (const auto& one : declared->templates)
      if (one.entity == entity && (one.permission.empty() || call.principal->has(one.permission)))
        rows.push_back(
            {{"name", one.name}, {"label", label_in(one.display_name, call.locale, one.name)}});
  co_return http::Response::json(200, json::serialize(rows));
}

Task<http::Response> Print::page(modules::RouteCall call, http::Request request) {
  const std::string plugin(request.parameter("plugin")), name(request.parameter("entity")),
      wanted(request.parameter("template"));
  const auto catalog = call.tenant->catalog();
  TENON_CO_ASSIGN(entity, entity_for(call, *catalog, plugin + "." + name, ".list"));
  const auto declared = outlook_.declared(call.tenant->name(), plugin);
  const auto* found = declared ? named(declared->templates, wanted) : nullptr;
  if (found == nullptr || found->entity != name) co_return no_template(wanted);
  if (!found->permission.empty() && !call.principal->has(found->permission))
    co_return fail(Error(ErrorCode::denied, "this needs the right " + found->permission)
                       .because("permission"));
  const auto id = RecordId::parse(request.parameter("id"));
  if (!id)
    co_return fail(
        Error(ErrorCode::not_found, "there is no such record").because("data.not_found"));
  TENON_CO_ASSIGN(query, print_query(catalog, *entity, *found->html, *id, call.viewer));
  TENON_CO_ASSIGN(
      rows, co_await call.tenant->list_later(plugin, name, query, call.viewer, call.deadline));
  if (rows.rows != 1)
    co_return fail(
        Error(ErrorCode::not_found, "there is no such record").because("data.not_found"));
  const PrintLook look{.locale = call.locale,
                       .nonce = nonce_of(context_->random),
                       .title = label_in(found->display_name, call.locale, found->name),
                       .user = call.principal->name,
                       .now = context_->clock.now()};
  const auto record = std::string_view(rows.json).substr(1, rows.json.size() - 2);
  TENON_CO_ASSIGN(html, print_page(*entity, query, *found->html, record, look));
  auto response = http::Response::html(200, std::move(html));
  response.set("Content-Security-Policy",
               "default-src 'none'; style-src 'nonce-" + look.nonce +
                   "'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors "
                   "'self'");
  co_return response;
}

}  // namespace tenon::services
