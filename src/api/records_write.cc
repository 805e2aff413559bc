// Writing records: one, several, or all that match a filter; each request one transaction.

#include <utility>

#include "api/conditional.h"
#include "api/describe.h"
#include "api/json_body.h"
#include "api/request_rows.h"
#include "api/routes.h"
#include "api/target.h"
#include "api/write_rows.h"
#include "http/query.h"

namespace tenon::api {
namespace {

/// What the request says about how to write and what to show.
Result<Write> write_of(const App& app, const Target& target, const http::Request& request) {
  TENON_ASSIGN(preferences, preferences_of(request));
  TENON_ASSIGN(form, form_of(request));
  Write write{.host = &app.host,
              .catalog = target.catalog,
              .entity = target.entity,
              .preferences = std::move(preferences),
              .form = form,
              .path = std::string(request.path())};
  if (request.query().empty()) return write;
  TENON_ASSIGN(query, query_of(target, request));
  write.query = std::move(query);
  write.shaped = !write.query.select.empty() || !write.query.order.empty() ||
                 !write.query.embeds.empty() || write.query.limited;
  return write;
}

End end_of(const Write& write) { return write.preferences.dry_run ? End::rollback : End::commit; }

/// Runs `work(Write, UnitOfWork*, const Site*) -> Task<Answer>` as the transaction of the request,
/// once for its Idempotency-Key.
template <class Work>
Task<http::Response> written(const App* app, const RequestContext* context,
                             const http::Request* request, Site site, Write write, Work work) {
  const auto end = end_of(write);
  TENON_CO_ASSIGN(answer, co_await transact<Answer>(
                              *app, std::move(site),
                              [write = std::move(write), key = once_key(*context, *request), work](
                                  data::UnitOfWork& unit, const Site& here) {
                                return answer_once(&unit, key, here.origin.deadline,
                                                   [&write, work, unit = &unit, here = &here] {
                                                     return work(write, unit, here);
                                                   });
                              },
                              end));
  co_return to_response(std::move(answer));
}

Result<std::vector<std::string>> conflict_key(const http::Request& request) {
  std::vector<std::string> key;
  TENON_ASSIGN(text, parameter_of(request, "on_conflict"));
  if (!text) return key;
  for (std::string_view rest = *text; !rest.empty();) {
    const auto comma = rest.find(',');
    auto name = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    if (name.size() > 2 && name.front() == '"' && name.back() == '"')
      name = name.substr(1, name.size() - 2);
    key.emplace_back(name);
  }
  return key;
}

Task<http::Response> create(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::manage));
  TENON_CO_ASSIGN(write, write_of(*app, target, request));
  TENON_CO_ASSIGN(key, conflict_key(request));
  TENON_CO_ASSIGN(
      rows, rows_of(request, data::Sight(*target.entity, target.site.viewer), write.preferences));
  co_return co_await written(app, &context, &request, target.site, write,
                             [rows = std::move(rows), key = std::move(key)](
                                 Write how, data::UnitOfWork* unit, const Site* site) {
                               return create_rows(std::move(how), unit, site, rows, key);
                             });
}

/// The members of a change that `columns` names.
Result<json::object> change_of(const Target& target, const http::Request& request) {
  TENON_ASSIGN(fields, json_object(request));
  TENON_ASSIGN(columns, columns_of(request, data::Sight(*target.entity, target.site.viewer)));
  if (columns) return only(std::move(fields), *columns, Missing::fallback);
  return std::move(fields);
}

Task<http::Response> change(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::manage));
  TENON_CO_ASSIGN(id, id_of(request));
  TENON_CO_ASSIGN(write, write_of(*app, target, request));
  TENON_CO_ASSIGN(version, expected_version(request));
  TENON_CO_ASSIGN(fields, change_of(target, request));
  co_return co_await written(
      app, &context, &request, target.site, write,
      [id, version, fields](Write how, data::UnitOfWork* unit, const Site* site) {
        return change_row(std::move(how), unit, site, id, fields, version);
      });
}

Task<http::Response> erase(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::manage));
  TENON_CO_ASSIGN(id, id_of(request));
  TENON_CO_ASSIGN(write, write_of(*app, target, request));
  TENON_CO_ASSIGN(version, expected_version(request));
  co_return co_await written(app, &context, &request, target.site, write,
                             [id, version](Write how, data::UnitOfWork* unit, const Site* site) {
                               return erase_row(std::move(how), unit, site, id, version);
                             });
}

Task<http::Response> change_filtered(const App* app, RequestContext context,
                                     http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::manage));
  TENON_CO_ASSIGN(write, write_of(*app, target, request));
  TENON_CO_ASSIGN(fields, change_of(target, request));
  co_return co_await written(app, &context, &request, target.site, write,
                             [fields](Write how, data::UnitOfWork* unit, const Site* site) {
                               return change_rows(std::move(how), unit, site, fields);
                             });
}

Task<http::Response> erase_filtered(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::manage));
  TENON_CO_ASSIGN(write, write_of(*app, target, request));
  co_return co_await written(app, &context, &request, target.site, write,
                             [](Write how, data::UnitOfWork* unit, const Site* site) {
                               return erase_rows(std::move(how), unit, site);
                             });
}

}  // namespace

Table record_write_routes() {
  using http::Method;
  Table table("records", {});
  const std::string rows = "/api/v1/{plugin}/{entity}";
  const std::string row = rows + "/{id}";
  const std::vector<modules::Parameter> once{{"Prefer", kPrefer},
                                             {"Idempotency-Key", kIdempotencyKey}};
  const std::vector<modules::Parameter> once_if{
      {"Prefer", kPrefer}, {"Idempotency-Key", kIdempotencyKey}, {"If-Match", kIfMatch}};
  const std::string id = "$response.body#/0/id";
  table.add(Method::post, rows, "manage", create,
            {.id = "create_@",
             .summary = {"新建@", "Create: @"},
             .about = {"可一次新建多条；Prefer: resolution=… 时为新建或合并。",
                       "One or several; an upsert with Prefer: resolution=…"},
             .query = {{"@select"}, {"columns"}, {"on_conflict"}},
             .headers = once,
             .body = "@.new|[@.new](..500)",
             .media = "application/json, text/csv",
             .replies = created_replies(),
             .failures = {406, 409, 412},
             .links = {{"get_@", {{"id", id}}},
                       {"change_@", {{"id", id}}},
                       {"delete_@", {{"id", id}}},
                       {"history_of_@", {{"id", id}}}}});
  table.add(Method::patch, rows, "manage", change_filtered,
            {.id = "change_several_@",
             .summary = {"批量修改@", "Change all that match: @"},
             .query = {{"@select"}, {"@filters"}, {"columns"}},
             .headers = once,
             .body = "@.change",
             .replies = written_replies({200, 204}, {}),
             .failures = {406, 409, 412}});
  table.add(Method::del, rows, "manage", erase_filtered,
            {.id = "delete_several_@",
             .summary = {"批量删除@", "Delete all that match: @"},
             .query = {{"@select"}, {"@filters"}},
             .headers = once,
             .replies = written_replies({200, 204}, {}),
             .failures = {406, 409, 412, 422}});
  table.add(Method::patch, row, "manage", change,
            {.id = "change_@",
             .summary = {"修改@", "Change one: @"},
             .query = {{"@select"}, {"columns"}},
             .headers = once_if,
             .body = "@.change",
             .replies = changed_replies({"ETag"}),
             .failures = {406, 409, 412},
             .links = {{"get_@", {{"id", "$request.path.id"}}}}});
  table.add(Method::del, row, "manage", erase,
            {.id = "delete_@",
             .summary = {"删除@", "Delete one: @"},
             .query = {{"@select"}},
             .headers = once_if,
             .replies = changed_replies({}),
             .failures = {406, 409, 412, 422},
             .links = {{"get_@", {{"id", "$request.path.id"}}}}});
  return table;
}

}  // namespace tenon::api
