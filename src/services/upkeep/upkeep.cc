#include "services/upkeep/upkeep.h"

#include <utility>

#include "async/timer.h"
#include "modules/tenant_directory.h"

namespace tenon::services {

using modules::Health;

Upkeep::Upkeep(std::vector<Chore> chores, UpkeepOptions options)
    : chores_(std::move(chores)), options_(options) {}

Upkeep::~Upkeep() = default;

void Upkeep::add(Chore chore) {
  TENON_ASSERT(!context_);
  chores_.push_back(std::move(chore));
}

data::Localized Upkeep::name() const { return {{"en", "Upkeep"}, {"zh-CN", "日常清理"}}; }
Version Upkeep::version() const { return {.major = 1, .minor = 0, .patch = 0}; }

Task<> Upkeep::on_startup(modules::ModuleContext context) {
  context_.emplace(std::move(context));
  tasks_ = std::make_unique<TaskGroup>(context_->executor);
  tasks_->spawn(keep_looking(this));
  co_return Result<>();
}

Task<> Upkeep::on_shutdown(Deadline deadline) {
  if (!tasks_) co_return Result<>();
  co_return co_await tasks_->stop(deadline);
}

asio::awaitable<void> Upkeep::keep_looking(Upkeep* self) {
  while (co_await sleep_until(Deadline::after(self->options_.look)))
    if (!co_await self->run_due()) co_return;
}

Instant Upkeep::next(std::chrono::nanoseconds least, std::chrono::nanoseconds most) const {
  const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  const auto part = static_cast<std::int64_t>(context_->random.next() % span);
  return context_->clock.instant() +
         std::chrono::duration_cast<Instant::duration>(least + std::chrono::nanoseconds(part));
}

std::vector<std::shared_ptr<data::Tenant>> Upkeep::due() {
  std::vector<std::shared_ptr<data::Tenant>> tenants;
  std::map<std::string, Instant, std::less<>> kept;
  const auto now = context_->clock.instant();
  for (auto& tenant : context_->tenants.served()) {
    const auto known = next_.find(tenant->name());
    // A start must not begin with the work of all tenants.
    const auto when = known != next_.end() ? known->second : next({}, options_.interval);
    kept.emplace(tenant->name(), when);
    if (when <= now) tenants.push_back(std::move(tenant));
  }
  next_ = std::move(kept);  // those that are gone are forgotten
  return tenants;
}

Task<std::size_t> Upkeep::run_due() {
  const auto tenants = due();
  for (const auto& tenant : tenants) {
    co_await round(tenant);
    next_[tenant->name()] = next(options_.interval * 4 / 5, options_.interval * 6 / 5);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      co_return fail(Error(ErrorCode::cancelled, "stopping").because("task.cancelled"));
  }
  co_return tenants.size();
}

asio::awaitable<void> Upkeep::round(std::shared_ptr<data::Tenant> tenant) {
  for (const auto& chore : chores_) {
    const auto removed =
        co_await chore.run(tenant, context_->clock.now(), Deadline::after(options_.patience));
    const std::lock_guard lock(mutex_);
    auto& count = counts_[chore.name];
    if (removed) {
      count.removed += *removed;
      count.failing.erase(tenant->name());
      continue;
    }
    ++count.failures;
    // What is away comes back, and is told elsewhere.
    const auto code = removed.error().code();
    if (code != ErrorCode::cancelled && code != ErrorCode::unavailable)
      count.failing[tenant->name()] = removed.error().message();
  }
  const std::lock_guard lock(mutex_);
  ++rounds_;
}

Task<Health> Upkeep::health_check(Deadline) {
  const std::lock_guard lock(mutex_);
  Health health{.status = Health::Status::healthy,
                .message = {},
                .details = {{"rounds", rounds_}, {"chores", json::object()}}};
  auto& chores = health.details["chores"].get_object();
  for (const auto& [name, count] : counts_) {
    json::object one{{"removed", count.removed}, {"failures", count.failures}};
    if (!count.failing.empty()) {
      // How many companies, never which: others read this too.
      one["failing_tenants"] = count.failing.size();
      one["error"] = count.failing.begin()->second;
      health.status = Health::Status::degraded;
      health.message = "\"" + name + "\" fails: " + count.failing.begin()->second;
    }
    chores[name] = std::move(one);
  }
  co_return health;
}

}  // namespace tenon::services
