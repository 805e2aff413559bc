#include "services/bulk/desk.h"

#include <fmt/format.h>

#include <utility>

#include "async/timer.h"
#include "async/wait_for.h"
#include "data/act.h"
#include "modules/live_feed.h"
#include "modules/tenant_directory.h"
#include "services/bulk/outlook.h"

namespace tenon::services {
namespace {

constexpr int kGoOn = 0;
constexpr int kCancelled = 1;
constexpr int kStop = 2;
constexpr std::chrono::seconds kRowTime{10};
constexpr std::chrono::seconds kBeat{2};
constexpr std::chrono::milliseconds kLook{1000};
constexpr std::size_t kFileThreads = 2;

std::string table_of(std::string_view kind) { return std::string(kind) + "_job"; }

/// What a request to stop became.
Error stop_error(int why) {
  if (why == kCancelled)
    return Error(ErrorCode::cancelled, "It was cancelled.").because("bulk.cancelled");
  return Error(ErrorCode::cancelled, "The server stopped meanwhile; begin again.")
      .because("bulk.interrupted");
}

}  // namespace

void JobRun::progress(json::object now) {
  job_.progress = std::move(now);
  const auto moment = desk_.clock().instant();
  if (told_ == Instant{} || moment - told_ >= desk_.limits_.tell) {
    told_ = moment;
    desk_.tell(tenant_->name(), job_);
  }
  if (kept_ != Instant{} && moment - kept_ < kBeat) return;
  kept_ = moment;
  const auto stop = wait_for(desk_.store_.beat(tenant_, job_.id, json::serialize(job_.progress),
                                               desk_.clock().now(), Deadline::after(kRowTime)));
  // A database that is away for a moment is met by the work itself.
  int expected = kGoOn;
  if (stop && *stop) stop_->compare_exchange_strong(expected, kCancelled);
}

JobDesk::JobDesk(std::string_view kind, const Outlook& outlook, Spool spool, DeskLimits limits,
                 Lost lost)
    : kind_(kind),
      outlook_(outlook),
      tables_(JobStore::tables(table_of(kind))),
      store_(kind == "export" ? std::string_view("export_job") : std::string_view("import_job")),
      spool_(std::move(spool)),
      limits_(limits),
      lost_(std::move(lost)) {}

JobDesk::~JobDesk() = default;

void JobDesk::open(const modules::ModuleContext& context) {
  context_.emplace(context);
  pool_ = std::make_unique<BlockingPool>(BlockingPool::Options{
      .threads = limits_.threads, .queue = limits_.queue, .name = std::string(kind_)});
  files_ = std::make_unique<BlockingPool>(BlockingPool::Options{
      .threads = kFileThreads, .queue = limits_.queue, .name = std::string(kind_) + " files"});
  tasks_ = std::make_unique<TaskGroup>(context_->executor);
  tasks_->spawn(look_after_the_dead(this));
}

Task<> JobDesk::close(Deadline deadline) {
  if (!tasks_) co_return Result<>();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, stop] : running_) {
      int expected = kGoOn;
      stop->compare_exchange_strong(expected, kStop);
    }
  }
  TENON_CO_TRY(co_await tasks_->stop(deadline));
  pool_->stop();
  files_->stop();
  co_return Result<>();
}

Job JobDesk::made(const modules::RouteCall& call, std::string entity, std::string name) const {
  const auto now = context_->clock.now();
  return {.id = JobId::make(context_->clock, context_->random),
          .user = call.principal->user,
          .entity = std::move(entity),
          .name = std::move(name),
          .state = JobState::waiting,
          .request = {},
          .progress = {{"rows", 0}},
          .error = {},
          .trace = TraceId::make(context_->clock, context_->random),
          .cancel = false,
          .created_at = now,
          .alive_until = now + kJobAlive,
          .expires_at = now + limits_.keep,
          .started_at = {},
          .finished_at = {}};
}

JobDesk::Stop JobDesk::reserve(JobId id) {
  auto stop = std::make_shared<std::atomic<int>>(kGoOn);
  const std::lock_guard lock(mutex_);
  return running_.emplace(id, stop).second ? stop : nullptr;
}

void JobDesk::let_go(JobId id) {
  const std::lock_guard lock(mutex_);
  running_.erase(id);
}

void JobDesk::launch(std::shared_ptr<data::Tenant> tenant, Job job, Work work, Stop stop) {
  tell(tenant->name(), job);
  tasks_->spawn(see_to(this, std::move(tenant), std::move(job), std::move(work), std::move(stop)));
}

Task<> JobDesk::begin(std::shared_ptr<data::Tenant> tenant, Job job, Work work, Deadline deadline) {
  auto stop = reserve(job.id);
  auto stored = co_await store_.insert(tenant, job, limits_.active_per_tenant,
                                       std::string(kind_) + "s.active", deadline);
  if (stored)
    launch(std::move(tenant), std::move(job), std::move(work), std::move(stop));
  else
    let_go(job.id);
  co_return stored;
}

Task<Job> JobDesk::begin(std::shared_ptr<data::Tenant> tenant, JobId id,
                         std::function<Result<>(Job&)> change, std::function<Work(const Job&)> work,
                         Deadline deadline) {
  auto waiting = [this, change = std::move(change)](Job& job) -> Result<> {
    TENON_TRY(change(job));
    job.state = JobState::waiting;
    job.cancel = false;
    job.error = {};
    job.progress = {{"rows", 0}};
    job.started_at = job.finished_at = std::nullopt;
    job.alive_until = context_->clock.now() + kJobAlive;
    return {};
  };
  auto stop = reserve(id);
  if (!stop)
    co_return fail(Error(ErrorCode::conflict, "It is under way already; cancel it first.")
                       .because("bulk.active"));
  auto job = co_await store_.activate(tenant, id, std::move(waiting), limits_.active_per_tenant,
                                      std::string(kind_) + "s.active", deadline);
  if (job)
    launch(std::move(tenant), *job, work(*job), std::move(stop));
  else
    let_go(id);
  co_return job;
}

bool JobDesk::in_reach(const modules::RouteCall& call, const Job& job) const {
  return call.principal->has(job.entity + (kind_ == "export" ? ".list" : ".manage"));
}

Task<std::vector<Job>> JobDesk::list_own(const modules::RouteCall& call, std::size_t limit) const {
  TENON_CO_ASSIGN(jobs, co_await store_.list(call.tenant, call.principal->user, limit));
  std::erase_if(jobs, [&](const Job& job) { return !in_reach(call, job); });
  co_return std::move(jobs);
}

Task<Job> JobDesk::own(const modules::RouteCall& call, std::string_view id) const {
  const auto known = JobId::parse(id);
  if (!known) co_return fail(no_such_job());
  const auto user = call.principal->user;
  TENON_CO_ASSIGN(job, co_await store_.find(call.tenant, *known));
  if (job.user != user || !in_reach(call, job)) co_return fail(no_such_job());
  co_return std::move(job);
}

Task<Job> JobDesk::cancel(std::shared_ptr<data::Tenant> tenant, JobId id, Deadline deadline) {
  const auto now = context_->clock.now();
  auto ask = [now](Job& job) -> Result<> {
    job.cancel = job.cancel || is_active(job.state);
    // Nobody has begun: it need not be waited for.
    if (job.state != JobState::waiting) return {};
    job.state = JobState::cancelled;
    job.finished_at = now;
    job.error = error_json(stop_error(kCancelled));
    return {};
  };
  TENON_CO_ASSIGN(job, co_await store_.change(tenant, id, ask, deadline));
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = running_.find(id); found != running_.end()) {
      int expected = kGoOn;
      found->second->compare_exchange_strong(expected, kCancelled);
    }
  }
  tell(tenant->name(), job);
  co_return std::move(job);
}

Task<> JobDesk::erase(std::shared_ptr<data::Tenant> tenant, JobId id, Deadline deadline) {
  // The row stays until it is forgotten, as one whose time has come.
  auto end = [this](Job& job) -> Result<> {
    if (is_active(job.state))
      return fail(
          Error(ErrorCode::conflict, "It is under way; cancel it first.").because("bulk.active"));
    job.expires_at = context_->clock.now();
    return {};
  };
  TENON_CO_TRY(co_await store_.change(tenant, id, end, deadline));
  co_return co_await files_->run([this, tenant, id]() -> Result<> {
    spool_.remove(tenant->name(), id);
    return {};
  });
}

asio::awaitable<void> JobDesk::see_to(JobDesk* self, std::shared_ptr<data::Tenant> tenant, Job job,
                                      Work work, std::shared_ptr<std::atomic<int>> stop) {
  const auto id = job.id;
  const auto ran = co_await self->pool_->run([&]() -> Result<> {
    self->carry_out(tenant, job, work, stop);
    return {};
  });
  if (!ran) {  // no room in the queue: told like any other failure
    job.state = JobState::failed;
    job.error = error_json(ran.error());
    auto change = [job](Job& row) -> Result<> {
      row.state = job.state;
      row.error = job.error;
      return {};
    };
    (void)co_await self->store_.change(tenant, id, change, Deadline::after(kRowTime));
  }
  self->let_go(id);
}

void JobDesk::carry_out(std::shared_ptr<data::Tenant> tenant, Job job, const Work& work,
                        const std::shared_ptr<std::atomic<int>>& stop) {
  const auto start = [this](Job& row) -> Result<> {
    if (row.state != JobState::waiting)
      return fail(Error(ErrorCode::cancelled, "It was cancelled.").because("bulk.cancelled"));
    row.state = JobState::running;
    row.started_at = context_->clock.now();
    row.alive_until = context_->clock.now() + kJobAlive;
    return {};
  };
  auto started = wait_for(store_.change(tenant, job.id, start, Deadline::after(kRowTime)));
  if (!started) return;  // cancelled, or the database is away: then it is found silent later
  JobRun run(*this, tenant, *std::move(started), stop);
  tell(tenant->name(), run.job_);
  Result<json::object> done =
      stop->load() == kGoOn ? work(run) : Result<json::object>(fail(stop_error(stop->load())));
  const int why = stop->load();
  if (!done && why != kGoOn && done.error().code() == ErrorCode::cancelled)
    done = std::unexpected(stop_error(why));
  const auto end = [&](Job& row) -> Result<> {
    const auto now = context_->clock.now();
    row.progress = done ? *done : run.job_.progress;
    row.finished_at = now;
    row.expires_at = now + limits_.keep;
    row.state = done ? JobState::done : JobState::failed;
    if (done) return {};
    row.error = error_json(done.error());
    if (done.error().reason() == "bulk.cancelled") row.state = JobState::cancelled;
    if (done.error().reason() == "bulk.interrupted") row.state = JobState::interrupted;
    return {};
  };
  // Without this row the job would be found silent, and told as interrupted, which is true too.
  const auto ended = wait_for(store_.change(tenant, job.id, end, Deadline::after(kRowTime)));
  if (ended) tell(tenant->name(), *ended);
  const std::lock_guard lock(mutex_);
  ++(done ? done_ : failed_);
}

void JobDesk::tell(const std::string& tenant, const Job& job) {
  json::object told{{"kind", kind_},
                    {"id", job.id.to_string()},
                    {"state", to_string(job.state)},
                    {"progress", job.progress}};
  context_->feed.tell(tenant, {.event = "job", .data = json::serialize(told), .user = job.user});
}

asio::awaitable<void> JobDesk::look_after_the_dead(JobDesk* self) {
  while (co_await sleep_until(Deadline::after(kLook))) {
    for (auto& tenant : self->context_->tenants.served()) {
      auto& looked = self->looked_[tenant->name()];
      const auto now = self->context_->clock.instant();
      if (looked != Instant{} && now - looked < kJobAlive) continue;
      looked = now;
      // A file has one writer process: whoever began a job there and is not this process is dead.
      const auto before = tenant->waits() ? self->context_->clock.now() : Timestamp::max();
      auto silent = co_await self->store_.silent(tenant, before);
      if (!silent) {
        looked = {};
        continue;
      }
      for (auto& job : *silent) {
        {
          const std::lock_guard lock(self->mutex_);
          if (self->running_.contains(job.id)) continue;
        }
        const auto settled = co_await self->files_->run([&] { return self->settle(tenant, job); });
        if (!settled || is_active(job.state)) looked = {};  // not the end of it: look again
      }
    }
  }
}

Result<> JobDesk::settle(const std::shared_ptr<data::Tenant>& tenant, Job& dead) {
  TENON_TRY(lost_(tenant, dead));
  if (!is_active(dead.state)) {
    dead.finished_at = context_->clock.now();
    dead.expires_at = *dead.finished_at + limits_.keep;
  }
  const auto change = [&](Job& row) -> Result<> {
    if (!is_active(row.state)) return {};
    row = dead;
    return {};
  };
  TENON_ASSIGN(job, wait_for(store_.change(tenant, dead.id, change, Deadline::after(kRowTime))));
  tell(tenant->name(), job);
  return {};
}

Task<std::uint64_t> JobDesk::sweep(std::shared_ptr<data::Tenant> tenant, Timestamp now,
                                   Deadline deadline) {
  TENON_CO_ASSIGN(rows, co_await store_.forget(tenant, now - limits_.remember, deadline));
  const auto forgotten = rows;
  TENON_CO_ASSIGN(files, co_await files_->run([this, tenant, now]() -> Result<std::uint64_t> {
    return spool_.sweep(tenant->name(), [&](JobId id) {
      const auto job = wait_for(store_.find(tenant, id));
      // What cannot be looked up is kept.
      if (!job) return job.error().reason() != "bulk.unknown";
      return is_active(job->state) || job->expires_at > now;
    });
  }));
  co_return forgotten + files;
}

json::object JobDesk::figures() const {
  const std::lock_guard lock(mutex_);
  return {{"running", running_.size()}, {"done", done_}, {"failed", failed_}};
}

}  // namespace tenon::services
