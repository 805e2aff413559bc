#pragma once
// What a job is about to do, decided without a database: the row of a tenant's job and the present
// time in, the changed row and the run that begins out. Whoever applies it does so in one
// transaction that has read the row, so of several processes one begins the run.
//
//   due ─▶ running ─▶ done
//            │  ├──▶ failed ─▶ waits for its retry ─▶ running …
//            │  └──▶ the lease runs out: interrupted ─▶ running again, here or elsewhere
//
// A due time has at most one run at a time. A plugin's run is kept together with what it wrote, so
// what a due time brings about is brought about once, however often it was begun.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "modules/job_board.h"
#include "services/jobs/cron.h"

namespace tenon::services {

using JobRunId = Id<struct JobRunTag>;

enum class Cause : std::uint8_t { schedule, missed, manual };
enum class RunState : std::uint8_t { running, done, failed, interrupted, skipped };
[[nodiscard]] std::string_view to_string(Cause cause) noexcept;
[[nodiscard]] std::string_view to_string(RunState state) noexcept;

/// One attempt, as the history tells it.
struct RunRow {
  JobRunId id{};
  std::string job;
  Cause cause = Cause::schedule;
  Timestamp due;
  std::uint32_t attempt = 1;
  RunState state = RunState::running;
  Timestamp started;
  std::optional<Timestamp> ended = {};
  std::string code = {}, reason = {}, error = {};  // of a failure
  TraceId trace{};
  std::optional<UserId> wanted_by = {};  // who asked for it
};

/// What is known of a job of one tenant.
struct JobRow {
  std::string id;        // `crm.nightly`
  std::string schedule;  // what next_due was made from; another one makes it anew
  bool paused = false;
  std::optional<Timestamp> next_due = {};
  std::optional<Timestamp> wanted_at = {};  // somebody asked for a run
  std::optional<UserId> wanted_by = {};
  // The due time that is being served. Requires: all or none of due_at and cause.
  std::optional<Timestamp> due_at = {};
  Cause cause = Cause::schedule;
  std::uint32_t attempts = 0;  // that were begun
  std::uint32_t failures = 0;  // of those: that have failed
  std::optional<UserId> asked_by = {};
  std::optional<JobRunId> run = {};           // the attempt that is under way: who holds the lease
  std::optional<Timestamp> lease_until = {};  // with `run`
  std::optional<Timestamp> retry_at = {};     // without
};

/// When a job is due.
struct Schedule {
  Cron cron;
  TimeZone zone;
  /// Errors: those of Cron::parse and TimeZone::find.
  [[nodiscard]] static Result<Schedule> of(const modules::Job& job, std::string_view company_zone);
  [[nodiscard]] std::string text() const;  // the same for the same times
  std::string written;                     // the five fields
};

struct JobTimes {
  std::chrono::milliseconds lease{30'000};
  std::chrono::milliseconds retry_pause{30'000};  // four times longer with each further failure
};
/// A job that begins later than this after it was due was missed.
inline constexpr std::chrono::seconds kLate{60};
inline constexpr std::chrono::hours kLongestPause{1};
/// A run that ends its process as often as this is not begun again.
inline constexpr std::uint32_t kInterruptions = 3;

struct Advance {
  bool changed = false;
  std::optional<RunRow> started = {};        // with the id that was given
  std::optional<JobRunId> interrupted = {};  // an attempt whose lease has run out
  std::optional<RunRow> skipped = {};
};

/// Moves `row` on to `now`. `fresh` is the id of the attempt that may begin.
[[nodiscard]] Advance advance(JobRow& row, const modules::Job& job, const Schedule& schedule,
                              Timestamp now, JobRunId fresh, const JobTimes& times);
/// The attempt under way has ended well.
void note_done(JobRow& row);
/// It has failed; it is tried again or not.
void note_failed(JobRow& row, std::uint32_t retries, Timestamp now, const JobTimes& times);
/// When advance() would change something next; empty: not by itself.
[[nodiscard]] std::optional<Timestamp> next_look(const JobRow& row);

}  // namespace tenon::services
