// What a tenant says about the past.
#include <array>

#include "data/act.h"
#include "data/reader.h"
#include "data/run_unit.h"
#include "data/sight.h"
#include "data/tenant_state.h"

namespace tenon::data {
namespace {

/// The state of a moment that is gone cannot be asked for the viewer's rows by an index, and the
/// audit holds whole records: whoever sees a part only sees no past.
Result<> see_past(Sight sight) {
  if (sight.scope() == Scope::all && sight.whole()) return {};
  return fail(
      Error(ErrorCode::denied, "The past needs the right to see whole records, all of them.")
          .because("data.past"));
}

Result<storage::ReadLease> past(storage::Database& database, Sight sight, Deadline deadline) {
  TENON_TRY(see_past(sight));
  TENON_ASSIGN(lease, database.reader());
  lease.set_deadline(deadline);
  return std::move(lease);
}

}  // namespace

Result<Page> Tenant::history(const EntityInfo& entity, RecordId id, const HistoryQuery& query,
                             const Viewer& viewer, Deadline deadline) {
  TENON_ASSIGN(lease, past(*state_->database, Sight(entity, viewer), deadline));
  return history_of(lease.session(), entity, id, query);
}

Result<Record> Tenant::record_as_of(const EntityInfo& entity, RecordId id, Timestamp at,
                                    const Viewer& viewer, Deadline deadline) {
  TENON_ASSIGN(lease, past(*state_->database, Sight(entity, viewer), deadline));
  return data::record_as_of(lease.session(), entity, id, at);
}

Result<Page> Tenant::list_as_of(const EntityInfo& entity, const Query& query, Timestamp at,
                                const Viewer& viewer, Deadline deadline) {
  TENON_ASSIGN(lease, past(*state_->database, Sight(entity, viewer), deadline));
  return data::list_as_of(lease.session(), entity, query, at);
}

Result<Page> Tenant::list_audit(const AuditQuery& query, Deadline deadline) {
  TENON_ASSIGN(lease, state_->database->reader());
  lease.set_deadline(deadline);
  return data::list_audit(lease.session(), query);
}

Result<AuditReport> Tenant::verify_audit(const std::optional<ChainHead>& kept) {
  TENON_ASSIGN(lease, state_->database->reader());
  TENON_TRY(lease.snapshot(storage::Seen::one_state));
  return data::verify_audit(lease.session(), kept);
}

Task<std::size_t> Tenant::seal_audit(std::size_t bound, Deadline deadline) {
  std::size_t all = 0;
  for (int failures = 0;;) {
    TENON_CO_ASSIGN(lease, co_await state_->database->upkeep_lease(deadline));
    lease.set_deadline(deadline);
    auto sealed = TENON_CO_ACT(*state_->database, data::seal_audit(lease.session(), bound));
    Result<> done = sealed ? co_await lease.commit() : Result<>(std::unexpected(sealed.error()));
    if (!done) {
      // Another sealer was faster: what it left is read anew.
      const bool raced = wants_rerun(done.error()) || done.error().reason() == "storage.unique";
      if (!raced || ++failures == kMaxRuns) co_return std::unexpected(std::move(done.error()));
      continue;
    }
    all += *sealed;
    if (*sealed < bound) co_return all;
  }
}

}  // namespace tenon::data
