#pragma once
// Modules have work to do at times: a plugin's nightly report, the backup of the platform. They
// offer it here, as a schedule and something to run, and the service `jobs` runs what is due; who
// offers knows nothing of leases and history, who runs nothing of guests.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadline.h"
#include "async/task.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "data/schema.h"
#include "data/tenant.h"
#include "modules/missed.h"

namespace tenon::modules {

/// One attempt to run a job for one tenant.
struct JobRun {
  std::shared_ptr<data::Tenant> tenant;
  TraceId trace{};
  Timestamp due;
  std::uint32_t attempt = 1;
  Deadline deadline = Deadline::never();
  /// Says that the run is done inside the caller's transaction: then what it did and that it was
  /// done are kept together or not at all, and a run that was taken over by another process keeps
  /// nothing. A run that never calls it is noted as done after it; it may be repeated when the
  /// process ends in between. Errors: conflict (`job.lease`: it was taken over).
  std::function<Result<>(storage::Session&)> settle;
  /// Tells people who look how far it is: members for the event `job`. Thread: any.
  std::function<void(json::object)> tell;
};

struct Job {
  std::string name;  // [a-z][a-z0-9_]{0,39}, once in its module
  data::Localized display_name;
  std::string cron;       // services/jobs/cron.h
  std::string time_zone;  // IANA; empty: the company's
  Missed missed = Missed::once;
  std::uint32_t retries = 0;  // further attempts after a failure
  std::chrono::seconds timeout{60};
  /// Thread: called on that of the service `jobs`, which it must not block. Cancel: heeds it.
  std::function<Task<>(JobRun)> run;
};

struct OfferedJob {
  std::string id;                  // `crm.nightly`
  std::string module;              // `crm`
  std::shared_ptr<const Job> job;  // shared with runs under way
};

class JobBoard;

/// Jobs that are offered for as long as this lives. Lifetime: the board outlives it.
class JobOffer {
 public:
  JobOffer() = default;
  JobOffer(JobOffer&& other) noexcept;
  JobOffer& operator=(JobOffer&& other) noexcept;
  ~JobOffer();

 private:
  friend class JobBoard;
  JobOffer(JobBoard* board, std::uint64_t number) : board_(board), number_(number) {}
  JobBoard* board_ = nullptr;
  std::uint64_t number_ = 0;
};

/// Thread: any.
class JobBoard {
 public:
  /// `tenant` is empty for all of them. Where two offers have the same job, the newer counts: a new
  /// version of a plugin comes before the old one goes.
  [[nodiscard]] JobOffer offer(std::string module, std::string tenant, std::vector<Job> jobs);
  /// What there is to do for a tenant, by id.
  [[nodiscard]] std::vector<OfferedJob> of(std::string_view tenant) const;
  /// Another number whenever an offer came or went.
  [[nodiscard]] std::uint64_t version() const;

 private:
  friend class JobOffer;
  struct Offer {
    std::string tenant;
    std::vector<OfferedJob> jobs;
  };
  void withdraw(std::uint64_t number);
  mutable std::mutex mutex_;
  std::uint64_t version_ = 0;
  std::map<std::uint64_t, Offer> offers_;
};

}  // namespace tenon::modules
