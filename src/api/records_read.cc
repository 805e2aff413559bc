// Reading records: lists, single ones, what became of them, and typing ahead.

#include <array>
#include <charconv>
#include <utility>

#include "api/conditional.h"
#include "api/describe.h"
#include "api/prefer.h"
#include "api/problem.h"
#include "api/range.h"
#include "api/representation.h"
#include "api/routes.h"
#include "api/target.h"
#include "data/act.h"
#include "http/query.h"

namespace tenon::api {
namespace {

/// The link to the next page: the same request with `after` in place of `after` and `offset`.
Result<std::string> next_link(const http::Request& request, const std::string& cursor) {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  std::string link = "<" + std::string(request.path()) + "?";
  for (const auto& pair : pairs)
    if (pair.name != "after" && pair.name != "offset")
      link += http::percent_encode(pair.name) + "=" + http::percent_encode(pair.value) + "&";
  return link + "after=" + http::percent_encode(cursor) + ">; rel=\"next\"";
}

/// `as_of` of a request: RFC 3339, or a day.
Result<std::optional<Timestamp>> as_of(const http::Request& request) {
  TENON_ASSIGN(text, parameter_of(request, "as_of"));
  if (!text) return std::optional<Timestamp>();
  const auto at = from_rfc3339(text->size() == 10 ? *text + "T00:00:00Z" : *text);
  if (!at)
    return fail(Error(ErrorCode::invalid, "as_of wants a time as 2026-11-23T04:05:06Z")
                    .because("query.as_of")
                    .with_field({"/query/as_of", "type", "a time is expected"}));
  return at;
}

/// How rows are wanted, by `Accept` and `Prefer`.
struct Wanted {
  Form form;
  Preferences preferences;
};
Result<Wanted> wanted_of(const http::Request& request) {
  TENON_ASSIGN(form, form_of(request));
  TENON_ASSIGN(preferences, preferences_of(request));
  form.strip_nulls = form.strip_nulls || preferences.strip_nulls;
  return Wanted{.form = form, .preferences = std::move(preferences)};
}

/// A list as it was. It reads the audit: on the pool, like every long read.
Task<data::Page> list_as_of(const App* app, const Target* target, data::Query query, Timestamp at,
                            Deadline deadline) {
  auto& tenant = *target->site.workspace->tenant();
  auto read = [&] {
    return tenant.list_as_of(*target->entity, query, at, target->site.viewer, deadline);
  };
  if (tenant.waits()) co_return co_await data::aside(tenant, read);
  co_return co_await app->pool.run(read);
}

/// 416 says how many there are.
http::Response behind_the_end(const RequestContext& context, const data::Page& page,
                              std::size_t from) {
  auto error = Error(ErrorCode::invalid, "Requested range not satisfiable")
                   .because("http.range_empty")
                   .with_details("\"An offset of " + std::to_string(from) +
                                 " was requested, but there are only " +
                                 std::to_string(page.total.value_or(0)) + " rows.\"");
  auto response = Gate::problem(error, context.locale, context.trace);
  put_range(response, page, from);
  return response;
}

Task<http::Response> list(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::list));
  TENON_CO_ASSIGN(wanted, wanted_of(request));
  TENON_CO_ASSIGN(past, as_of(request));
  TENON_CO_ASSIGN(query, query_of(target, request));
  TENON_CO_TRY(apply_range(request, query));
  query.count = wanted.preferences.count;
  const std::size_t from = query.offset;
  auto read = past ? co_await list_as_of(app, &target, query, *past, context.deadline)
                   : co_await target.site.workspace->tenant()->list_later(
                         target.entity->plugin(), target.entity->name(), query, target.site.viewer,
                         context.deadline);
  if (!read) co_return std::unexpected(std::move(read.error()));
  auto& page = *read;
  if (status_of(page, from) == 416) co_return behind_the_end(context, page, from);
  TENON_CO_ASSIGN(body, represent(wanted.form, std::move(page.json), query, *target.entity,
                                  target.site.viewer));
  auto response =
      http::Response::json(status_of(page, from), std::move(body), content_type(wanted.form));
  put_range(response, page, from);
  if (const auto text = applied(wanted.preferences, Use::read); !text.empty())
    response.set("Preference-Applied", text);
  if (page.next) {
    TENON_CO_ASSIGN(link, next_link(request, *page.next));
    response.add("Link", link);
  }
  co_return response;
}

/// One record with the columns and related records that `select` names.
Task<std::string> selected(const Target* target, data::Query query, RecordId id,
                           Deadline deadline) {
  if (query.aggregated || query.after)
    co_return fail(
        Error(ErrorCode::invalid, "One record takes select and filters of related records")
            .because("query.parameter"));
  query.filter.children.push_back({.kind = data::Filter::Kind::leaf,
                                   .column = 0,
                                   .op = data::Operator::eq,
                                   .values = {id.value}});
  query.order.clear();
  query.limit = 1;
  query.offset = 0;
  TENON_CO_ASSIGN(page, co_await target->site.workspace->tenant()->list_later(
                            target->entity->plugin(), target->entity->name(), std::move(query),
                            target->site.viewer, deadline));
  if (page.rows != 1)
    co_return fail(
        Error(ErrorCode::not_found, "there is no such record").because("data.not_found"));
  co_return std::move(page.json);
}

Task<http::Response> get(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::list));
  TENON_CO_ASSIGN(wanted, wanted_of(request));
  TENON_CO_ASSIGN(id, id_of(request));
  TENON_CO_ASSIGN(past, as_of(request));
  const bool whole = request.query().empty() || past;
  data::Query query;
  if (!request.query().empty()) {
    TENON_CO_ASSIGN(asked, query_of(target, request));
    query = std::move(asked);
  }
  auto& tenant = *target.site.workspace->tenant();
  const data::Viewer& viewer = target.site.viewer;
  TENON_CO_ASSIGN(record, TENON_CO_ACT(tenant, past ? tenant.record_as_of(*target.entity, id, *past,
                                                                          viewer, context.deadline)
                                                    : tenant.get(*target.entity, id, viewer)));
  const std::string etag = etag_of(record.version);
  if (!past && is_known(request, etag)) co_return http::Response(304).set("ETag", etag);
  auto rows = "[" + record.json + "]";
  if (!whole) {
    TENON_CO_ASSIGN(some, co_await selected(&target, query, id, context.deadline));
    rows = std::move(some);
  }
  auto body = rows.substr(1, rows.size() - 2);  // one record is one object, whichever JSON is asked
  if (wanted.form.media == Media::csv || wanted.form.strip_nulls) {
    auto form = wanted.form;
    if (form.media == Media::array) form.media = Media::object;
    TENON_CO_ASSIGN(shown, represent(form, std::move(rows), query, *target.entity, viewer));
    body = std::move(shown);
  }
  auto response = http::Response::json(200, std::move(body), content_type(wanted.form));
  if (!past) response.set("ETag", etag);
  co_return response;
}

/// Newest first; `limit` and `before` as the Link of the page before says.
Task<http::Response> history(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::list));
  TENON_CO_ASSIGN(id, id_of(request));
  TENON_CO_ASSIGN(pairs, http::parse_query(request.query()));
  data::HistoryQuery query;
  for (const auto& pair : pairs) {
    std::int64_t number = 0;
    const auto* const end = pair.value.data() + pair.value.size();
    const auto read = std::from_chars(pair.value.data(), end, number);
    const bool good = read.ec == std::errc{} && read.ptr == end && number > 0;
    if (!good || (pair.name != "limit" && pair.name != "before"))
      co_return fail(
          Error(ErrorCode::invalid, "limit and before are known here, each a number")
              .because("query.history")
              .with_field({"/query/" + pair.name.substr(0, 64), "type", "a number is expected"}));
    if (pair.name == "limit") query.limit = static_cast<std::size_t>(number);
    if (pair.name == "before") query.before = number;
  }
  auto& tenant = *target.site.workspace->tenant();
  TENON_CO_ASSIGN(page, TENON_CO_ACT(tenant, tenant.history(*target.entity, id, query,
                                                            target.site.viewer, context.deadline)));
  auto response = http::Response::json(200, std::move(page.json));
  if (page.next)
    response.add("Link", "<" + std::string(request.path()) +
                             "?limit=" + std::to_string(query.limit) + "&before=" + *page.next +
                             ">; rel=\"next\"");
  co_return response;
}

/// `[{"id","label"}]` for somebody who begins to type a name in `q`.
Task<http::Response> pick(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::list));
  constexpr std::array<std::string_view, 1> kKnown = {"q"};
  TENON_CO_TRY(check_parameters(request, kKnown));
  TENON_CO_ASSIGN(text, parameter_of(request, "q"));
  auto& tenant = *target.site.workspace->tenant();
  auto read = [&] {
    return tenant.pick(*target.entity, text.value_or(""), target.site.viewer, context.deadline);
  };
  auto page = tenant.waits() ? co_await data::aside(tenant, read) : co_await app->pool.run(read);
  if (!page) co_return std::unexpected(std::move(page.error()));
  co_return http::Response::json(200, std::move(page->json));
}

}  // namespace

Table record_read_routes() {
  using http::Method;
  Table table("records", {});
  const std::string rows = "/api/v1/{plugin}/{entity}";
  const modules::Parameter past{"as_of", "time|date", {"当时的状态", "As it was at that time"}};
  table.add(Method::get, rows, "list", list,
            {.id = "list_@",
             .summary = {"列出@", "List: @"},
             .query = {{"@select"}, {"@filters"}, {"@page"}, past},
             .headers = {{"Prefer", kPrefer}, {"Range", kRange}},
             .replies = part_replies(),
             .failures = {406, 416, 422},
             .links = {{"get_@", {{"id", "$response.body#/0/id"}}},
                       {"history_of_@", {{"id", "$response.body#/0/id"}}}}});
  table.add(Method::get, rows + "/picker", "list", pick,
            {.id = "pick_@",
             .summary = {"按名称选取@", "Find by the beginning of the name: @"},
             .query = {{"q", "text"}},
             .replies = {{200, "[{id: uuid, label: text|null}]"}},
             .failures = {422}});
  auto one = row_replies({200}, {"ETag?"});
  one.push_back({304, "", {"ETag"}});
  table.add(Method::get, rows + "/{id}", "list", get,
            {.id = "get_@",
             .summary = {"查看@", "One record: @"},
             .query = {{"@select"}, past},
             .headers = {{"If-None-Match"}, {"Prefer", kPrefer}},
             .replies = std::move(one),
             .failures = {406, 422}});
  table.add(Method::get, rows + "/{id}/history", "list", history,
            {.id = "history_of_@",
             .summary = {"变更历史：@", "What became of a record: @"},
             .query = {{"limit", "int(1..)"}, {"before", "int(1..)"}},
             .replies = {{200, "[AuditRow]", {"Link?"}}},
             .failures = {422}});
  return table;
}

}  // namespace tenon::api
