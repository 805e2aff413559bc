#include "services/bulk/job_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "data/dialect.h"
#include "data/durably.h"

namespace tenon::services {
namespace {

using storage::Blob;
using storage::Row;
using storage::Session;
using storage::Value;
using storage::Visit;

constexpr std::string_view kTable = R"sql(
CREATE TABLE $TABLE(
  id {id} PRIMARY KEY,
  owner {id} NOT NULL,
  entity TEXT NOT NULL,
  name TEXT NOT NULL,
  state {integer} NOT NULL,
  request TEXT NOT NULL,
  progress TEXT NOT NULL,
  error TEXT NOT NULL,
  trace {id} NOT NULL,
  cancel {integer} NOT NULL,
  created_at {integer} NOT NULL,
  started_at {integer},
  finished_at {integer},
  alive_until {integer} NOT NULL,
  expires_at {integer} NOT NULL
) {strict};
CREATE INDEX $TABLE_owner ON $TABLE(owner, created_at);
CREATE INDEX $TABLE_state ON $TABLE(state, alive_until);
)sql";

constexpr std::string_view kColumns =
    "id, owner, entity, name, state, request, progress, error, trace, cancel, created_at, "
    "started_at, finished_at, alive_until, expires_at";
// The active states: waiting, running, undoing.
constexpr std::string_view kActive = "state BETWEEN 1 AND 3";
constexpr std::int64_t kForgotten = 500;

std::string with_table(std::string_view text, std::string_view table) {
  std::string out(text);
  for (auto at = out.find("$TABLE"); at != std::string::npos; at = out.find("$TABLE", at))
    out.replace(at, 6, table);
  return out;
}

std::int64_t micros(Timestamp time) { return time.time_since_epoch().count(); }
Timestamp time_of(std::int64_t micros) { return Timestamp(std::chrono::microseconds(micros)); }
Value micros(const std::optional<Timestamp>& time) {
  return time ? Value(micros(*time)) : Value(std::monostate());
}

template <class T>
T id_at(const Row& row, int place) {
  T id;
  const auto bytes = row.blob(place);
  if (bytes.size() == id.value.bytes.size()) std::ranges::copy(bytes, id.value.bytes.begin());
  return id;
}

json::object object_at(const Row& row, int place) {
  auto parsed = json::parse_object(row.text(place), {.bytes = std::size_t{4} << 20});
  return parsed ? std::move(*parsed) : json::object();
}

Job job_of(const Row& row) {
  Job job{.id = id_at<JobId>(row, 0),
          .user = id_at<UserId>(row, 1),
          .entity = std::string(row.text(2)),
          .name = std::string(row.text(3)),
          .state = static_cast<JobState>(row.integer(4)),
          .request = object_at(row, 5),
          .progress = object_at(row, 6),
          .error = object_at(row, 7),
          .trace = id_at<TraceId>(row, 8),
          .cancel = row.integer(9) != 0,
          .created_at = time_of(row.integer(10)),
          .alive_until = time_of(row.integer(13)),
          .expires_at = time_of(row.integer(14)),
          .started_at = {},
          .finished_at = {}};
  if (!row.is_null(11)) job.started_at = time_of(row.integer(11));
  if (!row.is_null(12)) job.finished_at = time_of(row.integer(12));
  return job;
}

}  // namespace

Error no_such_job() {
  return Error(ErrorCode::not_found, "There is no such job of yours.").because("bulk.unknown");
}

std::unique_ptr<const JobStore::Tables> JobStore::tables(std::string_view table) {
  auto made = std::make_unique<Tables>();
  const auto text = with_table(kTable, table);
  made->sqlite = data::portable(data::Dialect::sqlite, text);
  made->postgres = data::portable(data::Dialect::postgres, text);
  made->script = {.number = 1, .name = "jobs", .sqlite = made->sqlite, .postgres = made->postgres};
  return made;
}

Result<std::vector<Job>> JobStore::read(Session& session, std::string_view where,
                                        storage::Values values) const {
  std::vector<Job> jobs;
  TENON_TRY(session.query(fmt::format("SELECT {} FROM {} WHERE {}", kColumns, table_, where),
                          values, [&](const Row& row) {
                            jobs.push_back(job_of(row));
                            return Visit::more;
                          }));
  return jobs;
}

Result<> JobStore::check_room(Session& session, std::size_t most, const std::string& reason) const {
  std::size_t active = 0;
  TENON_TRY(session.query(fmt::format("SELECT count(*) FROM {} WHERE {}", table_, kActive), {},
                          [&](const Row& row) {
                            active = static_cast<std::size_t>(row.integer(0));
                            return Visit::more;
                          }));
  if (active < most) return {};
  return fail(Error(ErrorCode::exhausted,
                    fmt::format("The company has {} of these under way already; wait for one to "
                                "end, or cancel it.",
                                active))
                  .because(reason)
                  .with_details(fmt::format("{{\"limit\":{},\"retry_after\":10}}", most)));
}

Result<> JobStore::write(Session& session, const Job& job) const {
  const auto request = json::serialize(job.request);
  const auto progress = json::serialize(job.progress);
  const auto error = json::serialize(job.error);
  const std::array<Value, 15> values{Blob(job.id.value.bytes),
                                     Blob(job.user.value.bytes),
                                     std::string_view(job.entity),
                                     std::string_view(job.name),
                                     static_cast<std::int64_t>(job.state),
                                     std::string_view(request),
                                     std::string_view(progress),
                                     std::string_view(error),
                                     Blob(job.trace.value.bytes),
                                     std::int64_t{job.cancel},
                                     micros(job.created_at),
                                     micros(job.started_at),
                                     micros(job.finished_at),
                                     micros(job.alive_until),
                                     micros(job.expires_at)};
  TENON_TRY(session.execute(
      fmt::format("INSERT INTO {}({}) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
                  "?13, ?14, ?15) ON CONFLICT (id) DO UPDATE SET name = ?4, state = ?5, request = "
                  "?6, progress = ?7, error = ?8, trace = ?9, cancel = ?10, started_at = ?12, "
                  "finished_at = ?13, alive_until = ?14, expires_at = ?15",
                  table_, kColumns),
      values));
  return {};
}

Result<Job> JobStore::changed(Session& session, JobId id,
                              const std::function<Result<>(Job&)>& change) const {
  const std::array<Value, 1> values{Blob(id.value.bytes)};
  TENON_ASSIGN(found, read(session, "id = ?1", values));
  if (found.empty()) return fail(no_such_job());
  TENON_TRY(change(found.front()));
  TENON_TRY(write(session, found.front()));
  return std::move(found.front());
}

Task<> JobStore::insert(std::shared_ptr<data::Tenant> tenant, Job job, std::size_t most,
                        std::string reason, Deadline deadline) const {
  co_return co_await data::run_durably(tenant->database(), deadline,
                                       [&](Session& session) -> Result<> {
                                         if (is_active(job.state))
                                           TENON_TRY(check_room(session, most, reason));
                                         return write(session, job);
                                       });
}

Task<Job> JobStore::find(std::shared_ptr<data::Tenant> tenant, JobId id) const {
  const auto look = [&]() -> Result<Job> {
    TENON_ASSIGN(lease, tenant->database().reader());
    const std::array<Value, 1> values{Blob(id.value.bytes)};
    TENON_ASSIGN(found, read(lease.session(), "id = ?1", values));
    if (found.empty()) return fail(no_such_job());
    return std::move(found.front());
  };
  co_return TENON_CO_ACT(*tenant, look());
}

Task<std::vector<Job>> JobStore::list(std::shared_ptr<data::Tenant> tenant, UserId user,
                                      std::size_t limit) const {
  const auto look = [&]() -> Result<std::vector<Job>> {
    TENON_ASSIGN(lease, tenant->database().reader());
    const std::array<Value, 2> values{Blob(user.value.bytes), static_cast<std::int64_t>(limit)};
    return read(lease.session(), "owner = ?1 ORDER BY created_at DESC, id DESC LIMIT ?2", values);
  };
  co_return TENON_CO_ACT(*tenant, look());
}

Task<Job> JobStore::change(std::shared_ptr<data::Tenant> tenant, JobId id,
                           std::function<Result<>(Job&)> change, Deadline deadline) const {
  co_return co_await data::run_durably(
      tenant->database(), deadline, [&](Session& session) { return changed(session, id, change); });
}

Task<Job> JobStore::activate(std::shared_ptr<data::Tenant> tenant, JobId id,
                             std::function<Result<>(Job&)> change, std::size_t most,
                             std::string reason, Deadline deadline) const {
  co_return co_await data::run_durably(tenant->database(), deadline,
                                       [&](Session& session) -> Result<Job> {
                                         TENON_TRY(check_room(session, most, reason));
                                         return changed(session, id, change);
                                       });
}

Task<bool> JobStore::beat(std::shared_ptr<data::Tenant> tenant, JobId id, std::string progress,
                          Timestamp now, Deadline deadline) const {
  co_return co_await data::run_durably(
      tenant->database(), deadline, [&](Session& session) -> Result<bool> {
        const std::array<Value, 3> values{Blob(id.value.bytes), std::string_view(progress),
                                          micros(now + kJobAlive)};
        TENON_ASSIGN(
            beaten,
            session.execute(fmt::format("UPDATE {} SET progress = ?2, alive_until = ?3 WHERE id = "
                                        "?1 AND state = 2",
                                        table_),
                            values));
        bool stop = beaten == 0;  // somebody took it for dead
        const std::array<Value, 1> which{Blob(id.value.bytes)};
        TENON_TRY(session.query(fmt::format("SELECT cancel FROM {} WHERE id = ?1", table_), which,
                                [&](const Row& row) {
                                  stop = stop || row.integer(0) != 0;
                                  return Visit::more;
                                }));
        return stop;
      });
}

Task<std::vector<Job>> JobStore::silent(std::shared_ptr<data::Tenant> tenant,
                                        Timestamp before) const {
  const auto look = [&]() -> Result<std::vector<Job>> {
    TENON_ASSIGN(lease, tenant->database().reader());
    const std::array<Value, 1> values{micros(before)};
    return read(lease.session(), fmt::format("{} AND alive_until < ?1 LIMIT 100", kActive), values);
  };
  co_return TENON_CO_ACT(*tenant, look());
}

Task<std::uint64_t> JobStore::forget(std::shared_ptr<data::Tenant> tenant, Timestamp before,
                                     Deadline deadline) const {
  co_return co_await data::run_durably(
      tenant->database(), deadline, [&](Session& session) -> Result<std::uint64_t> {
        const std::array<Value, 2> values{micros(before), kForgotten};
        TENON_ASSIGN(gone, session.execute(
                               fmt::format("DELETE FROM {0} WHERE id IN (SELECT id FROM {0} WHERE "
                                           "NOT ({1}) AND expires_at < ?1 LIMIT ?2)",
                                           table_, kActive),
                               values));
        return static_cast<std::uint64_t>(gone);
      });
}

}  // namespace tenon::services
