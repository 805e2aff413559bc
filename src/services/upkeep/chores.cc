// What piles up in every tenant.
#include "data/bulk/import.h"
#include "data/durably.h"
#include "data/once.h"
#include "services/upkeep/upkeep.h"

namespace tenon::services {
namespace {

constexpr std::size_t kBatch = 500;  // rows of one transaction
constexpr int kBatches = 20;         // of one round; the rest waits for the next

Task<std::uint64_t> clean_keys(std::shared_ptr<data::Tenant> tenant, Timestamp now,
                               Deadline deadline) {
  std::uint64_t total = 0;
  for (int i = 0; i < kBatches; ++i) {
    TENON_CO_ASSIGN(gone, co_await data::run_durably(
                              tenant->database(), deadline, [now](storage::Session& session) {
                                return data::clean_once(session, now, kBatch);
                              }));
    total += gone;
    if (gone < kBatch) break;
  }
  co_return total;
}

Task<std::uint64_t> clean_outbox(std::shared_ptr<data::Tenant> tenant, Timestamp now,
                                 Deadline deadline) {
  TENON_CO_ASSIGN(cleaned, co_await tenant->outbox().clean(now, deadline));
  co_return cleaned.dead + cleaned.inbox;
}

/// On the pool: it reads directories.
Task<std::uint64_t> sweep_files(std::shared_ptr<data::Tenant> tenant, Timestamp,
                                Deadline deadline) {
  TENON_CO_ASSIGN(
      swept, co_await data::task_aside(*tenant, [&] { return tenant->files().sweep(deadline); }));
  co_return swept.files + swept.blobs + swept.unfinished;
}

Task<std::uint64_t> recover_imports(std::shared_ptr<data::Tenant> tenant, Timestamp,
                                    Deadline deadline) {
  co_return co_await data::task_aside(*tenant,
                                      [&] { return data::recover_imports(tenant, deadline); });
}

}  // namespace

std::vector<Chore> standard_chores() {
  return {{.name = "idempotency_keys", .run = clean_keys},
          {.name = "outbox", .run = clean_outbox},
          {.name = "files", .run = sweep_files},
          {.name = "imports", .run = recover_imports}};
}

}  // namespace tenon::services
