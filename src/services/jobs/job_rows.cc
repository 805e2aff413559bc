#include "services/jobs/job_rows.h"

#include <array>
#include <string>

#include "data/dialect.h"
#include "identity/sql.h"

namespace tenon::services {
namespace {

namespace sql = identity::sql;
using storage::Row;
using storage::Value;

// Times are microseconds. `run` is the attempt that holds the lease.
constexpr std::string_view kTables = R"sql(
CREATE TABLE job(
  id TEXT PRIMARY KEY,
  schedule TEXT NOT NULL,
  paused {integer} NOT NULL,
  next_due {integer},
  wanted_at {integer},
  wanted_by {id},
  due_at {integer},
  cause {integer} NOT NULL,
  attempts {integer} NOT NULL,
  failures {integer} NOT NULL,
  asked_by {id},
  run {id},
  lease_until {integer},
  retry_at {integer},
  updated_at {integer} NOT NULL
) {compact};
CREATE TABLE job_run(
  id {id} PRIMARY KEY,
  job TEXT NOT NULL,
  cause {integer} NOT NULL,
  due_at {integer} NOT NULL,
  attempt {integer} NOT NULL,
  state {integer} NOT NULL,
  started_at {integer} NOT NULL,
  ended_at {integer},
  code TEXT,
  reason TEXT,
  error TEXT,
  trace {id} NOT NULL,
  wanted_by {id},
  UNIQUE (job, due_at, attempt)
) {strict};
CREATE INDEX job_run_newest ON job_run(job, id);
)sql";

constexpr std::string_view kJobColumns =
    "id, schedule, paused, next_due, wanted_at, wanted_by, due_at, cause, attempts, failures, "
    "asked_by, run, lease_until, retry_at";
constexpr std::string_view kRunColumns =
    "id, job, cause, due_at, attempt, state, started_at, ended_at, code, reason, error, trace, "
    "wanted_by";
constexpr std::size_t kLongestError = 2000;

Value time_or_null(const std::optional<Timestamp>& time) {
  if (!time) return std::monostate{};
  return sql::time(*time);
}
std::optional<Timestamp> optional_time_at(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return sql::time_at(row, column);
}

JobRow job_of(const Row& row) {
  return {.id = std::string(row.text(0)),
          .schedule = std::string(row.text(1)),
          .paused = row.integer(2) != 0,
          .next_due = optional_time_at(row, 3),
          .wanted_at = optional_time_at(row, 4),
          .wanted_by = sql::optional_id_at<UserId>(row, 5),
          .due_at = optional_time_at(row, 6),
          .cause = static_cast<Cause>(row.integer(7)),
          .attempts = static_cast<std::uint32_t>(row.integer(8)),
          .failures = static_cast<std::uint32_t>(row.integer(9)),
          .asked_by = sql::optional_id_at<UserId>(row, 10),
          .run = sql::optional_id_at<JobRunId>(row, 11),
          .lease_until = optional_time_at(row, 12),
          .retry_at = optional_time_at(row, 13)};
}

RunRow run_of(const Row& row) {
  return {.id = sql::id_at<JobRunId>(row, 0),
          .job = std::string(row.text(1)),
          .cause = static_cast<Cause>(row.integer(2)),
          .due = sql::time_at(row, 3),
          .attempt = static_cast<std::uint32_t>(row.integer(4)),
          .state = static_cast<RunState>(row.integer(5)),
          .started = sql::time_at(row, 6),
          .ended = optional_time_at(row, 7),
          .code = std::string(row.text(8)),
          .reason = std::string(row.text(9)),
          .error = std::string(row.text(10)),
          .trace = sql::id_at<TraceId>(row, 11),
          .wanted_by = sql::optional_id_at<UserId>(row, 12)};
}

/// At most so many bytes, cut between characters.
std::string_view cut(std::string_view text) {
  if (text.size() <= kLongestError) return text;
  auto end = kLongestError;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

/// The row, while `run` still holds its lease.
Result<JobRow> held_by(storage::Session& session, std::string_view job, JobRunId run) {
  TENON_ASSIGN(row, read_job(session, job));
  if (row && row->run == run) return *std::move(row);
  return fail(Error(ErrorCode::conflict, "this run was taken over by another process")
                  .because("job.lease"));
}

}  // namespace

std::span<const data::NativeScript> job_scripts() {
  static const std::array<std::string, 2> texts = {
      data::portable(data::Dialect::sqlite, kTables),
      data::portable(data::Dialect::postgres, kTables),
  };
  static const std::array<data::NativeScript, 1> scripts = {
      {{.number = 1, .name = "jobs and their runs", .sqlite = texts[0], .postgres = texts[1]}}};
  return scripts;
}

Result<std::vector<JobRow>> read_jobs(storage::Session& session) {
  std::vector<JobRow> rows;
  TENON_TRY(
      sql::each(session, "SELECT " + std::string(kJobColumns) + " FROM job ORDER BY id LIMIT 10000",
                std::array<Value, 0>{}, [&](const Row& row) { rows.push_back(job_of(row)); }));
  return rows;
}

Result<std::optional<JobRow>> read_job(storage::Session& session, std::string_view id) {
  std::optional<JobRow> found;
  TENON_TRY(sql::each(session, "SELECT " + std::string(kJobColumns) + " FROM job WHERE id = ?1",
                      std::array<Value, 1>{id}, [&](const Row& row) { found = job_of(row); }));
  return found;
}

Result<> save_job(storage::Session& session, const JobRow& row, Timestamp now) {
  const std::array<Value, 15> values{std::string_view(row.id),
                                     std::string_view(row.schedule),
                                     std::int64_t{row.paused ? 1 : 0},
                                     time_or_null(row.next_due),
                                     time_or_null(row.wanted_at),
                                     sql::id(row.wanted_by),
                                     time_or_null(row.due_at),
                                     static_cast<std::int64_t>(row.cause),
                                     std::int64_t{row.attempts},
                                     std::int64_t{row.failures},
                                     sql::id(row.asked_by),
                                     sql::id(row.run),
                                     time_or_null(row.lease_until),
                                     time_or_null(row.retry_at),
                                     sql::time(now)};
  TENON_TRY(session.execute(
      "INSERT INTO job(" + std::string(kJobColumns) +
          ", updated_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) "
          "ON CONFLICT(id) DO UPDATE SET schedule = ?2, paused = ?3, next_due = ?4, wanted_at = "
          "?5, wanted_by = ?6, due_at = ?7, cause = ?8, attempts = ?9, failures = ?10, asked_by = "
          "?11, run = ?12, lease_until = ?13, retry_at = ?14, updated_at = ?15",
      values));
  return {};
}

Result<bool> add_run(storage::Session& session, const RunRow& run) {
  const std::array<Value, 10> values{
      sql::id(run.id),        std::string_view(run.job), static_cast<std::int64_t>(run.cause),
      sql::time(run.due),     std::int64_t{run.attempt}, static_cast<std::int64_t>(run.state),
      sql::time(run.started), time_or_null(run.ended),   sql::id(run.trace),
      sql::id(run.wanted_by)};
  TENON_ASSIGN(added,
               session.execute("INSERT INTO job_run(id, job, cause, due_at, attempt, state, "
                               "started_at, ended_at, trace, wanted_by) VALUES(?1, ?2, ?3, ?4, ?5, "
                               "?6, ?7, ?8, ?9, ?10) ON CONFLICT(job, due_at, attempt) DO NOTHING",
                               values));
  return added == 1;
}

Result<> end_run(storage::Session& session, JobRunId run, RunState state, const Error* error,
                 Timestamp now) {
  const std::array<Value, 6> values{
      sql::id(run),
      static_cast<std::int64_t>(state),
      sql::time(now),
      error == nullptr ? Value{} : Value{to_string(error->code())},
      error == nullptr ? Value{} : Value{std::string_view(error->reason())},
      error == nullptr ? Value{} : Value{cut(error->message())}};
  TENON_TRY(
      session.execute("UPDATE job_run SET state = ?2, ended_at = ?3, code = ?4, reason = ?5, "
                      "error = ?6 WHERE id = ?1",
                      values));
  return {};
}

Result<std::vector<RunRow>> list_runs(storage::Session& session, std::string_view job,
                                      std::optional<JobRunId> before, std::size_t limit) {
  std::vector<RunRow> rows;
  const auto take = [&](const Row& row) { rows.push_back(run_of(row)); };
  const auto count = static_cast<std::int64_t>(limit);
  const std::string head = "SELECT " + std::string(kRunColumns) + " FROM job_run WHERE job = ?1 ";
  if (before)
    TENON_TRY(sql::each(session, head + "AND id < ?3 ORDER BY id DESC LIMIT ?2",
                        std::array<Value, 3>{job, count, sql::id(*before)}, take));
  else
    TENON_TRY(sql::each(session, head + "ORDER BY id DESC LIMIT ?2",
                        std::array<Value, 2>{job, count}, take));
  return rows;
}

Result<std::vector<RunRow>> last_runs(storage::Session& session) {
  std::vector<RunRow> rows;
  // By the index: one step for each job.
  TENON_TRY(sql::each(session,
                      "SELECT " + std::string(kRunColumns) +
                          " FROM job_run WHERE id IN (SELECT (SELECT r.id FROM job_run AS r WHERE "
                          "r.job = job.id ORDER BY r.id DESC LIMIT 1) FROM job)",
                      std::array<Value, 0>{},
                      [&](const Row& row) { rows.push_back(run_of(row)); }));
  return rows;
}

Result<> settle_done(storage::Session& session, std::string_view job, JobRunId run, Timestamp now) {
  TENON_ASSIGN(row, held_by(session, job, run));
  note_done(row);
  TENON_TRY(save_job(session, row, now));
  return end_run(session, run, RunState::done, nullptr, now);
}

Result<> settle_failed(storage::Session& session, std::string_view job, JobRunId run,
                       const Error& error, std::uint32_t retries, Timestamp now,
                       const JobTimes& times) {
  TENON_ASSIGN(row, held_by(session, job, run));
  note_failed(row, retries, now, times);
  TENON_TRY(save_job(session, row, now));
  return end_run(session, run, RunState::failed, &error, now);
}

Result<> renew_lease(storage::Session& session, std::string_view job, JobRunId run,
                     Timestamp until) {
  TENON_TRY(held_by(session, job, run));
  TENON_TRY(session.execute("UPDATE job SET lease_until = ?2 WHERE id = ?1",
                            std::array<Value, 2>{job, sql::time(until)}));
  return {};
}

Result<std::size_t> clean_runs(storage::Session& session, std::size_t bound) {
  TENON_ASSIGN(rows, read_jobs(session));
  std::size_t gone = 0;
  for (const auto& row : rows) {
    if (gone >= bound) break;
    const std::array<Value, 3> values{std::string_view(row.id),
                                      static_cast<std::int64_t>(kRunsKept - 1),
                                      static_cast<std::int64_t>(bound - gone)};
    TENON_ASSIGN(removed,
                 session.execute("DELETE FROM job_run WHERE id IN (SELECT id FROM job_run WHERE "
                                 "job = ?1 AND state <> 0 AND id < (SELECT id FROM job_run WHERE "
                                 "job = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2) ORDER BY id LIMIT "
                                 "?3)",
                                 values));
    gone += static_cast<std::size_t>(removed);
  }
  return gone;
}

}  // namespace tenon::services
