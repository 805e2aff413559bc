// The record API: rows of every installed entity in PostgREST's dialect.

#include "plugins/records.h"

#include <charconv>
#include <utility>

#include "api/json_body.h"
#include "api/once.h"
#include "api/prefer.h"
#include "api/routes.h"
#include "api/transaction.h"
#include "http/query.h"

namespace tenon::api {
namespace {

constexpr std::size_t kMaxBatch = 500;

/// What a record request is about, found and allowed.
struct Target {
  Site site;
  std::shared_ptr<const data::Catalog> catalog;  // keeps `entity` alive
  const data::EntityInfo* entity = nullptr;
};

enum class Want : std::uint8_t { list, manage };

Result<Target> target_of(const App& app, const RequestContext& context,
                         const http::Request& request, Want want) {
  TENON_ASSIGN(site, site_of(app, context));
  auto catalog = site.workspace->tenant()->catalog();
  const std::string plugin(request.parameter("plugin"));
  const data::EntityInfo* entity = site.origin.installations->contains(plugin)
                                       ? catalog->find(plugin, request.parameter("entity"))
                                       : nullptr;
  if (entity == nullptr)
    return fail(Error(ErrorCode::not_found, "there is no \"" + plugin + "/" +
                                                std::string(request.parameter("entity")) + "\"")
                    .because("http.not_found"));
  const std::string permission = entity->full_name() + (want == Want::list ? ".list" : ".manage");
  if (!context.principal->has(permission))
    return fail(
        Error(ErrorCode::denied, "this needs the right " + permission).because("permission"));
  return Target{.site = std::move(site), .catalog = std::move(catalog), .entity = entity};
}

Result<RecordId> id_of(const http::Request& request) {
  const auto id = RecordId::parse(request.parameter("id"));
  if (!id)
    return fail(Error(ErrorCode::not_found, "there is no such record").because("data.not_found"));
  return *id;
}

Result<data::Query> query_of(const Target& target, const http::Request& request) {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  data::Parameters parameters;
  parameters.reserve(pairs.size());
  for (auto& pair : pairs)
    if (pair.name != "as_of") parameters.emplace_back(std::move(pair.name), std::move(pair.value));
  return data::parse_query(*target.entity, parameters, target.site.viewer, target.catalog);
}

std::string etag_of(std::uint64_t version) { return "\"" + std::to_string(version) + "\""; }

/// The version a client read, from `If-Match: "7"`; `*` and a missing header mean any.
Result<std::optional<std::uint64_t>> expected_version(const http::Request& request) {
  const auto header = request.header("If-Match");
  if (!header || *header == "*") return std::optional<std::uint64_t>();
  std::string_view text = *header;
  std::uint64_t version = 0;
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error == std::errc{} && end == text.data() + text.size()) return std::optional(version);
  }
  return fail(Error(ErrorCode::invalid, "If-Match wants one entity tag, as \"7\"")
                  .because("http.if_match"));
}

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
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  std::optional<Timestamp> at;
  for (const auto& pair : pairs) {
    if (pair.name != "as_of") continue;
    at = from_rfc3339(pair.value.size() == 10 ? pair.value + "T00:00:00Z" : pair.value);
    if (!at)
      return fail(Error(ErrorCode::invalid, "as_of wants a time as 2026-11-23T04:05:06Z")
                      .because("query.as_of")
                      .with_field({"/query/as_of", "type", "a time is expected"}));
  }
  return at;
}

/// A list as it was. It reads the audit: on the pool, like every long read.
Task<http::Response> list_as_of(const App* app, Target target, data::Query query, Timestamp at,
                                Deadline deadline) {
  auto& tenant = *target.site.workspace->tenant();
  auto read = [&] {
    return tenant.list_as_of(*target.entity, query, at, target.site.viewer, deadline);
  };
  TENON_CO_ASSIGN(
      page, tenant.waits() ? co_await data::aside(tenant, read) : co_await app->pool.run(read));
  co_return http::Response::json(200, std::move(page.json));
}

Task<http::Response> list(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::list));
  TENON_CO_ASSIGN(past, as_of(request));
  if (past) {
    TENON_CO_ASSIGN(asked, query_of(target, request));
    co_return co_await list_as_of(app, target, asked, *past, context.deadline);
  }
  TENON_CO_ASSIGN(preferences, preferences_of(request));
  TENON_CO_ASSIGN(query, query_of(target, request));
  query.count = preferences.count;
  const std::size_t from = query.offset;
  TENON_CO_ASSIGN(page, co_await target.site.workspace->tenant()->list_later(
                            target.entity->plugin(), target.entity->name(), query,
                            target.site.viewer, context.deadline));
  auto response = http::Response::json(200, std::move(page.json));
  const std::string range =
      page.rows == 0 ? "*" : std::to_string(from) + "-" + std::to_string(from + page.rows - 1);
  response.set("Content-Range",
               range + "/" + (page.total && !page.capped ? std::to_string(*page.total) : "*"));
  if (page.capped) response.set("X-Count-Capped", std::to_string(page.total.value_or(0)));
  if (page.estimate) response.set("X-Count-Estimated", std::to_string(*page.estimate));
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
  co_return page.json.substr(1, page.json.size() - 2);
}

Task<http::Response> get(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::list));
  TENON_CO_ASSIGN(id, id_of(request));
  TENON_CO_ASSIGN(past, as_of(request));
  auto& tenant = *target.site.workspace->tenant();
  const data::Viewer& viewer = target.site.viewer;
  TENON_CO_ASSIGN(record, TENON_CO_ACT(tenant, past ? tenant.record_as_of(*target.entity, id, *past,
                                                                          viewer, context.deadline)
                                                    : tenant.get(*target.entity, id, viewer)));
  if (past) co_return http::Response::json(200, std::move(record.json));
  const std::string etag = etag_of(record.version);
  if (request.header("If-None-Match") == etag) co_return http::Response(304).set("ETag", etag);
  if (!request.query().empty()) {
    TENON_CO_ASSIGN(query, query_of(target, request));
    TENON_CO_ASSIGN(json, co_await selected(&target, std::move(query), id, context.deadline));
    record.json = std::move(json);
  }
  auto response = http::Response::json(200, std::move(record.json));
  response.set("ETag", etag);
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
      co_return fail(Error(ErrorCode::invalid, "limit and before are known here, each a number")
                         .because("query.history")
                         .with_field({"/query/" + pair.name, "type", "a number is expected"}));
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

Result<std::vector<json::object>> decode_rows(const http::Request& request) {
  TENON_ASSIGN(body, json_value(request));
  std::vector<json::object> rows;
  if (body.is_object()) {
    rows.push_back(std::move(body.get_object()));
    return rows;
  }
  if (!body.is_array())
    return fail(Error(ErrorCode::invalid, "expected an object or an array of objects")
                    .because("json.not_object"));
  if (body.get_array().size() > kMaxBatch)
    return fail(Error(ErrorCode::exhausted, "at most 500 records at once").because("limit.batch"));
  for (auto& item : body.get_array()) {
    if (!item.is_object())
      return fail(
          Error(ErrorCode::invalid, "expected an array of objects").because("json.not_object"));
    rows.push_back(std::move(item.get_object()));
  }
  return rows;
}

/// Writes the rows one after another; a failure of the n-th names `/n/field` when there are
/// several.
Task<std::vector<data::Record>> insert_all(plugins::Host* host, data::UnitOfWork* unit,
                                           const Site* site, const data::EntityInfo* entity,
                                           std::vector<json::object> rows) {
  std::vector<data::Record> records;
  records.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto record = co_await plugins::insert_record(*host, {.work = *unit, .origin = site->origin},
                                                  *entity, std::move(rows[i]));
    if (!record) {
      if (rows.size() == 1) co_return std::unexpected(std::move(record.error()));
      std::vector<FieldError> fields = record.error().fields();
      for (FieldError& field : fields) field.path = "/" + std::to_string(i) + field.path;
      co_return std::unexpected(Error(std::move(record.error())).with_fields(std::move(fields)));
    }
    records.push_back(*std::move(record));
  }
  co_return records;
}

std::string array_of(const std::vector<data::Record>& records) {
  std::string text = "[";
  for (const auto& record : records) text.append(text.size() > 1 ? "," : "").append(record.json);
  return text + "]";
}

/// What a write in a transaction needs of its request.
struct Write {
  plugins::Host* host = nullptr;
  const data::EntityInfo* entity = nullptr;
  std::optional<data::OnceKey> key;
  Return what = Return::minimal;
  std::string path;
};

Task<Answer> create_in(Write write, data::UnitOfWork* unit, const Site* site,
                       std::vector<json::object> rows) {
  TENON_CO_ASSIGN(records, co_await insert_all(write.host, unit, site, write.entity, rows));
  if (!records.empty()) TENON_CO_TRY(TENON_CO_ACT(*unit, unit->settle(*write.entity, records)));
  Answer answer{.status = 201};
  if (write.what == Return::representation) answer.body = array_of(records);
  if (records.size() == 1) {
    answer.location = write.path + "/" + records.front().id.to_string();
    answer.etag = etag_of(records.front().version);
  }
  co_return answer;
}

Task<http::Response> create(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::manage));
  TENON_CO_ASSIGN(preferences, preferences_of(request));
  TENON_CO_ASSIGN(rows, decode_rows(request));
  const Write write{.host = &app->host,
                    .entity = target.entity,
                    .key = once_key(context, request),
                    .what = preferences.what,
                    .path = std::string(request.path())};
  TENON_CO_ASSIGN(answer, co_await transact<Answer>(
                              *app, target.site,
                              [write, catalog = target.catalog, rows = std::move(rows)](
                                  data::UnitOfWork& unit, const Site& site) {
                                return answer_once(&unit, write.key, site.origin.deadline,
                                                   [write, unit = &unit, site = &site, rows] {
                                                     return create_in(write, unit, site, rows);
                                                   });
                              }));
  co_return to_response(std::move(answer));
}

Task<Answer> change_in(Write write, data::UnitOfWork* unit, const Site* site, RecordId id,
                       json::object fields, std::optional<std::uint64_t> version) {
  TENON_CO_ASSIGN(
      record, co_await plugins::update_record(*write.host, {.work = *unit, .origin = site->origin},
                                              *write.entity, id, std::move(fields), version));
  Answer answer{.status = 204, .body = {}, .etag = etag_of(record.version), .location = {}};
  if (write.what == Return::representation) {
    answer.status = 200;
    answer.body = std::move(record.json);
  }
  co_return answer;
}

Task<http::Response> change(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::manage));
  TENON_CO_ASSIGN(preferences, preferences_of(request));
  TENON_CO_ASSIGN(id, id_of(request));
  TENON_CO_ASSIGN(version, expected_version(request));
  TENON_CO_ASSIGN(fields, json_object(request));
  const Write write{.host = &app->host,
                    .entity = target.entity,
                    .key = once_key(context, request),
                    .what = preferences.what,
                    .path = {}};
  TENON_CO_ASSIGN(answer, co_await transact<Answer>(
                              *app, target.site,
                              [write, catalog = target.catalog, id, version, fields](
                                  data::UnitOfWork& unit, const Site& site) {
                                return answer_once(
                                    &unit, write.key, site.origin.deadline,
                                    [write, unit = &unit, site = &site, id, version, fields] {
                                      return change_in(write, unit, site, id, fields, version);
                                    });
                              }));
  co_return to_response(std::move(answer));
}

struct Nothing {};

Task<Nothing> done(Task<> task) {
  TENON_CO_TRY(co_await std::move(task));
  co_return Nothing{};
}

Task<http::Response> erase(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::manage));
  TENON_CO_ASSIGN(id, id_of(request));
  TENON_CO_ASSIGN(version, expected_version(request));
  TENON_CO_ASSIGN(nothing,
                  co_await transact<Nothing>(
                      *app, target.site,
                      [host = &app->host, entity = target.entity, catalog = target.catalog, id,
                       version](data::UnitOfWork& unit, const Site& site) {
                        return done(plugins::erase_record(
                            *host, {.work = unit, .origin = site.origin}, *entity, id, version));
                      }));
  (void)nothing;
  co_return http::Response(204);
}

/// A filtered change: all rows that match, or none. Each row goes through the hook like any other.
Task<std::size_t> change_matching(plugins::Host* host, data::UnitOfWork* unit, const Site* site,
                                  const data::EntityInfo* entity, data::Query query,
                                  std::size_t bound, std::optional<json::object> fields) {
  TENON_CO_TRY(co_await unit->acquire(site->origin.deadline));
  TENON_CO_ASSIGN(ids, TENON_CO_ACT(*unit, unit->matching(*entity, query, bound)));
  for (const RecordId id : ids) {
    const plugins::RecordWrite write{.work = *unit, .origin = site->origin};
    if (fields) {
      TENON_CO_TRY(
          co_await plugins::update_record(*host, write, *entity, id, *fields, std::nullopt));
    } else {
      TENON_CO_TRY(co_await plugins::erase_record(*host, write, *entity, id, std::nullopt));
    }
  }
  co_return ids.size();
}

Task<http::Response> change_filtered(const App* app, RequestContext context,
                                     http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::manage));
  TENON_CO_ASSIGN(preferences, preferences_of(request));
  TENON_CO_ASSIGN(query, query_of(target, request));
  std::optional<json::object> fields;
  if (request.method() == http::Method::patch) {
    TENON_CO_ASSIGN(body, json_object(request));
    fields = std::move(body);
  }
  TENON_CO_ASSIGN(
      changed,
      co_await transact<std::size_t>(
          *app, target.site,
          [host = &app->host, entity = target.entity, catalog = target.catalog, query, fields,
           bound = preferences.max_affected](data::UnitOfWork& unit, const Site& site) {
            return change_matching(host, &unit, &site, entity, query, bound, fields);
          }));
  http::Response response(204);
  response.set("Content-Range", "*/" + std::to_string(changed));
  co_return response;
}

}  // namespace

std::vector<http::Route> record_routes(const App& app, const Gate& gate) {
  const auto route = [&](http::Method method, std::string pattern, auto function) {
    return http::Route{
        .method = method,
        .pattern = std::move(pattern),
        .handler = gate.handler(Access::signed_in, [app = &app, function](RequestContext context,
                                                                          http::Request request) {
          return function(app, std::move(context), std::move(request));
        })};
  };
  const std::string rows = "/api/v1/{plugin}/{entity}";
  const std::string row = rows + "/{id}";
  return {
      route(http::Method::get, rows, list),
      route(http::Method::post, rows, create),
      route(http::Method::patch, rows, change_filtered),
      route(http::Method::del, rows, change_filtered),
      route(http::Method::get, row, get),
      route(http::Method::patch, row, change),
      route(http::Method::del, row, erase),
      route(http::Method::get, row + "/history", history),
  };
}

}  // namespace tenon::api
