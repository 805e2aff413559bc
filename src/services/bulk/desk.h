#pragma once
// Where jobs are done: a few threads of their own, so that a long one keeps nobody waiting; a bound
// of those under way for each tenant; progress in the row and on the live feed; a request to stop
// that the work sees at its next step; and the truth about jobs whose process died.
//
//   waiting → running → done | failed | cancelled
//                     → interrupted   the server stopped in good order
//   a dead process's  → what the module says became of it (`lost`)

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "async/blocking_pool.h"
#include "async/task_group.h"
#include "modules/module.h"
#include "services/bulk/job_store.h"
#include "services/bulk/spool.h"

namespace tenon::services {

struct DeskLimits {
  std::size_t threads = 1;                        // jobs that run at once, of all tenants
  std::size_t queue = 256;                        // jobs that wait in this process
  std::size_t active_per_tenant = 4;              // those that wait counted
  std::chrono::seconds keep{24 * 3600};           // files, from the end of the job
  std::chrono::seconds remember{30 * 24 * 3600};  // rows, after that
  std::chrono::milliseconds tell{500};            // between two notices of one job
};

/// What a job sees of the world while it runs. Thread: the job's.
class JobRun {
 public:
  /// Whether it shall stop: it was cancelled, or the server stops.
  [[nodiscard]] bool stopped() const noexcept { return *stop_ != 0; }
  /// Says how far it has come; told on and kept from time to time.
  void progress(json::object now);
  [[nodiscard]] const Job& job() const noexcept { return job_; }
  [[nodiscard]] const std::shared_ptr<data::Tenant>& tenant() const noexcept { return tenant_; }

 private:
  friend class JobDesk;
  JobRun(class JobDesk& desk, std::shared_ptr<data::Tenant> tenant, Job job,
         std::shared_ptr<std::atomic<int>> stop)
      : desk_(desk), tenant_(std::move(tenant)), job_(std::move(job)), stop_(std::move(stop)) {}
  class JobDesk& desk_;
  std::shared_ptr<data::Tenant> tenant_;  // shared: a job keeps its tenant open
  Job job_;
  std::shared_ptr<std::atomic<int>> stop_;  // shared with who cancels
  Instant told_{}, kept_{};
};

/// Thread: any, but open and close from the module's owner.
class JobDesk {
 public:
  /// The work itself: gives the last progress. Blocks.
  using Work = std::function<Result<json::object>(JobRun&)>;
  /// What became of a job whose process died: changes state, progress and error. May be called
  /// again when it leaves the job active. Blocks.
  using Lost = std::function<Result<>(std::shared_ptr<data::Tenant>, Job&)>;

  /// `kind` is a literal: `export`; its table is `<kind>_job`.
  JobDesk(std::string_view kind, const Outlook& outlook, Spool spool, DeskLimits limits, Lost lost);
  ~JobDesk();

  [[nodiscard]] data::NativeScript script() const noexcept { return tables_->script; }
  void open(const modules::ModuleContext& context);
  /// Asks all jobs to stop, waits for them.
  [[nodiscard]] Task<> close(Deadline deadline);

  [[nodiscard]] const JobStore& rows() const noexcept { return store_; }
  [[nodiscard]] const Spool& spool() const noexcept { return spool_; }
  [[nodiscard]] const DeskLimits& limits() const noexcept { return limits_; }
  [[nodiscard]] const Outlook& outlook() const noexcept { return outlook_; }
  [[nodiscard]] BlockingPool& files() noexcept { return *files_; }
  [[nodiscard]] const Clock& clock() const noexcept { return context_->clock; }
  [[nodiscard]] Random& random() const noexcept { return context_->random; }

  /// A new job of `call`'s user, not stored yet.
  [[nodiscard]] Job made(const modules::RouteCall& call, std::string entity,
                         std::string name) const;
  /// Stores a job that waits, and sees to it. Errors: exhausted (`<kind>s.active`).
  [[nodiscard]] Task<> begin(std::shared_ptr<data::Tenant> tenant, Job job, Work work,
                             Deadline deadline);
  /// The same for one that is stored: `change` makes it wait.
  [[nodiscard]] Task<Job> begin(std::shared_ptr<data::Tenant> tenant, JobId id,
                                std::function<Result<>(Job&)> change,
                                std::function<Work(const Job&)> work, Deadline deadline);
  /// The caller's own, of an entity that is within reach: a narrow token of the owner's, or the
  /// owner without the right by now, sees nothing. Errors: not_found (`bulk.unknown`).
  [[nodiscard]] Task<Job> own(const modules::RouteCall& call, std::string_view id) const;
  [[nodiscard]] Task<std::vector<Job>> list_own(const modules::RouteCall& call,
                                                std::size_t limit) const;
  [[nodiscard]] Task<Job> cancel(std::shared_ptr<data::Tenant> tenant, JobId id, Deadline deadline);
  /// Files and row. Errors: conflict (`bulk.active`).
  [[nodiscard]] Task<> erase(std::shared_ptr<data::Tenant> tenant, JobId id, Deadline deadline);
  /// For the upkeep: files and rows whose time has come.
  [[nodiscard]] Task<std::uint64_t> sweep(std::shared_ptr<data::Tenant> tenant, Timestamp now,
                                          Deadline deadline);
  [[nodiscard]] json::object figures() const;

 private:
  friend class JobRun;
  [[nodiscard]] static asio::awaitable<void> see_to(JobDesk* self,
                                                    std::shared_ptr<data::Tenant> tenant, Job job,
                                                    Work work,
                                                    std::shared_ptr<std::atomic<int>> stop);
  [[nodiscard]] static asio::awaitable<void> look_after_the_dead(JobDesk* self);
  void carry_out(std::shared_ptr<data::Tenant> tenant, Job job, const Work& work,
                 const std::shared_ptr<std::atomic<int>>& stop);
  [[nodiscard]] Result<> settle(const std::shared_ptr<data::Tenant>& tenant, Job& dead);
  using Stop = std::shared_ptr<std::atomic<int>>;  // shared by a job and who stops it
  /// Notes it as this process's own before the row says that it waits; null: it is already.
  [[nodiscard]] Stop reserve(JobId id);
  void let_go(JobId id);
  void launch(std::shared_ptr<data::Tenant> tenant, Job job, Work work, Stop stop);
  void tell(const std::string& tenant, const Job& job);
  [[nodiscard]] bool in_reach(const modules::RouteCall& call, const Job& job) const;

  const std::string_view kind_;
  const Outlook& outlook_;
  const std::unique_ptr<const JobStore::Tables> tables_;
  const JobStore store_;
  const Spool spool_;
  const DeskLimits limits_;
  const Lost lost_;
  std::optional<modules::ModuleContext> context_;
  mutable std::mutex mutex_;
  std::map<JobId, std::shared_ptr<std::atomic<int>>> running_;  // 0: go on, 1: cancelled, 2: stop
  std::map<std::string, Instant, std::less<>> looked_;          // when after a tenant's dead
  std::uint64_t done_ = 0, failed_ = 0;
  std::unique_ptr<BlockingPool> pool_, files_;
  std::unique_ptr<TaskGroup> tasks_;
};

}  // namespace tenon::services
