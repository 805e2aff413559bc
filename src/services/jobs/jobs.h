#pragma once
// Runs what modules offer to do at times (modules/job_board.h), for every tenant, on as many nodes
// as there are. What is due and who runs it stands in the tenant's database, so that nothing is
// lost or done twice when a process dies: a run holds a lease that its process keeps renewing; one
// that is not renewed runs out, and whoever looks next begins that due time again.
//
// A tenant is looked at when something of it is due, when somebody asks for a run here, and every
// `refresh` because another node may have changed something.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "async/event.h"
#include "async/task_group.h"
#include "modules/module.h"
#include "services/jobs/job_state.h"

namespace tenon::services {

struct JobsOptions {
  JobTimes times;
  std::chrono::milliseconds look{500};        // how often it is looked who is due
  std::chrono::milliseconds refresh{10'000};  // how often a tenant's rows are read at least
  std::size_t running = 8;                    // runs of this process at once
  std::size_t running_per_tenant = 2;
};

/// Thread: any for health_check and ask(); run_due() on the module's executor.
class Jobs final : public modules::ErpModule {
 public:
  explicit Jobs(JobsOptions options = {});
  ~Jobs() override;

  /// Begins what is due; gives how many runs it has begun. What finds no room stays due.
  [[nodiscard]] Task<std::size_t> run_due();
  /// Waits until no run of this process is under way. Errors: cancelled.
  [[nodiscard]] Task<> idle(Deadline deadline);
  /// Look at this tenant now.
  void hint(std::string_view tenant);

  [[nodiscard]] std::string_view id() const noexcept override { return "jobs"; }
  [[nodiscard]] data::Localized name() const override;
  [[nodiscard]] Version version() const override;
  [[nodiscard]] std::vector<modules::Dependency> dependencies() const override;
  [[nodiscard]] modules::Migrations migrations() const override;
  [[nodiscard]] Task<> on_startup(modules::ModuleContext context) override;
  /// Runs under way get half of the time to end; what is left is taken up after the next start.
  [[nodiscard]] Task<> on_shutdown(Deadline deadline) override;
  /// Degraded while some tenant's jobs cannot be looked at. Details: running, done, failed,
  /// interrupted, skipped since the start.
  [[nodiscard]] Task<modules::Health> health_check(Deadline deadline) override;
  [[nodiscard]] std::vector<modules::Route> protected_routes() override;

 private:
  struct Running;
  struct Counts {
    std::uint64_t done = 0, failed = 0, interrupted = 0, skipped = 0;
  };
  struct Seen {
    std::vector<JobRow> rows;
    std::string zone;  // the company's
  };
  /// A job that may have something to do.
  struct Candidate {
    modules::OfferedJob offered;
    Schedule schedule;
  };

  [[nodiscard]] static asio::awaitable<void> keep_looking(Jobs* self);
  [[nodiscard]] static Result<Seen> see(data::Tenant& tenant);
  [[nodiscard]] Task<std::size_t> look(std::shared_ptr<data::Tenant> tenant);
  [[nodiscard]] Task<bool> begin(std::shared_ptr<data::Tenant> tenant, Candidate candidate);
  [[nodiscard]] static asio::awaitable<void> run(Jobs* self, std::shared_ptr<Running> running);
  [[nodiscard]] static asio::awaitable<void> keep_lease(Jobs* self,
                                                        std::shared_ptr<Running> running);
  [[nodiscard]] Task<RunState> finish(std::shared_ptr<Running> running, Result<> outcome);
  void tell(const Running& running, std::string_view state, json::object more) const;
  [[nodiscard]] bool has_room(const std::string& tenant) const;

  const JobsOptions options_;
  std::optional<modules::ModuleContext> context_;
  struct Next {
    Instant look;               // steady time
    std::uint64_t version = 0;  // of the board, when it was looked at
  };
  std::map<std::string, Next, std::less<>> next_;  // by tenant
  std::set<std::shared_ptr<Running>> running_;
  bool stopping_ = false;
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> hints_;  // tenants to look at now
  Counts counts_;
  std::map<std::string, std::string> failing_;  // by tenant: why it cannot be looked at
  std::unique_ptr<TaskGroup> tasks_;
};

}  // namespace tenon::services
