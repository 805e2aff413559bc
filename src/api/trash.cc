// The trash: what was deleted, back again or gone for good.

#include <utility>

#include "api/conditional.h"
#include "api/describe.h"
#include "api/range.h"
#include "api/representation.h"
#include "api/routes.h"
#include "api/target.h"
#include "api/write_rows.h"
#include "data/act.h"

namespace tenon::api {
namespace {

struct Heap {
  const data::EntityInfo* entity;
  data::Total total;
};

/// Entities that have something in the trash which this viewer may see.
Result<std::vector<Heap>> heaps_of(data::Tenant& tenant, const data::Catalog& catalog,
                                   const RequestContext& context, const Site& site) {
  std::vector<Heap> heaps;
  for (const auto* entity : catalog.entities()) {
    if (!entity->entity().soft_delete || !site.origin.installations->contains(entity->plugin()) ||
        !context.principal->has(entity->full_name() + ".manage"))
      continue;
    data::Query query;
    query.rows = data::Rows::deleted;
    query.count = data::Count::estimated;
    TENON_ASSIGN(total, tenant.count(*entity, query, site.viewer, context.deadline));
    if (total.rows > 0) heaps.push_back({entity, total});
  }
  return heaps;
}

/// `[{"plugin","entity","rows","capped"}]`.
Task<http::Response> overview(const App* app, RequestContext context, http::Request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  auto& tenant = *site.workspace->tenant();
  const auto catalog = tenant.catalog();
  auto count = [&] { return heaps_of(tenant, *catalog, context, site); };
  auto heaps = tenant.waits() ? co_await data::aside(tenant, count) : co_await app->pool.run(count);
  if (!heaps) co_return std::unexpected(std::move(heaps.error()));
  json::array rows;
  for (const auto& heap : *heaps)
    rows.push_back(json::object{{"plugin", heap.entity->plugin()},
                                {"entity", heap.entity->name()},
                                {"rows", heap.total.rows},
                                {"capped", heap.total.capped}});
  co_return http::Response::json(200, json::serialize(rows));
}

Task<http::Response> list(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::manage));
  TENON_CO_ASSIGN(form, form_of(request));
  TENON_CO_ASSIGN(preferences, preferences_of(request));
  TENON_CO_ASSIGN(query, query_of(target, request));
  TENON_CO_TRY(apply_range(request, query));
  query.rows = data::Rows::deleted;
  query.count = preferences.count;
  const auto from = query.offset;
  TENON_CO_ASSIGN(page, co_await target.site.workspace->tenant()->list_later(
                            target.entity->plugin(), target.entity->name(), query,
                            target.site.viewer, context.deadline));
  TENON_CO_ASSIGN(body,
                  represent(form, std::move(page.json), query, *target.entity, target.site.viewer));
  const auto status = status_of(page, from);
  auto response =
      http::Response::json(status == 416 ? 200 : status, std::move(body), content_type(form));
  put_range(response, page, from);
  co_return response;
}

Task<Answer> restore_in(data::UnitOfWork* unit, const Site* site, const data::EntityInfo* entity,
                        RecordId id) {
  TENON_CO_TRY(co_await unit->acquire(site->origin.deadline));
  TENON_CO_ASSIGN(record, TENON_CO_ACT(*unit, unit->restore(*entity, id)));
  co_return Answer{.status = 200, .body = std::move(record.json), .etag = etag_of(record.version)};
}

Task<http::Response> restore(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::manage));
  TENON_CO_ASSIGN(id, id_of(request));
  TENON_CO_ASSIGN(answer,
                  co_await transact<Answer>(
                      *app, target.site,
                      [key = once_key(context, request), entity = target.entity,
                       catalog = target.catalog, id](data::UnitOfWork& unit, const Site& site) {
                        return answer_once(&unit, key, site.origin.deadline,
                                           [unit = &unit, site = &site, entity, id] {
                                             return restore_in(unit, site, entity, id);
                                           });
                      }));
  co_return to_response(std::move(answer));
}

Task<Answer> purge_in(data::UnitOfWork* unit, const Site* site, const data::EntityInfo* entity,
                      RecordId id) {
  TENON_CO_TRY(co_await unit->acquire(site->origin.deadline));
  TENON_CO_TRY(TENON_CO_ACT(*unit, unit->purge(*entity, id)));
  co_return Answer{};
}

Task<http::Response> purge(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::manage));
  TENON_CO_ASSIGN(id, id_of(request));
  TENON_CO_ASSIGN(answer,
                  co_await transact<Answer>(*app, target.site,
                                            [entity = target.entity, catalog = target.catalog, id](
                                                data::UnitOfWork& unit, const Site& site) {
                                              return purge_in(&unit, &site, entity, id);
                                            }));
  co_return to_response(std::move(answer));
}

}  // namespace

Table trash_routes() {
  using http::Method;
  Table table("trash", {"回收站", "Trash"});
  const std::string rows = "/api/v1/trash/{plugin}/{entity}";
  table.add(Method::get, "/api/v1/trash", Access::signed_in, overview,
            {.id = "list_trash",
             .summary = {"回收站概览", "What is in the trash"},
             .replies = {{200, "[{plugin: text, entity: text, rows: int(0..), capped: bool}]"}}});
  const auto add = [&](Method method, std::string pattern, auto function,
                       modules::Operation operation) {
    table.add(method, std::move(pattern), "manage", function, std::move(operation)).each =
        Each::trash_entity;
  };
  add(Method::get, rows, list,
      {.id = "list_deleted_@",
       .summary = {"回收站中的@", "Deleted records: @"},
       .query = {{"@select"}, {"@filters"}, {"@page"}},
       .headers = {{"Prefer", kPrefer}, {"Range", kRange}},
       .replies = part_replies(),
       .failures = {406, 416, 422},
       .links = {{"restore_@_from_trash", {{"id", "$response.body#/0/id"}}},
                 {"purge_@", {{"id", "$response.body#/0/id"}}}}});
  const modules::Operation restoring{.id = "restore_@",
                                     .summary = {"恢复@", "Take back: @"},
                                     .headers = {{"Idempotency-Key", kIdempotencyKey}},
                                     .replies = {{200, "@", {"ETag", "Idempotency-Replayed?"}}},
                                     .failures = {409, 422},
                                     .links = {{"get_@", {{"id", "$response.body#/id"}}}}};
  add(Method::post, "/api/v1/{plugin}/{entity}/{id}/restore", restore, restoring);
  auto here = restoring;
  here.id = "restore_@_from_trash";
  add(Method::post, rows + "/{id}/restore", restore, std::move(here));
  add(Method::del, rows + "/{id}", purge,
      {.id = "purge_@",
       .summary = {"彻底删除@", "Delete for good: @"},
       .replies = {{204}},
       .failures = {409, 422}});
  return table;
}

}  // namespace tenon::api
