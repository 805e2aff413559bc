#include "services/jobs/job_state.h"

#include <algorithm>
#include <utility>

namespace tenon::services {
namespace {

/// The due time is over, however it ended.
void clear_current(JobRow& row) {
  row.due_at.reset();
  row.cause = Cause::schedule;
  row.attempts = row.failures = 0;
  row.asked_by.reset();
  row.run.reset();
  row.lease_until.reset();
  row.retry_at.reset();
}

RunRow begin(JobRow& row, Timestamp now, JobRunId fresh, const JobTimes& times) {
  ++row.attempts;
  row.run = fresh;
  row.lease_until = now + times.lease;
  row.retry_at.reset();
  return {.id = fresh,
          .job = row.id,
          .cause = row.cause,
          .due = *row.due_at,
          .attempt = row.attempts,
          .started = now,
          .wanted_by = row.asked_by};
}

}  // namespace

std::string_view to_string(Cause cause) noexcept {
  switch (cause) {
    case Cause::schedule:
      return "schedule";
    case Cause::missed:
      return "missed";
    case Cause::manual:
      break;
  }
  return "manual";
}

std::string_view to_string(RunState state) noexcept {
  switch (state) {
    case RunState::running:
      return "running";
    case RunState::done:
      return "done";
    case RunState::failed:
      return "failed";
    case RunState::interrupted:
      return "interrupted";
    case RunState::skipped:
      break;
  }
  return "skipped";
}

Result<Schedule> Schedule::of(const modules::Job& job, std::string_view company_zone) {
  TENON_ASSIGN(cron, Cron::parse(job.cron));
  TENON_ASSIGN(zone, TimeZone::find(job.time_zone.empty() ? company_zone : job.time_zone));
  return Schedule{.cron = cron, .zone = std::move(zone), .written = job.cron};
}

std::string Schedule::text() const { return written + " " + zone.name(); }

Advance advance(JobRow& row, const modules::Job& job, const Schedule& schedule, Timestamp now,
                JobRunId fresh, const JobTimes& times) {
  Advance done;
  if (auto text = schedule.text(); row.schedule != text) {
    row.schedule = std::move(text);
    row.next_due = row.paused ? std::nullopt : schedule.cron.next(now, schedule.zone);
    done.changed = true;
  }
  if (row.run) {
    if (*row.lease_until > now) return done;
    done.changed = true;
    done.interrupted = std::exchange(row.run, {});
    row.lease_until.reset();
    if (row.attempts - row.failures < kInterruptions) {
      done.started = begin(row, now, fresh, times);
      return done;
    }
    clear_current(row);
  }
  if (row.retry_at) {
    if (*row.retry_at > now) return done;
    done.changed = true;
    done.started = begin(row, now, fresh, times);
    return done;
  }
  if (row.wanted_at) {
    row.due_at = std::exchange(row.wanted_at, {});
    row.asked_by = std::exchange(row.wanted_by, {});
    row.cause = Cause::manual;
  } else if (!row.paused && row.next_due && *row.next_due <= now) {
    const bool late = now - *row.next_due > kLate;
    const auto due = *row.next_due;
    row.next_due = schedule.cron.next(now, schedule.zone);
    if (late && job.missed == modules::Missed::skip) {
      done.changed = true;
      done.skipped = RunRow{.id = fresh,
                            .job = row.id,
                            .cause = Cause::missed,
                            .due = due,
                            .attempt = 0,
                            .state = RunState::skipped,
                            .started = now,
                            .ended = now};
      return done;
    }
    row.due_at = due;
    row.cause = late ? Cause::missed : Cause::schedule;
  } else {
    return done;
  }
  done.changed = true;
  done.started = begin(row, now, fresh, times);
  return done;
}

void note_done(JobRow& row) { clear_current(row); }

void note_failed(JobRow& row, std::uint32_t retries, Timestamp now, const JobTimes& times) {
  if (++row.failures > retries) {
    clear_current(row);
    return;
  }
  std::chrono::milliseconds pause = times.retry_pause;
  for (std::uint32_t i = 1; i < row.failures && pause < kLongestPause; ++i) pause *= 4;
  row.run.reset();
  row.lease_until.reset();
  row.retry_at = now + std::min<std::chrono::milliseconds>(pause, kLongestPause);
}

std::optional<Timestamp> next_look(const JobRow& row) {
  if (row.run) return row.lease_until;
  if (row.retry_at) return row.retry_at;
  if (row.wanted_at) return row.wanted_at;
  return row.paused ? std::nullopt : row.next_due;
}

}  // namespace tenon::services
