#include "services/jobs/job_chores.h"

#include "data/durably.h"
#include "services/jobs/job_rows.h"

namespace tenon::services {
namespace {

constexpr std::size_t kBatch = 500;  // rows of one round; the rest waits for the next

Task<std::uint64_t> clean(std::shared_ptr<data::Tenant> tenant, Timestamp, Deadline deadline) {
  TENON_CO_ASSIGN(
      gone, co_await data::run_durably(tenant->database(), deadline, [](storage::Session& session) {
        return clean_runs(session, kBatch);
      }));
  co_return gone;
}

}  // namespace

Chore job_chore() { return {.name = "job_runs", .run = clean}; }

}  // namespace tenon::services
