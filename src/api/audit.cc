// The audit trail: who changed what, and whether anybody has touched the trail since.

#include <charconv>
#include <utility>

#include "api/routes.h"
#include "api/target.h"
#include "base/hash.h"
#include "data/act.h"
#include "data/audit_list.h"
#include "http/query.h"

namespace tenon::api {
namespace {

/// The trail tells of all records, so the right to it stands above those of entities.
constexpr std::string_view kRead = "tenon.audit.read";

template <class T>
bool read_id(std::string_view text, std::optional<T>& into) {
  into = T::parse(text);
  return into.has_value();
}

/// A trace is written as 32 hexadecimal digits, as the answers of the API show it.
bool read_trace(std::string text, std::optional<TraceId>& into) {
  if (text.size() == 32)
    for (const std::size_t place : {20U, 16U, 12U, 8U}) text.insert(place, "-");
  return read_id(text, into);
}

bool read_time(const std::string& text, std::optional<Timestamp>& into) {
  into = from_rfc3339(text.size() == 10 ? text + "T00:00:00Z" : text);
  return into.has_value();
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size() && into > 0;
}

/// Empty: there is no such parameter.
std::optional<bool> read_parameter(data::AuditQuery& query, const http::QueryParameter& pair) {
  const auto& [name, value] = pair;
  const auto text = [&](std::string& into) {
    into = value;
    return !value.empty() && value.size() <= 200 && !value.contains('\0');
  };
  if (name == "entity") return text(query.entity);
  if (name == "action") return text(query.action);
  if (name == "plugin") return text(query.plugin);
  if (name == "record") return read_id(value, query.record);
  if (name == "user") return read_id(value, query.user);
  if (name == "trace") return read_trace(value, query.trace);
  if (name == "from") return read_time(value, query.from);
  if (name == "until") return read_time(value, query.until);
  if (name == "limit") return read_number(value, query.limit) && query.limit <= data::kMaxAuditPage;
  if (name == "before") {
    query.before = 0;
    return read_number(value, *query.before);
  }
  return std::nullopt;
}

Result<data::AuditQuery> audit_query(const http::Request& request) {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  data::AuditQuery query;
  std::vector<FieldError> errors;
  for (const auto& pair : pairs) {
    const auto path = "/query/" + pair.name.substr(0, 64);
    const auto read = read_parameter(query, pair);
    if (!read)
      errors.push_back({path, "unknown",
                        "Known are entity, action, plugin, record, user, trace, from, until, limit "
                        "and before."});
    else if (!*read)
      errors.push_back({path, "type", "This is no value of the parameter."});
  }
  if (errors.empty()) return query;
  return fail(Error(ErrorCode::invalid, "A parameter of the audit is wrong.")
                  .because("query.parameter")
                  .with_fields(std::move(errors)));
}

Task<http::Response> list(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(query, audit_query(request));
  TENON_CO_ASSIGN(site, site_of(*app, context));
  auto& tenant = *site.workspace->tenant();
  auto read = [&] { return tenant.list_audit(query, context.deadline); };
  auto page = tenant.waits() ? co_await data::aside(tenant, read) : co_await app->pool.run(read);
  if (!page) co_return std::unexpected(std::move(page.error()));
  auto response = http::Response::json(200, std::move(page->json));
  if (!page->next) co_return response;
  TENON_CO_ASSIGN(pairs, http::parse_query(request.query()));
  std::string link = "<" + std::string(request.path()) + "?";
  for (const auto& pair : pairs)
    if (pair.name != "before")
      link += http::percent_encode(pair.name) + "=" + http::percent_encode(pair.value) + "&";
  response.add("Link", link + "before=" + *page->next + ">; rel=\"next\"");
  co_return response;
}

/// Walks the whole chain. `intact` is false when it is broken; `fault` says where.
Task<http::Response> verify(const App* app, RequestContext context, http::Request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  auto& tenant = *site.workspace->tenant();
  auto walk = [&] { return tenant.verify_audit(); };
  auto report = tenant.waits() ? co_await data::aside(tenant, walk) : co_await app->pool.run(walk);
  if (!report) co_return std::unexpected(std::move(report.error()));
  co_return http::Response::json(
      200, json::serialize(json::object{
               {"intact", report->fault.empty()},
               {"sealed", report->sealed},
               {"unsealed", report->unsealed},
               {"head", {{"position", report->head.position}, {"hash", hex(report->head.hash)}}},
               {"fault", report->fault}}));
}

}  // namespace

Table audit_routes() {
  using http::Method;
  Table table("audit", {"审计", "Audit"});
  table.add(
      Method::get, "/api/v1/audit", Need(kRead), list,
      {.id = "list_audit",
       .summary = {"审计记录，最新的在前", "The audit trail, newest first"},
       .query = {{"entity", "text(1..200)"},
                 {"action", "text(1..200)"},
                 {"plugin", "text(1..200)"},
                 {"record", "uuid"},
                 {"user", "uuid"},
                 {"trace", "/^([0-9a-fA-F]{32}|[0-9a-fA-F-]{36})$/"},
                 {"from", "time|date"},
                 {"until", "time|date"},
                 {"limit", "int(1..500)"},
                 {"before", "int(1..)"}},
       .replies = {{200, "[AuditRow]", {"Link?"}}},
       .types = {{"AuditRow",
                  "{sequence: int(1..), version: int, at: time, action: text, user: uuid|null, "
                  "plugin: text, trace: uuid|null, changed: [text], before: {...}|null, "
                  "record: {...}|null, entity: text, id: uuid|null}"}}});
  table.add(Method::post, "/api/v1/audit/verify", Need(kRead), verify,
            {.id = "verify_audit",
             .summary = {"检查审计是否完整", "Whether anybody has touched the audit trail"},
             .replies = {{200,
                          "{intact: bool, sealed: int(0..), unsealed: int(0..), head: {position: "
                          "int(0..), hash: text}, fault: text}"}}});
  return table;
}

}  // namespace tenon::api
