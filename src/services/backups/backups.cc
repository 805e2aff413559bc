#include "services/backups/backups.h"

#include <sys/stat.h>

#include <utility>

#include "base/json.h"
#include "data/transfer/drill.h"
#include "data/transfer/tenant_operations.h"
#include "services/jobs/cron.h"

namespace tenon::services {

using modules::Health;

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours kLongest{6};  // for one company

Result<> check_cron(std::string_view setting, const std::string& text) {
  const auto cron = Cron::parse(text);
  if (cron) return {};
  return fail(Error(ErrorCode::invalid,
                    std::string(setting) + " \"" + text + "\": " + cron.error().message())
                  .because(std::string(cron.error().reason())));
}

}  // namespace

Backups::Backups(BackupParts parts, BackupOptions options)
    : parts_(std::move(parts)), options_(std::move(options)) {}
Backups::~Backups() = default;

data::Localized Backups::name() const { return {{"en", "Backups"}, {"zh-CN", "备份"}}; }
Version Backups::version() const { return {.major = 1, .minor = 0, .patch = 0}; }

std::vector<modules::Dependency> Backups::dependencies() const {
  return {{.id = "jobs", .version = VersionRange::parse("^1.0").value()}};
}

Task<> Backups::on_startup(modules::ModuleContext context) {
  if (options_.directory.empty() || context.jobs == nullptr) co_return Result<>();
  TENON_CO_TRY(check_cron("backups.cron", options_.cron));
  TENON_CO_TRY(check_cron("backups.drill_cron", options_.drill_cron));
  worker_ = std::make_unique<BlockingPool>(
      BlockingPool::Options{.threads = 1, .queue = 1024, .name = "backups"});
  std::vector<modules::Job> jobs;
  jobs.push_back({.name = "backup",
                  .display_name = {{"en", "Back up the company"}, {"zh-CN", "备份公司数据"}},
                  .cron = options_.cron,
                  .time_zone = {},
                  .retries = 2,
                  .timeout = kLongest,
                  .run = [this](modules::JobRun job) { return run(this, false, std::move(job)); }});
  jobs.push_back(
      {.name = "drill",
       .display_name = {{"en", "Restore the newest backup on trial"}, {"zh-CN", "试恢复最新备份"}},
       .cron = options_.drill_cron,
       .time_zone = {},
       .timeout = kLongest,
       .run = [this](modules::JobRun job) { return run(this, true, std::move(job)); }});
  jobs_ = context.jobs->offer("backups", {}, std::move(jobs));
  co_return Result<>();
}

Task<> Backups::on_shutdown(Deadline) {
  jobs_ = {};
  if (worker_) worker_->stop();
  co_return Result<>();
}

Task<> Backups::run(Backups* self, bool is_drill, modules::JobRun run) {
  const auto tenant = run.tenant->name();
  auto outcome = co_await self->worker_->run(
      [&] { return is_drill ? self->drill(tenant) : self->make(tenant); });
  self->note(tenant + (is_drill ? "/drill" : ""), outcome);
  if (!outcome) co_return std::unexpected(std::move(outcome.error()));
  run.tell(json::object{{"file", *outcome}});
  co_return Result<>();
}

Result<std::string> Backups::make(const std::string& tenant) {
  const auto folder = options_.directory / tenant;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return fail(
        Error(ErrorCode::unavailable, "the folder of backups cannot be made: " + error.message())
            .because("backups.folder")
            .in_context(folder.string()));
  // What a process that died was writing.
  for (const auto& name : names_in(folder))
    if (name.ends_with(".part")) fs::remove(folder / name, error);
  data::TenantOperations operations(parts_.tenants, parts_.data, parts_.pool, parts_.clock,
                                    parts_.random);
  const auto name = free_backup_name(tenant, parts_.clock.now(), names_in(folder));
  TENON_TRY(operations.backup(tenant, (folder / name).string()));
  std::uint64_t removed = 0;
  for (const auto& old : not_kept(backups_among(tenant, names_in(folder)), options_.keep))
    if (fs::remove(folder / old.name, error)) ++removed;
  const std::lock_guard lock(mutex_);
  ++made_;
  removed_ += removed;
  return name;
}

Result<std::string> Backups::drill(const std::string& tenant) {
  const auto folder = options_.directory / tenant;
  const auto files = backups_among(tenant, names_in(folder));
  if (files.empty()) return std::string();
  const auto scratch = folder / ".drill";
  std::error_code error;
  fs::remove_all(scratch, error);  // of a process that died
  const auto native = parts_.tenants.native();
  TENON_TRY(data::drill_archive((folder / files.front().name).string(), scratch,
                                {.pool = parts_.pool,
                                 .clock = parts_.clock,
                                 .random = parts_.random,
                                 .native = {native.begin(), native.end()}}));
  const std::lock_guard lock(mutex_);
  ++drills_;
  return files.front().name;
}

void Backups::note(const std::string& key, const Result<std::string>& outcome) {
  const std::lock_guard lock(mutex_);
  if (outcome)
    failing_.erase(key);
  else
    failing_[key] = outcome.error().reason().empty()
                        ? std::string(to_string(outcome.error().code()))
                        : outcome.error().reason();
}

Task<Health> Backups::health_check(Deadline) {
  const std::lock_guard lock(mutex_);
  Health health{.status = Health::Status::healthy,
                .message = {},
                .details = {{"on", !options_.directory.empty()},
                            {"made", made_},
                            {"removed", removed_},
                            {"drills", drills_}}};
  if (!failing_.empty()) {
    // How many companies, never which, and no path: others read this too.
    health.status = Health::Status::degraded;
    health.message = std::to_string(failing_.size()) + " backups or drills failed (" +
                     failing_.begin()->second +
                     "); the history of the jobs backups.backup and backups.drill tells why";
    health.details["failing"] = failing_.size();
  }
  co_return health;
}

}  // namespace tenon::services
