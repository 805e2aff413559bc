#include "services/jobs/job_json.h"

#include "base/hash.h"
#include "services/route_json.h"

namespace tenon::services {
namespace {

json::value user_json(const std::optional<UserId>& user) {
  return user ? json::value(user->to_string()) : json::value();
}

}  // namespace

json::object run_json(const RunRow& run) {
  json::object object{{"id", run.id.to_string()},
                      {"job", run.job},
                      {"cause", to_string(run.cause)},
                      {"due_at", to_rfc3339(run.due)},
                      {"attempt", run.attempt},
                      {"state", to_string(run.state)},
                      {"started_at", to_rfc3339(run.started)},
                      {"ended_at", time_json(run.ended)},
                      {"error", nullptr},
                      {"trace_id", hex(run.trace.value.bytes)},
                      {"asked_by", user_json(run.wanted_by)}};
  if (run.state == RunState::failed)
    object["error"] =
        json::object{{"code", run.code}, {"reason", run.reason}, {"message", run.error}};
  return object;
}

json::object row_json(const JobRow& row, const RunRow* last) {
  return {{"id", row.id},
          {"paused", row.paused},
          {"next_due", time_json(row.next_due)},
          {"asked_at", time_json(row.wanted_at)},
          {"running", row.run.has_value()},
          {"retry_at", time_json(row.retry_at)},
          {"last_run", last == nullptr ? json::value() : json::value(run_json(*last))}};
}

json::object job_json(const modules::OfferedJob& job, const JobRow& row, const RunRow* last,
                      std::string_view company_zone) {
  auto object = row_json(row, last);
  object["module"] = job.module;
  object["name"] = job.job->name;
  object["label"] = label_json(job.job->display_name);
  object["cron"] = job.job->cron;
  object["time_zone"] = job.job->time_zone.empty() ? company_zone : job.job->time_zone;
  object["missed"] = to_string(job.job->missed);
  object["retries"] = job.job->retries;
  object["timeout_seconds"] = job.job->timeout.count();
  return object;
}

}  // namespace tenon::services
