// What waits for somebody's approval, what he has asked for himself, and what he says to it.
#include <charconv>
#include <utility>

#include "api/describe.h"
#include "api/fields.h"
#include "api/routes.h"
#include "api/steps.h"
#include "api/table.h"
#include "api/target.h"
#include "data/act.h"

namespace tenon::api {
namespace {

using data::Approval;
using data::ApprovalId;

constexpr std::size_t kPage = 50;
constexpr std::size_t kMaxPage = 200;
constexpr std::size_t kLooked = 1000;  // requests that one list looks at

struct Wanted {
  bool mine = false;  // those that the reader asked for
  std::size_t limit = kPage;
  std::optional<ApprovalId> after;
};

std::unexpected<Error> wrong(std::string_view name, std::string_view text) {
  return fail(Error(ErrorCode::invalid, "A parameter is wrong.")
                  .because("query.parameter")
                  .with_field({"/query/" + std::string(name), "syntax", std::string(text)}));
}

Result<Wanted> wanted_of(const http::Request& request) {
  constexpr std::array<std::string_view, 3> kKnown = {"mine", "limit", "after"};
  TENON_TRY(check_parameters(request, kKnown));
  Wanted wanted;
  TENON_ASSIGN(mine, parameter_of(request, "mine"));
  if (mine && *mine != "true" && *mine != "false") return wrong("mine", "true or false");
  wanted.mine = mine == "true";
  TENON_ASSIGN(limit, parameter_of(request, "limit"));
  if (limit) {
    const auto* end = limit->data() + limit->size();
    const auto [at, error] = std::from_chars(limit->data(), end, wanted.limit);
    if (error != std::errc() || at != end || wanted.limit < 1 || wanted.limit > kMaxPage)
      return wrong("limit", "a number from 1 to 200");
  }
  TENON_ASSIGN(after, parameter_of(request, "after"));
  if (after) {
    wanted.after = ApprovalId::parse(*after);
    if (!wanted.after) return wrong("after", "the id of the last request of the page before");
  }
  return wanted;
}

/// The request with the name of its document; empty when the reader does not see that.
Result<std::optional<json::object>> shown(data::Tenant& tenant, const data::Viewer& viewer,
                                          const Approval& approval) {
  const auto catalog = tenant.catalog();
  const auto dot = approval.entity.find('.');
  const auto* entity =
      catalog->find(approval.entity.substr(0, dot), approval.entity.substr(dot + 1));
  if (entity == nullptr) return std::optional<json::object>();
  const auto record = tenant.get(*entity, approval.record, viewer);
  if (!record && record.error().code() == ErrorCode::not_found)
    return std::optional<json::object>();
  if (!record) return std::unexpected(record.error());
  auto row = data::to_json(approval);
  row["label"] = nullptr;
  if (auto fields = json::parse_object(record->json, {.bytes = std::size_t{16} << 20U}))
    if (const auto* label = fields->if_contains(entity->columns()[entity->label()].name))
      row["label"] = *label;
  return row;
}

struct Listed {
  json::array rows;
  std::optional<ApprovalId> next;
};

Result<Listed> read_list(data::Tenant& tenant, const data::Viewer& viewer, const Wanted& wanted) {
  Listed listed;
  auto after = wanted.after;
  for (std::size_t looked = 0; looked < kLooked;) {
    std::vector<Approval> found;
    {
      TENON_ASSIGN(lease, tenant.database().reader());
      auto read = wanted.mine ? data::asked_by(lease.session(), *viewer.user, after, kMaxPage)
                              : data::waiting_for(lease.session(), viewer, after, kMaxPage);
      if (!read) return std::unexpected(std::move(read.error()));
      found = *std::move(read);
    }
    for (const auto& approval : found) {
      TENON_ASSIGN(row, shown(tenant, viewer, approval));
      after = approval.id;
      if (row) listed.rows.push_back(*std::move(row));
      if (listed.rows.size() == wanted.limit) break;
    }
    looked += found.size();
    if (listed.rows.size() == wanted.limit) break;
    if (found.size() < kMaxPage) return listed;
  }
  listed.next = after;
  return listed;
}

Task<http::Response> list(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(wanted, wanted_of(request));
  TENON_CO_ASSIGN(site, site_of(*app, context));
  auto& tenant = *site.workspace->tenant();
  TENON_CO_ASSIGN(listed, TENON_CO_ACT(tenant, read_list(tenant, site.viewer, wanted)));
  auto response = http::Response::json(200, json::serialize(listed.rows));
  if (listed.next)
    response.set("Link", "</api/v1/approvals?limit=" + std::to_string(wanted.limit) +
                             (wanted.mine ? "&mine=true" : "") +
                             "&after=" + listed.next->to_string() + ">; rel=\"next\"");
  co_return response;
}

std::unexpected<Error> unknown() {
  return fail(Error(ErrorCode::not_found, "There is no such request for approval.")
                  .because("approval.unknown"));
}

Result<json::object> read_one(data::Tenant& tenant, const data::Viewer& viewer, ApprovalId id) {
  std::optional<Approval> approval;
  {
    TENON_ASSIGN(lease, tenant.database().reader());
    TENON_ASSIGN(found, data::read_approval(lease.session(), id));
    approval = std::move(found);
  }
  TENON_ASSIGN(row, shown(tenant, viewer, *approval));
  if (!row) return unknown();
  return *std::move(row);
}

Task<http::Response> one(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  const auto id = ApprovalId::parse(request.parameter("id"));
  if (!id) co_return unknown();
  auto& tenant = *site.workspace->tenant();
  TENON_CO_ASSIGN(row, TENON_CO_ACT(tenant, read_one(tenant, site.viewer, *id)));
  co_return http::Response::json(200, json::serialize(row));
}

/// The requests there have been for one document.
Result<json::array> read_of(data::Tenant& tenant, const data::EntityInfo& entity, RecordId id,
                            const data::Viewer& viewer) {
  TENON_TRY(tenant.get(entity, id, viewer));
  TENON_ASSIGN(lease, tenant.database().reader());
  TENON_ASSIGN(found, data::approvals_of(lease.session(), entity.full_name(), id, kMaxPage));
  json::array rows;
  for (const auto& approval : found) rows.push_back(data::to_json(approval));
  return rows;
}

Task<http::Response> of_record(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(target, target_of(*app, context, request, Want::list));
  TENON_CO_ASSIGN(id, id_of(request));
  auto& tenant = *target.site.workspace->tenant();
  TENON_CO_ASSIGN(rows,
                  TENON_CO_ACT(tenant, read_of(tenant, *target.entity, id, target.site.viewer)));
  co_return http::Response::json(200, json::serialize(rows));
}

Task<Answer> decide(plugins::Host* host, ApprovalId id, data::Verdict verdict, std::string reason,
                    data::UnitOfWork* unit, const Site* site) {
  TENON_CO_TRY(co_await unit->acquire(site->origin.deadline));
  TENON_CO_ASSIGN(decided, TENON_CO_ACT(*unit, unit->decide(id, verdict, reason)));
  json::object answer{{"approval", data::to_json(decided.approval)}};
  if (decided.step != nullptr)
    co_return co_await move_document(host, unit, site, decided.entity, decided.approval.record,
                                     decided.step, std::move(answer));
  co_return Answer{.status = 200, .body = json::serialize(answer)};
}

template <data::Verdict verdict>
Task<http::Response> say(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  const auto id = ApprovalId::parse(request.parameter("id"));
  if (!id) co_return unknown();
  TENON_CO_TRY(check_parameters(request, {}));
  TENON_CO_ASSIGN(reason, remark_of(request, "reason"));
  if (verdict == data::Verdict::reject && reason.empty())
    co_return fail(Error(ErrorCode::invalid, "Say why it is refused.")
                       .because("approval.reason")
                       .with_field({"/reason", "required", "Say why it is refused."}));
  TENON_CO_ASSIGN(answer,
                  co_await transact<Answer>(
                      *app, std::move(site),
                      [host = &app->host, id = *id, reason = std::move(reason),
                       key = once_key(context, request)](data::UnitOfWork& unit, const Site& here) {
                        return answer_once(&unit, key, here.origin.deadline,
                                           [host, id, reason, unit = &unit, here = &here] {
                                             return decide(host, id, verdict, reason, unit, here);
                                           });
                      }));
  co_return to_response(std::move(answer));
}

}  // namespace

Table approval_routes() {
  using data::Verdict;
  using http::Method;
  Table table("approvals", {"审批", "Approvals"});
  const std::string all = "/api/v1/approvals";
  const std::string same = all + "/{id}";
  table.add(Method::get, all, Access::signed_in, list,
            {.id = "list_approvals",
             .summary = {"等待我审批的单据", "What waits for my approval"},
             .query = {{"mine", "'true'|'false'", {"我提交的", "Those that I asked for"}},
                       {"limit", "int(1..200)"},
                       {"after", "uuid"}},
             .replies = {{200, "[Approval]", {"Link?"}}},
             .failures = {400}});
  table.add(Method::get, same, Access::signed_in, one,
            {.id = "get_approval",
             .summary = {"审批", "One request for approval"},
             .replies = {{200, "Approval"}}});
  const auto add = [&](const char* word, auto function, modules::Text summary) {
    table.add(Method::post, same + "/" + word, Access::signed_in, function,
              {.id = std::string(word) + "_approval",
               .summary = std::move(summary),
               .headers = {{"Idempotency-Key", kIdempotencyKey}},
               .body = "{reason?: text}",
               .replies = {{200,
                            "{approval: Approval, step?: text, record?: any}",
                            {"ETag?", "Idempotency-Replayed?"}}},
               .failures = {409, 412}});
  };
  add("approve", say<Verdict::approve>, {"同意", "Approve"});
  add("reject", say<Verdict::reject>, {"驳回", "Reject"});
  add("withdraw", say<Verdict::withdraw>, {"撤回", "Withdraw"});
  table.add(Method::get, "/api/v1/{plugin}/{entity}/{id}/approvals", "list", of_record,
            {.id = "list_approvals_of_@",
             .summary = {"单据的审批：@", "Requests for approval: @"},
             .replies = {{200, "[Approval]"}}});
  return table;
}

}  // namespace tenon::api
