// What a user keeps for himself: preferences, and views of lists, which he may share.

#include "data/personal/personal.h"

#include <array>
#include <utility>

#include "api/conditional.h"
#include "api/describe.h"
#include "api/json_body.h"
#include "api/routes.h"
#include "api/target.h"
#include "data/act.h"

namespace tenon::api {
namespace {

/// Sharing shows a view to everybody who may see the entity.
constexpr std::string_view kShare = "tenon.views.share";

struct Place {
  std::shared_ptr<data::Tenant> tenant;
  data::Personal personal;
};

Result<Place> place_of(const App& app, const RequestContext& context) {
  TENON_ASSIGN(site, site_of(app, context));
  auto tenant = site.workspace->tenant();
  return Place{.tenant = tenant,
               .personal = data::Personal(
                   tenant, {.user = context.principal->user, .trace = context.trace_id}, app.clock,
                   app.random)};
}

Task<http::Response> preferences(const App* app, RequestContext context, http::Request) {
  TENON_CO_ASSIGN(place, place_of(*app, context));
  TENON_CO_ASSIGN(text, TENON_CO_ACT(*place.tenant, place.personal.preferences(context.deadline)));
  co_return http::Response::json(200, std::move(text));
}

Task<http::Response> change_preferences(const App* app, RequestContext context,
                                        http::Request request) {
  TENON_CO_ASSIGN(place, place_of(*app, context));
  TENON_CO_ASSIGN(changes, json_object(request));
  TENON_CO_TRY(co_await place.personal.change_preferences(changes, context.deadline));
  TENON_CO_ASSIGN(text, TENON_CO_ACT(*place.tenant, place.personal.preferences(context.deadline)));
  co_return http::Response::json(200, std::move(text));
}

/// Whether the user may see the records that a view is about.
bool sees(const RequestContext& context, std::string_view entity) {
  return context.principal->has(std::string(entity) + ".list");
}

http::Response shown(const data::SavedView& view, const RequestContext& context, int status) {
  auto response = http::Response::json(status, data::to_json(view, context.principal->user));
  response.set("ETag", etag_of(view.version));
  return response;
}

Task<http::Response> views(const App* app, RequestContext context, http::Request request) {
  constexpr std::array<std::string_view, 1> kKnown = {"entity"};
  TENON_CO_TRY(check_parameters(request, kKnown));
  TENON_CO_ASSIGN(entity, parameter_of(request, "entity"));
  TENON_CO_ASSIGN(place, place_of(*app, context));
  const auto wanted = entity.value_or("");
  TENON_CO_ASSIGN(found,
                  TENON_CO_ACT(*place.tenant, place.personal.views(wanted, context.deadline)));
  std::string text = "[";
  for (const auto& view : found)
    if (sees(context, view.fields.entity))
      text.append(text.size() > 1 ? "," : "").append(data::to_json(view, context.principal->user));
  co_return http::Response::json(200, text + "]");
}

std::unexpected<Error> no_view() {
  return fail(Error(ErrorCode::not_found, "there is no such view").because("view.missing"));
}

Result<data::ViewId> view_of(const http::Request& request) {
  const auto id = data::ViewId::parse(request.parameter("id"));
  if (!id) return no_view();
  return *id;
}

Result<> check_share(const RequestContext& context, const json::object& fields) {
  const auto* shared = fields.if_contains("shared");
  if (shared == nullptr || !shared->is_bool() || !shared->get_bool()) return {};
  return check_permission(context, std::string(kShare));
}

Task<http::Response> save_view(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(place, place_of(*app, context));
  TENON_CO_ASSIGN(body, json_object(request));
  TENON_CO_ASSIGN(entity, required_text(body, "entity"));
  const auto dot = entity.find('.');
  const auto plugin = entity.substr(0, dot);
  const auto name = dot == std::string::npos ? std::string() : entity.substr(dot + 1);
  TENON_CO_ASSIGN(target, target_of(*app, context, plugin, name, Want::list));
  TENON_CO_TRY(check_share(context, body));
  TENON_CO_ASSIGN(fields, data::decode_view({.entity = target.entity->full_name()}, body));
  TENON_CO_ASSIGN(view, co_await place.personal.save_view(fields, context.deadline));
  auto response = shown(view, context, 201);
  response.set("Location", "/api/v1/views/" + view.id.to_string());
  co_return response;
}

Task<http::Response> one_view(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(place, place_of(*app, context));
  TENON_CO_ASSIGN(id, view_of(request));
  TENON_CO_ASSIGN(view, TENON_CO_ACT(*place.tenant, place.personal.view(id, context.deadline)));
  if (!sees(context, view.fields.entity)) co_return no_view();
  co_return shown(view, context, 200);
}

/// A narrow token must not change what it may not read, though the view is its owner's.
Task<> check_seen(const RequestContext* context, Place* place, data::ViewId id) {
  TENON_CO_ASSIGN(view, TENON_CO_ACT(*place->tenant, place->personal.view(id, context->deadline)));
  if (!sees(*context, view.fields.entity)) co_return no_view();
  co_return Result<>();
}

Task<http::Response> change_view(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(place, place_of(*app, context));
  TENON_CO_ASSIGN(id, view_of(request));
  TENON_CO_ASSIGN(version, expected_version(request));
  TENON_CO_ASSIGN(changes, json_object(request));
  TENON_CO_TRY(check_share(context, changes));
  TENON_CO_TRY(co_await check_seen(&context, &place, id));
  TENON_CO_ASSIGN(view,
                  co_await place.personal.change_view(id, changes, version, context.deadline));
  co_return shown(view, context, 200);
}

Task<http::Response> erase_view(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(place, place_of(*app, context));
  TENON_CO_ASSIGN(id, view_of(request));
  TENON_CO_ASSIGN(version, expected_version(request));
  TENON_CO_TRY(co_await check_seen(&context, &place, id));
  TENON_CO_TRY(co_await place.personal.erase_view(id, version, context.deadline));
  co_return http::Response(204);
}

}  // namespace

Table personal_routes() {
  using http::Method;
  Table table("personal", {"个人设置与视图", "Preferences and views"});
  const std::string all = "/api/v1/views";
  const std::string one = all + "/{id}";
  const std::string own = "/api/v1/preferences";
  const modules::OperationLink here{"get_view", {{"id", "$response.body#/id"}}};
  table.add(Method::get, own, Access::signed_in, preferences,
            {.id = "get_preferences",
             .summary = {"个人设置", "The own preferences"},
             .replies = {{200, "{*: any}"}}});
  table.add(Method::patch, own, Access::signed_in, change_preferences,
            {.id = "change_preferences",
             .summary = {"修改个人设置", "Change preferences; null removes one"},
             .body = "{*: any}",
             .replies = {{200, "{*: any}"}}});
  table.add(Method::get, all, Access::signed_in, views,
            {.id = "list_views",
             .summary = {"保存的视图", "Saved views"},
             .query = {{"entity", "text"}},
             .replies = {{200, "[View]"}},
             .types = {{"View",
                        "{id: uuid, entity: text, name: text, shared: bool, mine: bool, "
                        "definition: {...}, version: int(1..), updated_at: time}"}}});
  table.add(Method::post, all, Access::signed_in, save_view,
            {.id = "save_view",
             .summary = {"保存视图", "Save a view"},
             .body = "{entity: text, name: text(1..100), shared?: bool, definition?: {...}}",
             .replies = {{201, "View", {"ETag", "Location"}}},
             .failures = {404},
             .links = {here,
                       {"change_view", {{"id", "$response.body#/id"}}},
                       {"delete_view", {{"id", "$response.body#/id"}}}}});
  table.add(Method::get, one, Access::signed_in, one_view,
            {.id = "get_view",
             .summary = {"查看视图", "One view"},
             .replies = {{200, "View", {"ETag"}}}});
  table.add(Method::patch, one, Access::signed_in, change_view,
            {.id = "change_view",
             .summary = {"修改视图", "Change a view"},
             .headers = {{"If-Match", kIfMatch}},
             .body = "{entity?: text, name?: text(1..100), shared?: bool, definition?: {...}}",
             .replies = {{200, "View", {"ETag"}}},
             .failures = {412},
             .links = {here}});
  table.add(Method::del, one, Access::signed_in, erase_view,
            {.id = "delete_view",
             .summary = {"删除视图", "Delete a view"},
             .headers = {{"If-Match", kIfMatch}},
             .replies = {{204}},
             .failures = {412}});
  return table;
}

}  // namespace tenon::api
