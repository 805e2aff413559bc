#pragma once
// The rows of imports and of exports: one table of each kind in every tenant's database.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "data/native_scripts.h"
#include "data/tenant.h"
#include "services/bulk/job.h"

namespace tenon::services {

/// What a process that works at a job promises: to be heard of before it is taken for dead.
inline constexpr std::chrono::seconds kJobAlive{60};

/// Thread: any. Errors of all: those of the database.
class JobStore {
 public:
  /// `table` is a literal.
  explicit JobStore(std::string_view table) noexcept : table_(table) {}

  /// The texts that make `table`. Lifetime: of what is given back, whose parts the scripts name.
  struct Tables {
    std::string sqlite, postgres;
    data::NativeScript script;
  };
  [[nodiscard]] static std::unique_ptr<const Tables> tables(std::string_view table);

  /// Errors: exhausted (`<reason>`) when `most` of the tenant's are active already.
  [[nodiscard]] Task<> insert(std::shared_ptr<data::Tenant> tenant, Job job, std::size_t most,
                              std::string reason, Deadline deadline) const;
  [[nodiscard]] Task<Job> find(std::shared_ptr<data::Tenant> tenant, JobId id) const;
  /// The newest first, at most `limit`.
  [[nodiscard]] Task<std::vector<Job>> list(std::shared_ptr<data::Tenant> tenant, UserId user,
                                            std::size_t limit) const;
  /// `change` gets the row as it is and what it makes of it is written; an error writes nothing.
  /// It may run more than once.
  [[nodiscard]] Task<Job> change(std::shared_ptr<data::Tenant> tenant, JobId id,
                                 std::function<Result<>(Job&)> change, Deadline deadline) const;
  /// How many are active in the transaction of the last change; for limits.
  [[nodiscard]] Task<Job> activate(std::shared_ptr<data::Tenant> tenant, JobId id,
                                   std::function<Result<>(Job&)> change, std::size_t most,
                                   std::string reason, Deadline deadline) const;
  /// Says how far a running one has come and that its process lives. Gives whether it shall stop.
  [[nodiscard]] Task<bool> beat(std::shared_ptr<data::Tenant> tenant, JobId id,
                                std::string progress, Timestamp now, Deadline deadline) const;
  /// Active ones whose process was not heard of since `before`.
  [[nodiscard]] Task<std::vector<Job>> silent(std::shared_ptr<data::Tenant> tenant,
                                              Timestamp before) const;
  /// Removes rows that ended before `before`; gives how many, at most 500.
  [[nodiscard]] Task<std::uint64_t> forget(std::shared_ptr<data::Tenant> tenant, Timestamp before,
                                           Deadline deadline) const;

 private:
  [[nodiscard]] Result<std::vector<Job>> read(storage::Session& session, std::string_view where,
                                              storage::Values values) const;
  [[nodiscard]] Result<> check_room(storage::Session& session, std::size_t most,
                                    const std::string& reason) const;
  [[nodiscard]] Result<> write(storage::Session& session, const Job& job) const;
  [[nodiscard]] Result<Job> changed(storage::Session& session, JobId id,
                                    const std::function<Result<>(Job&)>& change) const;

  std::string_view table_;
};

[[nodiscard]] Error no_such_job();

}  // namespace tenon::services
