#pragma once
// The jobs of one tenant as rows: what each is doing, and the history of its runs. SQL only; what
// is to be done is said by job_state.h.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "data/native_scripts.h"
#include "services/jobs/job_state.h"
#include "storage/session.h"

namespace tenon::services {

/// Lifetime: the program's.
[[nodiscard]] std::span<const data::NativeScript> job_scripts();

[[nodiscard]] Result<std::vector<JobRow>> read_jobs(storage::Session& session);
[[nodiscard]] Result<std::optional<JobRow>> read_job(storage::Session& session,
                                                     std::string_view id);
/// Writes all of it.
[[nodiscard]] Result<> save_job(storage::Session& session, const JobRow& row, Timestamp now);

/// False: this attempt at this due time was begun before (the clock was set back).
[[nodiscard]] Result<bool> add_run(storage::Session& session, const RunRow& run);
/// `error` is null unless the state is `failed`.
[[nodiscard]] Result<> end_run(storage::Session& session, JobRunId run, RunState state,
                               const Error* error, Timestamp now);
/// Newest first, begun before `before`.
[[nodiscard]] Result<std::vector<RunRow>> list_runs(storage::Session& session, std::string_view job,
                                                    std::optional<JobRunId> before,
                                                    std::size_t limit);
/// The newest attempt of each job.
[[nodiscard]] Result<std::vector<RunRow>> last_runs(storage::Session& session);

/// The attempt `run` of `job` has ended well. Errors: conflict (`job.lease`).
[[nodiscard]] Result<> settle_done(storage::Session& session, std::string_view job, JobRunId run,
                                   Timestamp now);
/// It has failed. Errors: conflict (`job.lease`).
[[nodiscard]] Result<> settle_failed(storage::Session& session, std::string_view job, JobRunId run,
                                     const Error& error, std::uint32_t retries, Timestamp now,
                                     const JobTimes& times);
/// Keeps the lease for longer. Errors: conflict (`job.lease`).
[[nodiscard]] Result<> renew_lease(storage::Session& session, std::string_view job, JobRunId run,
                                   Timestamp until);

inline constexpr std::size_t kRunsKept = 200;  // of each job
/// Removes old history, at most `bound` rows; gives how many.
[[nodiscard]] Result<std::size_t> clean_runs(storage::Session& session, std::size_t bound);

}  // namespace tenon::services
