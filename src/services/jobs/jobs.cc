#include "services/jobs/jobs.h"

#include <algorithm>
#include <utility>

#include "async/timer.h"
#include "base/hash.h"
#include "data/act.h"
#include "data/durably.h"
#include "modules/live_feed.h"
#include "modules/tenant_directory.h"
#include "services/jobs/job_routes.h"
#include "services/jobs/job_rows.h"
#include "services/settings/setting_rows.h"

namespace tenon::services {

using modules::Health;
using std::chrono::milliseconds;

namespace {

constexpr std::chrono::seconds kPatience{10};  // of one transaction here

/// A module's exception is a failed run; the process and the other jobs go on.
Task<> guarded(std::shared_ptr<const modules::Job> job, modules::JobRun run) {
  try {
    co_return co_await job->run(std::move(run));
  } catch (const std::exception& exception) {
    co_return fail(Error(ErrorCode::internal, "this job failed in an unexpected way")
                       .because("job.exception")
                       .in_context(exception.what()));
  }
}

}  // namespace

/// A run of this process. Shared by its task, the one that keeps its lease, and the list of them.
struct Jobs::Running {
  std::shared_ptr<data::Tenant> tenant;
  modules::OfferedJob offered;
  RunRow row;
  Event ended;
};

Jobs::Jobs(JobsOptions options) : options_(options) {}
Jobs::~Jobs() = default;

data::Localized Jobs::name() const { return {{"en", "Scheduled jobs"}, {"zh-CN", "定时任务"}}; }
Version Jobs::version() const { return {.major = 1, .minor = 0, .patch = 0}; }

std::vector<modules::Dependency> Jobs::dependencies() const {
  return {{.id = "settings", .version = VersionRange::parse("^1.0").value()}};
}

modules::Migrations Jobs::migrations() const {
  const auto scripts = job_scripts();
  return {.version = static_cast<std::uint32_t>(scripts.size()),
          .scripts = {scripts.begin(), scripts.end()},
          .entities = {}};
}

Task<> Jobs::on_startup(modules::ModuleContext context) {
  if (context.jobs == nullptr)
    co_return fail(Error(ErrorCode::internal, "there is no board of jobs").because("job.board"));
  context_.emplace(std::move(context));
  stopping_ = false;
  tasks_ = std::make_unique<TaskGroup>(context_->executor);
  tasks_->spawn(keep_looking(this));
  co_return Result<>();
}

Task<> Jobs::on_shutdown(Deadline deadline) {
  if (!tasks_) co_return Result<>();
  stopping_ = true;
  const auto now = std::chrono::steady_clock::now();
  (void)co_await idle(Deadline::at(now + (deadline.when() - now) / 2));
  co_return co_await tasks_->stop(deadline);
}

Task<> Jobs::idle(Deadline deadline) {
  while (!running_.empty()) {
    const auto ended = (*running_.begin())->ended;
    TENON_CO_TRY(co_await ended.wait(deadline));
  }
  co_return Result<>();
}

void Jobs::hint(std::string_view tenant) {
  const std::lock_guard lock(mutex_);
  if (hints_.size() < 10'000) hints_.emplace(tenant);
}

std::vector<modules::Route> Jobs::protected_routes() {
  return job_routes(*context_->jobs, context_->clock,
                    [this](std::string_view tenant) { hint(tenant); });
}

asio::awaitable<void> Jobs::keep_looking(Jobs* self) {
  while (co_await sleep_until(Deadline::after(self->options_.look)))
    if (!co_await self->run_due()) co_return;
}

Task<std::size_t> Jobs::run_due() {
  if (stopping_) co_return std::size_t{0};
  std::set<std::string, std::less<>> hints;
  {
    const std::lock_guard lock(mutex_);
    hints.swap(hints_);
  }
  const auto tenants = context_->tenants.served();
  std::map<std::string, Next, std::less<>> kept;  // those that are gone are forgotten
  for (const auto& tenant : tenants) {
    const auto known = next_.find(tenant->name());
    kept[tenant->name()] = known == next_.end() ? Next{} : known->second;
  }
  next_ = std::move(kept);
  std::size_t begun = 0;
  for (const auto& tenant : tenants) {
    const auto version = context_->jobs->version();
    auto& next = next_[tenant->name()];
    if (next.look > context_->clock.instant() && next.version == version &&
        !hints.contains(tenant->name()))
      continue;
    next.version = version;
    next.look = context_->clock.instant() + options_.refresh;
    auto looked = co_await look(tenant);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      co_return fail(Error(ErrorCode::cancelled, "stopping").because("task.cancelled"));
    const std::lock_guard lock(mutex_);
    if (looked) {
      begun += *looked;
      failing_.erase(tenant->name());
    } else if (looked.error().code() != ErrorCode::unavailable) {
      failing_[tenant->name()] = looked.error().message();
    }
  }
  co_return begun;
}

Result<Jobs::Seen> Jobs::see(data::Tenant& tenant) {
  TENON_ASSIGN(lease, tenant.database().reader());
  TENON_ASSIGN(rows, read_jobs(lease.session()));
  TENON_ASSIGN(company, read_company(lease.session()));
  return Seen{.rows = std::move(rows), .zone = std::move(company.time_zone)};
}

bool Jobs::has_room(const std::string& tenant) const {
  if (running_.size() >= options_.running) return false;
  const auto own = std::ranges::count_if(
      running_, [&](const auto& one) { return one->tenant->name() == tenant; });
  return static_cast<std::size_t>(own) < options_.running_per_tenant;
}

Task<std::size_t> Jobs::look(std::shared_ptr<data::Tenant> tenant) {
  const auto offers = context_->jobs->of(tenant->name());
  if (offers.empty()) co_return std::size_t{0};
  TENON_CO_ASSIGN(seen, TENON_CO_ACT(*tenant, see(*tenant)));
  std::optional<Timestamp> earliest;
  std::size_t begun = 0;
  bool left = false;
  for (const auto& offered : offers) {
    TENON_CO_ASSIGN(schedule, Schedule::of(*offered.job, seen.zone));
    const auto found = std::ranges::find(seen.rows, offered.id, &JobRow::id);
    JobRow row = found == seen.rows.end() ? JobRow{.id = offered.id, .schedule = {}} : *found;
    const auto now = context_->clock.now();
    const auto step = advance(row, *offered.job, schedule, now, {}, options_.times);
    if (step.started && !has_room(tenant->name())) {
      left = true;
      continue;
    }
    if (step.changed) {
      TENON_CO_ASSIGN(started, co_await begin(tenant, {offered, std::move(schedule)}));
      if (started) ++begun;
    }
    if (const auto next = next_look(row); next && (!earliest || *next < *earliest)) earliest = next;
  }
  auto& next = next_[tenant->name()];
  const auto now = context_->clock.instant();
  if (left) next.look = now;
  if (earliest) {
    const auto wait = std::max<std::chrono::microseconds>(*earliest - context_->clock.now(), {});
    if (wait < options_.refresh) next.look = std::min(next.look, now + wait);
  }
  co_return begun;
}

Task<bool> Jobs::begin(std::shared_ptr<data::Tenant> tenant, Candidate candidate) {
  const auto now = context_->clock.now();
  const JobRunId fresh = JobRunId::make(context_->clock, context_->random);
  const TraceId trace = TraceId::make(context_->clock, context_->random);
  Advance step;
  // Read again: another node may have been here since.
  auto work = [&](storage::Session& session) -> Result<> {
    TENON_ASSIGN(stored, read_job(session, candidate.offered.id));
    JobRow row = stored ? *std::move(stored) : JobRow{.id = candidate.offered.id, .schedule = {}};
    step = advance(row, *candidate.offered.job, candidate.schedule, now, fresh, options_.times);
    if (!step.changed) return {};
    if (step.interrupted)
      TENON_TRY(end_run(session, *step.interrupted, RunState::interrupted, nullptr, now));
    for (auto* made : {&step.started, &step.skipped}) {
      if (!*made) continue;
      (*made)->trace = trace;
      TENON_ASSIGN(added, add_run(session, **made));
      if (added) continue;
      note_done(row);
      made->reset();
    }
    return save_job(session, row, now);
  };
  TENON_CO_TRY(
      co_await data::run_durably(tenant->database(), Deadline::after(kPatience), std::move(work)));
  {
    const std::lock_guard lock(mutex_);
    counts_.interrupted += step.interrupted ? 1 : 0;
    counts_.skipped += step.skipped ? 1 : 0;
  }
  if (!step.started) co_return false;
  const auto running = std::make_shared<Running>(Running{.tenant = std::move(tenant),
                                                         .offered = std::move(candidate.offered),
                                                         .row = *std::move(step.started),
                                                         .ended = {}});
  running_.insert(running);
  tell(*running, "running", {});
  tasks_->spawn(run(this, running));
  tasks_->spawn(keep_lease(this, running));
  co_return true;
}

asio::awaitable<void> Jobs::run(Jobs* self, std::shared_ptr<Running> running) {
  const auto& clock = self->context_->clock;
  const auto deadline = Deadline::after(running->offered.job->timeout);
  modules::JobRun run{
      .tenant = running->tenant,
      .trace = running->row.trace,
      .due = running->row.due,
      .attempt = running->row.attempt,
      .deadline = deadline,
      .settle =
          [&clock, running](storage::Session& session) {
            return settle_done(session, running->row.job, running->row.id, clock.now());
          },
      .tell = [self,
               running](json::object more) { self->tell(*running, "running", std::move(more)); }};
  auto outcome = co_await with_deadline(guarded(running->offered.job, std::move(run)), deadline);
  const auto stopped = co_await asio::this_coro::cancellation_state;
  // What is stopped with the process is not over: its lease runs out and it is begun again.
  if (stopped.cancelled() == asio::cancellation_type::none) {
    const std::string error = outcome ? std::string() : outcome.error().message();
    const auto state = co_await self->finish(running, std::move(outcome));
    if (state) {
      json::object more;
      if (!error.empty()) more["error"] = error;
      self->tell(*running, to_string(*state), std::move(more));
    }
  }
  self->running_.erase(running);
  running->ended.set();
  self->hint(running->tenant->name());
}

Task<RunState> Jobs::finish(std::shared_ptr<Running> running, Result<> outcome) {
  const auto& row = running->row;
  if (!outcome && outcome.error().reason() == "deadline")
    outcome = fail(Error(ErrorCode::cancelled,
                         "it did not end within " +
                             std::to_string(running->offered.job->timeout.count()) + " seconds")
                       .because("job.timeout"));
  const auto now = context_->clock.now();
  auto work = [&](storage::Session& session) -> Result<> {
    if (!outcome)
      return settle_failed(session, row.job, row.id, outcome.error(), running->offered.job->retries,
                           now, options_.times);
    auto settled = settle_done(session, row.job, row.id, now);
    // It has settled itself, or another process is at it.
    if (!settled && settled.error().reason() == "job.lease") return {};
    return settled;
  };
  auto noted = co_await data::run_durably(running->tenant->database(), Deadline::after(kPatience),
                                          std::move(work));
  const std::lock_guard lock(mutex_);
  if (!noted) {
    if (noted.error().reason() != "job.lease")
      failing_[running->tenant->name()] = noted.error().message();
    co_return std::unexpected(std::move(noted.error()));
  }
  ++(outcome ? counts_.done : counts_.failed);
  co_return outcome ? RunState::done : RunState::failed;
}

asio::awaitable<void> Jobs::keep_lease(Jobs* self, std::shared_ptr<Running> running) {
  for (;;) {
    const auto ended =
        co_await running->ended.wait(Deadline::after(self->options_.times.lease / 3));
    if (ended || ended.error().reason() != "event.deadline") co_return;
    const auto until = self->context_->clock.now() + self->options_.times.lease;
    auto work = [&](storage::Session& session) {
      return renew_lease(session, running->row.job, running->row.id, until);
    };
    const auto renewed = co_await data::run_durably(running->tenant->database(),
                                                    Deadline::after(kPatience), std::move(work));
    // Taken over, or settled a moment ago: there is nothing to keep. Else it is tried again.
    if (!renewed && renewed.error().reason() == "job.lease") co_return;
  }
}

void Jobs::tell(const Running& running, std::string_view state, json::object more) const {
  more["id"] = running.row.job;
  more["run"] = running.row.id.to_string();
  more["attempt"] = running.row.attempt;
  more["due_at"] = to_rfc3339(running.row.due);
  more["state"] = state;
  context_->feed.tell(
      running.tenant->name(),
      {.event = "job", .data = json::serialize(more), .user = {}, .permission = "tenon.jobs.read"});
}

Task<Health> Jobs::health_check(Deadline) {
  const std::lock_guard lock(mutex_);
  Health health{.status = Health::Status::healthy,
                .message = {},
                .details = {{"done", counts_.done},
                            {"failed", counts_.failed},
                            {"interrupted", counts_.interrupted},
                            {"skipped", counts_.skipped}}};
  if (!failing_.empty()) {
    // How many companies, never which: others read this too.
    health.status = Health::Status::degraded;
    health.message = "the jobs of some companies cannot be looked at: " + failing_.begin()->second;
    health.details["failing_tenants"] = failing_.size();
  }
  co_return health;
}

}  // namespace tenon::services
