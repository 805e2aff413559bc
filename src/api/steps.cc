// The steps of a document: which there are now, why one may not be taken, and taking one.
#include "api/steps.h"

#include <utility>

#include "api/conditional.h"
#include "api/describe.h"
#include "api/fields.h"
#include "api/json_body.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/table.h"
#include "api/target.h"
#include "data/act.h"

namespace tenon::api {

Result<std::string> remark_of(const http::Request& request, std::string_view name) {
  if (request.body().empty()) return std::string();
  TENON_ASSIGN(body, json_object(request));
  Fields fields(body);
  auto text = fields.text(name);
  TENON_TRY(fields.done());
  return text;
}

json::object told(const Error& error, const RequestContext& context) {
  const auto problem = json::parse_object(problem_json(error, context.locale, context.trace));
  json::object part;
  for (const auto* name : {"code", "reason", "message", "fields", "details"})
    if (const auto* value = problem ? problem->if_contains(name) : nullptr) part[name] = *value;
  return part;
}

Task<Answer> move_document(plugins::Host* host, data::UnitOfWork* unit, const Site* site,
                           const data::EntityInfo* entity, RecordId id,
                           const data::Transition* step, json::object more) {
  json::object fields{{entity->entity().states->field, step->to}};
  TENON_CO_ASSIGN(
      record, co_await plugins::update_record(
                  *host, {.work = *unit, .origin = site->origin, .author = data::Author::module},
                  *entity, id, std::move(fields), std::nullopt));
  std::vector<data::Record> records;
  records.push_back(std::move(record));
  TENON_CO_TRY(TENON_CO_ACT(*unit, unit->settle(*entity, records)));
  TENON_CO_ASSIGN(shown, json::parse(records.front().json, {.bytes = std::size_t{16} << 20U}));
  more["step"] = step->name;
  more["record"] = std::move(shown);
  co_return Answer{.status = 200,
                   .body = json::serialize(more),
                   .type = {},
                   .etag = etag_of(records.front().version)};
}

namespace {

json::object label_of(const data::Localized& texts) {
  json::object label;
  for (const auto& [locale, text] : texts) label[locale] = text;
  return label;
}

struct Shown {
  std::vector<data::StepView> steps;
  std::optional<data::Approval> waiting;
};

Result<Shown> read_steps(data::Tenant& tenant, const data::EntityInfo& entity, RecordId id,
                         const data::Viewer& viewer) {
  TENON_TRY(tenant.get(entity, id, viewer));
  TENON_ASSIGN(lease, tenant.database().reader());
  TENON_ASSIGN(steps, data::steps_of(lease.session(), entity, id, viewer));
  Shown shown{.steps = std::move(steps), .waiting = {}};
  TENON_ASSIGN(newest, data::approvals_of(lease.session(), entity.full_name(), id, 1));
  if (!newest.empty() && newest.front().state == data::ApprovalState::waiting)
    shown.waiting = std::move(newest.front());
  return shown;
}

Task<http::Response> steps(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::list));
  TENON_CO_ASSIGN(id, id_of(request));
  TENON_CO_TRY(check_parameters(request, {}));
  auto& tenant = *target.site.workspace->tenant();
  TENON_CO_ASSIGN(shown,
                  TENON_CO_ACT(tenant, read_steps(tenant, *target.entity, id, target.site.viewer)));
  json::array rows;
  for (const auto& view : shown.steps) {
    json::object row{{"name", view.step->name},
                     {"label", label_of(view.step->display_name)},
                     {"to", view.step->to},
                     {"approvals", view.approvals},
                     {"may", !view.why_not.has_value()}};
    row["why_not"] =
        view.why_not ? json::value(told(*view.why_not, context)) : json::value(nullptr);
    rows.push_back(std::move(row));
  }
  json::object answer{{"transitions", std::move(rows)}};
  answer["waiting"] =
      shown.waiting ? json::value(data::to_json(*shown.waiting)) : json::value(nullptr);
  co_return http::Response::json(200, json::serialize(answer));
}

/// What a step is asked with. Copied for each run of the transaction.
struct Asked {
  plugins::Host* host = nullptr;
  std::shared_ptr<const data::Catalog> catalog;  // shared: keeps `entity` alive
  const data::EntityInfo* entity = nullptr;
  RecordId id;
  std::string step, comment;
  std::optional<std::uint64_t> version;
};

Task<Answer> take(Asked asked, data::UnitOfWork* unit, const Site* site) {
  TENON_CO_TRY(co_await unit->acquire(site->origin.deadline));
  TENON_CO_ASSIGN(taken, TENON_CO_ACT(*unit, unit->take_step(*asked.entity, asked.id, asked.step,
                                                             asked.comment, asked.version)));
  if (!taken.waiting_in)
    co_return co_await move_document(asked.host, unit, site, asked.entity, asked.id, taken.step,
                                     {});
  const auto id = *taken.waiting_in;
  TENON_CO_ASSIGN(approval, TENON_CO_ACT(*unit, data::read_approval(unit->native_session(), id)));
  const json::object answer{{"step", taken.step->name}, {"approval", data::to_json(approval)}};
  co_return Answer{.status = 202,
                   .body = json::serialize(answer),
                   .type = {},
                   .etag = {},
                   .location = "/api/v1/approvals/" + id.to_string()};
}

Task<http::Response> step(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::list));
  TENON_CO_ASSIGN(id, id_of(request));
  TENON_CO_TRY(check_parameters(request, {}));
  TENON_CO_ASSIGN(version, expected_version(request));
  TENON_CO_ASSIGN(comment, remark_of(request, "comment"));
  const Asked asked{.host = &app->host,
                    .catalog = target.catalog,
                    .entity = target.entity,
                    .id = id,
                    .step = std::string(request.parameter("step")),
                    .comment = std::move(comment),
                    .version = version};
  TENON_CO_ASSIGN(answer, co_await transact<Answer>(*app, target.site,
                                                    [asked, key = once_key(context, request)](
                                                        data::UnitOfWork& unit, const Site& here) {
                                                      return answer_once(
                                                          &unit, key, here.origin.deadline,
                                                          [asked, unit = &unit, here = &here] {
                                                            return take(asked, unit, here);
                                                          });
                                                    }));
  co_return to_response(std::move(answer));
}

}  // namespace

Table step_routes() {
  using http::Method;
  Table table("steps", {"单据步骤", "Steps of documents"});
  const std::string all = "/api/v1/{plugin}/{entity}/{id}/transitions";
  table.add(
      Method::get, all, "list", steps,
      {.id = "list_steps_@",
       .summary = {"可执行的步骤：@", "Steps that may be taken: @"},
       .replies = {{200,
                    "{transitions: [{name: text, label: {*: text}, to: text, approvals: int(0..), "
                    "may: bool, why_not: any}], waiting: Approval|null}"}},
       .types = {{"Approval",
                  "{id: uuid, entity: text, record: uuid, step: text, version: int, state: text, "
                  "needed: int(0..), given: int(0..), permission: text, not_author: bool, author: "
                  "uuid|null, asked_by: uuid|null, asked_at: time, comment: text, ended_at: "
                  "time|null, decisions: [{user: uuid|null, agrees: bool, at: time, reason: "
                  "text}], label?: any}"}}});
  table.add(Method::post, all + "/{step}", "list", step,
            {.id = "take_step_@",
             .summary = {"执行步骤：@", "Take a step: @"},
             .path = {{"step", "text"}},
             .headers = {{"If-Match", kIfMatch}, {"Idempotency-Key", kIdempotencyKey}},
             .body = "{comment?: text}",
             .replies = {{200, "{step: text, record: @}", {"ETag", "Idempotency-Replayed?"}},
                         {202,
                          "{step: text, approval: Approval}",
                          {"Location", "Idempotency-Replayed?"}}},
             .failures = {409, 412}});
  return table;
}

}  // namespace tenon::api
