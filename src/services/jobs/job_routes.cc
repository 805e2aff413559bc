#include "services/jobs/job_routes.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "data/act.h"
#include "data/durably.h"
#include "data/platform_act.h"
#include "services/jobs/job_json.h"
#include "services/jobs/job_rows.h"
#include "services/route_json.h"
#include "services/settings/setting_rows.h"

namespace tenon::services {
namespace {

using modules::OfferedJob;
using modules::RouteCall;

constexpr std::string_view kRead = "tenon.jobs.read";
constexpr std::string_view kManage = "tenon.jobs.manage";
constexpr std::size_t kUsual = 50;

/// What the handlers of these routes share.
struct Desk {
  const modules::JobBoard& board;
  const Clock& clock;
  std::function<void(std::string_view)> hint;
};
using DeskHandle = std::shared_ptr<const Desk>;  // shared by the routes

std::unexpected<Error> unknown(std::string_view id) {
  return fail(
      Error(ErrorCode::not_found, "there is no job \"" + std::string(id.substr(0, 100)) + "\" here")
          .because("job.unknown"));
}

Result<OfferedJob> offered(const Desk& desk, const RouteCall& call, std::string_view id) {
  const auto all = desk.board.of(call.tenant->name());
  const auto found = std::ranges::find(all, id, &OfferedJob::id);
  if (found == all.end()) return unknown(id);
  return *found;
}

struct Stored {
  std::vector<JobRow> rows;
  std::vector<RunRow> last;
  std::string zone;
};

Result<Stored> read_stored(data::Tenant& tenant) {
  TENON_ASSIGN(lease, tenant.database().reader());
  TENON_ASSIGN(rows, read_jobs(lease.session()));
  TENON_ASSIGN(last, last_runs(lease.session()));
  TENON_ASSIGN(company, read_company(lease.session()));
  return Stored{
      .rows = std::move(rows), .last = std::move(last), .zone = std::move(company.time_zone)};
}

json::object shown(const OfferedJob& job, const Stored& stored) {
  const auto row = std::ranges::find(stored.rows, job.id, &JobRow::id);
  const auto last = std::ranges::find(stored.last, job.id, &RunRow::job);
  return job_json(job, row == stored.rows.end() ? JobRow{.id = job.id, .schedule = {}} : *row,
                  last == stored.last.end() ? nullptr : &*last, stored.zone);
}

Task<http::Response> list(DeskHandle desk, RouteCall call, http::Request) {
  TENON_CO_ASSIGN(stored, TENON_CO_ACT(*call.tenant, read_stored(*call.tenant)));
  json::array all;
  for (const auto& job : desk->board.of(call.tenant->name())) all.push_back(shown(job, stored));
  co_return answer(all);
}

Task<http::Response> get(DeskHandle desk, RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(job, offered(*desk, call, request.parameter("id")));
  TENON_CO_ASSIGN(stored, TENON_CO_ACT(*call.tenant, read_stored(*call.tenant)));
  co_return answer(shown(job, stored));
}

Result<std::vector<RunRow>> read_runs(data::Tenant& tenant, const std::string& job,
                                      std::optional<JobRunId> before, std::size_t limit) {
  TENON_ASSIGN(lease, tenant.database().reader());
  return list_runs(lease.session(), job, before, limit);
}

Task<http::Response> runs(DeskHandle desk, RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(job, offered(*desk, call, request.parameter("id")));
  TENON_CO_ASSIGN(page, page_of(request, kUsual, kRunsKept));
  std::optional<JobRunId> before;
  if (!page.before.empty()) {
    before = JobRunId::parse(page.before);
    if (!before)
      co_return fail(Error(ErrorCode::invalid, "\"before\" is the id of a run")
                         .because("query.parameter")
                         .with_field({.path = "/query/before",
                                      .code = "syntax",
                                      .message = "This is no id of a run."}));
  }
  TENON_CO_ASSIGN(rows,
                  TENON_CO_ACT(*call.tenant, read_runs(*call.tenant, job.id, before, page.limit)));
  json::array all;
  for (const auto& row : rows) all.push_back(run_json(row));
  co_return answer(all);
}

/// Changes the row of a job, with an audit row in the same transaction.
template <class Work>
Task<http::Response> change(DeskHandle desk, RouteCall call, http::Request request,
                            std::string_view action, int status, Work work) {
  TENON_CO_ASSIGN(job, offered(*desk, call, request.parameter("id")));
  const auto now = desk->clock.now();
  auto transaction = [&](storage::Session& session) -> Result<> {
    TENON_ASSIGN(stored, read_job(session, job.id));
    JobRow row = stored ? *std::move(stored) : JobRow{.id = job.id, .schedule = {}};
    TENON_ASSIGN(company, read_company(session));
    TENON_ASSIGN(schedule, Schedule::of(*job.job, company.time_zone));
    const bool changed = work(row, schedule, now, call.principal->responsible());
    if (!changed) return {};
    TENON_TRY(save_job(session, row, now));
    return data::note_act(session,
                          {.user = call.principal->responsible(),
                           .trace = call.trace_id,
                           .subject = "platform.job",
                           .key = job.id,
                           .action = std::string(action)},
                          now);
  };
  TENON_CO_TRY(
      co_await data::run_durably(call.tenant->database(), call.deadline, std::move(transaction)));
  desk->hint(call.tenant->name());
  TENON_CO_ASSIGN(after, TENON_CO_ACT(*call.tenant, read_stored(*call.tenant)));
  co_return answer(shown(job, after), status);
}

Task<http::Response> run_now(DeskHandle desk, RouteCall call, http::Request request) {
  return change(std::move(desk), std::move(call), std::move(request), "run_asked", 202,
                [](JobRow& row, const Schedule&, Timestamp now, UserId by) {
                  if (row.wanted_at) return false;  // it was asked for, and has not begun yet
                  row.wanted_at = now;
                  row.wanted_by = by;
                  return true;
                });
}

Task<http::Response> pause(DeskHandle desk, RouteCall call, http::Request request) {
  return change(std::move(desk), std::move(call), std::move(request), "paused", 200,
                [](JobRow& row, const Schedule& schedule, Timestamp, UserId) {
                  if (row.paused) return false;
                  row.paused = true;
                  row.schedule = schedule.text();
                  row.next_due.reset();
                  return true;
                });
}

Task<http::Response> resume(DeskHandle desk, RouteCall call, http::Request request) {
  return change(std::move(desk), std::move(call), std::move(request), "resumed", 200,
                [](JobRow& row, const Schedule& schedule, Timestamp now, UserId) {
                  if (!row.paused) return false;
                  row.paused = false;
                  row.schedule = schedule.text();
                  // What was due meanwhile was not wanted.
                  row.next_due = schedule.cron.next(now, schedule.zone);
                  return true;
                });
}

}  // namespace

std::vector<modules::Route> job_routes(const modules::JobBoard& board, const Clock& clock,
                                       std::function<void(std::string_view)> hint) {
  const auto desk = std::make_shared<const Desk>(Desk{board, clock, std::move(hint)});
  const auto route = [&](http::Method method, std::string pattern, std::string_view permission,
                         auto function) {
    return modules::Route{.method = method,
                          .pattern = std::move(pattern),
                          .handler =
                              [desk, function](RouteCall call, http::Request request) {
                                return function(desk, std::move(call), std::move(request));
                              },
                          .permission = std::string(permission)};
  };
  using http::Method;
  return {route(Method::get, "/api/v1/jobs", kRead, list),
          route(Method::get, "/api/v1/jobs/{id}", kRead, get),
          route(Method::get, "/api/v1/jobs/{id}/runs", kRead, runs),
          route(Method::post, "/api/v1/jobs/{id}/run", kManage, run_now),
          route(Method::post, "/api/v1/jobs/{id}/pause", kManage, pause),
          route(Method::post, "/api/v1/jobs/{id}/resume", kManage, resume)};
}

}  // namespace tenon::services
