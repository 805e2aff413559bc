#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "data/durably.h"
#include "data/platform_act.h"
#include "services/jobs/job_json.h"
#include "services/jobs/job_rows.h"
#include "workplace.h"

namespace tenon::app {
namespace {

struct JobOptions {
  std::string data, tenant, job;
  std::size_t limit = 20;
  bool json = false;
};

Result<std::shared_ptr<data::Tenant>> tenant_of(Workplace& here, const JobOptions& options) {
  return here.tenants.open(options.tenant);
}

std::string shown(const std::optional<Timestamp>& time) {
  return time ? to_rfc3339(*time).substr(0, 16) + "Z" : std::string("-");
}

Result<int> list(const JobOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(tenant, tenant_of(here, options));
  TENON_ASSIGN(lease, tenant->database().reader());
  TENON_ASSIGN(rows, services::read_jobs(lease.session()));
  TENON_ASSIGN(last, services::last_runs(lease.session()));
  json::array all;
  for (const auto& row : rows) {
    const auto found = std::ranges::find(last, row.id, &services::RunRow::job);
    const auto* newest = found == last.end() ? nullptr : &*found;
    all.push_back(row_json(row, newest));
    if (options.json) continue;
    const std::string state(newest == nullptr ? "-" : to_string(newest->state));
    std::printf("%-40s %-8s next %-18s last %-18s %s\n", row.id.c_str(), row.paused ? "paused" : "",
                shown(row.next_due).c_str(),
                shown(newest == nullptr ? std::nullopt : std::optional(newest->started)).c_str(),
                state.c_str());
  }
  if (options.json) std::printf("%s\n", json::serialize(all).c_str());
  return 0;
}

Result<int> history(const JobOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(tenant, tenant_of(here, options));
  TENON_ASSIGN(lease, tenant->database().reader());
  TENON_ASSIGN(known, services::read_job(lease.session(), options.job));
  if (!known)
    return fail(ErrorCode::not_found,
                "no server has seen a job \"" + options.job + "\" of this tenant yet");
  TENON_ASSIGN(rows, services::list_runs(lease.session(), options.job, {}, options.limit));
  json::array all;
  for (const auto& row : rows) {
    all.push_back(run_json(row));
    if (options.json) continue;
    std::printf("%s  due %s  %-8s attempt %u  %-11s %s\n", shown(row.started).c_str(),
                shown(row.due).c_str(), std::string(to_string(row.cause)).c_str(), row.attempt,
                std::string(to_string(row.state)).c_str(), row.error.c_str());
  }
  if (options.json) std::printf("%s\n", json::serialize(all).c_str());
  return 0;
}

/// The job's code needs the server: it runs what was asked for when it looks next.
Result<int> ask(const JobOptions& options) {
  Workplace here(options.data);
  TENON_ASSIGN(tenant, tenant_of(here, options));
  const auto now = here.clock.now();
  TENON_TRY(wait_for(data::run_durably(
      tenant->database(), Deadline::after(std::chrono::seconds(30)),
      [&](storage::Session& session) -> Result<> {
        TENON_ASSIGN(row, services::read_job(session, options.job));
        if (!row)
          return fail(ErrorCode::not_found,
                      "no server has seen a job \"" + options.job + "\" of this tenant yet");
        if (row->wanted_at) return {};
        row->wanted_at = now;
        TENON_TRY(services::save_job(session, *row, now));
        return data::note_act(session,
                              {.user = {},
                               .trace = {},
                               .subject = "platform.job",
                               .key = options.job,
                               .action = "run_asked",
                               .after = json::serialize(json::object{{"by", "command"}})},
                              now);
      })));
  say(options.json, "\"" + options.job + "\" runs when a server looks next",
      json::object{{"job", options.job}, {"asked_at", to_rfc3339(now)}});
  return 0;
}

}  // namespace

void add_job(CLI::App& app, Command& selected) {
  CLI::App* job = app.add_subcommand(
      "job", "The scheduled jobs of a tenant. For a tenant in a file the server must not run");
  job->require_subcommand(1);
  auto options =
      std::make_shared<JobOptions>();  // shared: CLI11 keeps references until the command runs
  const auto add = [&](const char* name, const char* text, Result<int> (*work)(const JobOptions&)) {
    CLI::App* command = job->add_subcommand(name, text);
    command->add_option("tenant", options->tenant, "Name of the tenant")->required();
    command->add_option("--data", options->data, "Folder of all data")->required();
    command->add_flag("--json", options->json, "Tell the outcome as JSON");
    command->callback(
        [options, work, &selected] { selected = [options, work] { return work(*options); }; });
    return command;
  };
  add("list", "Each job, when it is due next and how it ended last", list);
  add("run", "Ask for a run, which a server begins as soon as it can", ask)
      ->add_option("job", options->job, "MODULE.JOB, as crm.nightly")
      ->required();
  auto* told = add("history", "The newest runs of a job", history);
  told->add_option("job", options->job, "MODULE.JOB, as crm.nightly")->required();
  told->add_option("--limit", options->limit, "How many")->check(CLI::Range(1, 200));
}

}  // namespace tenon::app
