#include "plugins/wasm_jobs.h"

#include <utility>

#include "base/hash.h"
#include "data/act.h"
#include "plugins/alone.h"

namespace tenon::plugins {
namespace {

using Settle = std::function<Result<>(storage::Session&)>;
using Committed = std::function<void(std::string_view tenant)>;

asio::awaitable<Outcome> run_and_settle(Host* host, CallArguments arguments, std::string action,
                                        Settle settle) {
  data::UnitOfWork& unit = arguments.work;
  const Deadline deadline = arguments.origin.deadline;
  auto outcome = co_await host->run_action(std::move(arguments), std::move(action), "{}");
  if (!outcome.result) co_return outcome;
  Result<> settled = co_await unit.acquire(deadline);
  if (settled) settled = TENON_CO_ACT(unit, settle(unit.native_session()));
  if (!settled) outcome.result = std::unexpected(std::move(settled.error()));
  co_return outcome;
}

Task<> run_job(Host* host, std::shared_ptr<Workspace> workspace, PluginHandle plugin,
               std::string action, Committed committed, modules::JobRun run) {
  AloneCall call{
      .origin = {.workspace = workspace,
                 .installations = workspace->with(plugin),
                 .principal = system_principal(workspace->tenant()->name()),
                 .trace = hex(run.trace.value.bytes),
                 .deadline = run.deadline},
      .plugin = plugin->id(),
      .viewer = {},
      .cause = {.plugin = plugin->id(), .trace = run.trace, .correlation = {}, .causation = {}},
      .limits = Limits::background(),
      .subject = {}};
  TENON_CO_ASSIGN(answered,
                  co_await run_alone(*host, std::move(call),
                                     [action = std::move(action), settle = std::move(run.settle)](
                                         Host& guest_host, CallArguments arguments) {
                                       return run_and_settle(&guest_host, std::move(arguments),
                                                             action, settle);
                                     }));
  if (answered.events > 0) committed(workspace->tenant()->name());
  co_return Result<>();
}

}  // namespace

std::vector<modules::Job> jobs_of(Host& host, const std::shared_ptr<Workspace>& workspace,
                                  const PluginHandle& plugin, const Committed& committed) {
  std::vector<modules::Job> all;
  for (const auto& job : plugin->manifest.jobs)
    all.push_back({.name = job.name,
                   .display_name = job.display_name,
                   .cron = job.cron,
                   .time_zone = job.time_zone,
                   .missed = job.missed,
                   .retries = job.retries,
                   .timeout = job.timeout,
                   .run = [host = &host, workspace, plugin, action = job.action,
                           committed](modules::JobRun run) {
                     return run_job(host, workspace, plugin, action, committed, std::move(run));
                   }});
  return all;
}

}  // namespace tenon::plugins
