#include "data/tenant.h"

#include "data/act.h"
#include "data/reader.h"
#include "data/tenant_state.h"

namespace tenon::data {

Tenant::Tenant(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->outbox = std::make_unique<Outbox>(*this, state_->random);
}
Tenant::~Tenant() = default;

const std::string& Tenant::name() const noexcept { return state_->name; }

bool Tenant::waits() const noexcept { return state_->waits; }

Task<Permit> Tenant::turn() {
  auto permit = co_await state_->turns.acquire(Deadline::after(kReadPatience));
  if (permit || permit.error().reason() == "task.cancelled") co_return permit;
  co_return fail(Error(ErrorCode::unavailable, "Too many reads of this tenant at once.")
                     .because("storage.readers"));
}

Result<> Tenant::ping(Deadline deadline) {
  TENON_ASSIGN(lease, state_->database->reader());
  lease.set_deadline(deadline);
  return lease.session().query("SELECT 1 FROM meta WHERE key = 'cursor_key'", {},
                               [](const storage::Row&) { return storage::Visit::more; });
}

std::shared_ptr<const Catalog> Tenant::catalog() const {
  const std::lock_guard lock(state_->mutex);
  return state_->catalog;
}

Result<Record> Tenant::get(const EntityInfo& entity, RecordId id, const Viewer& viewer) {
  TENON_ASSIGN(lease, state_->database->reader());
  Tally tally;
  return Reader(lease.session(), viewer, state_->cursor_key, tally).get(entity, id);
}

Result<Page> Tenant::list(const EntityInfo& entity, const Query& query, const Viewer& viewer,
                          Deadline deadline) {
  TENON_ASSIGN(lease, state_->database->reader());
  lease.set_deadline(deadline);
  // A count must agree with its page, and so must the records in it.
  if (query.count != Count::none || !query.embeds.empty())
    TENON_TRY(lease.snapshot(storage::Seen::one_state));
  Tally tally;
  return Reader(lease.session(), viewer, state_->cursor_key, tally).list(entity, query);
}

Result<Total> Tenant::count(const EntityInfo& entity, const Query& query, const Viewer& viewer,
                            Deadline deadline) {
  TENON_ASSIGN(lease, state_->database->reader());
  lease.set_deadline(deadline);
  Tally tally;
  return Reader(lease.session(), viewer, state_->cursor_key, tally).count(entity, query);
}

Task<Page> Tenant::list_later(std::string plugin, std::string entity, Query query, Viewer viewer,
                              Deadline deadline) {
  auto work = [self = shared_from_this(), plugin = std::move(plugin), entity = std::move(entity),
               query = std::move(query), viewer = std::move(viewer), deadline]() -> Result<Page> {
    // The one that the question was read against, where it says so.
    const auto catalog = query.catalog == nullptr ? self->catalog() : query.catalog;
    TENON_ASSIGN(info, catalog->entity(plugin, entity));
    return self->list(*info, query, viewer, deadline);
  };
  if (waits()) co_return co_await aside(*this, std::move(work));
  co_return co_await state_->database->pool().run(std::move(work));
}

Result<Page> Tenant::pick(const EntityInfo& entity, std::string_view text, const Viewer& viewer,
                          Deadline deadline) {
  TENON_ASSIGN(lease, state_->database->reader());
  lease.set_deadline(deadline);
  Tally tally;
  return Reader(lease.session(), viewer, state_->cursor_key, tally).pick(entity, text);
}

Result<Snapshot> Tenant::snapshot(Viewer viewer, Deadline deadline) {
  TENON_ASSIGN(lease, state_->database->reader());
  lease.set_deadline(deadline);
  TENON_TRY(lease.snapshot(storage::Seen::serial_state));
  return Snapshot(shared_from_this(), std::move(viewer), std::move(lease));
}

UnitOfWork Tenant::unit(Viewer viewer, Origin origin) {
  return {shared_from_this(), std::move(viewer), std::move(origin)};
}

Files& Tenant::files() noexcept { return *state_->files; }
Outbox& Tenant::outbox() noexcept { return *state_->outbox; }
storage::Database& Tenant::database() noexcept { return *state_->database; }

Snapshot::Snapshot(std::shared_ptr<Tenant> tenant, Viewer viewer, storage::ReadLease lease)
    : tenant_(std::move(tenant)),
      catalog_(tenant_->catalog()),
      viewer_(std::move(viewer)),
      lease_(std::move(lease)) {}

Result<Record> Snapshot::get(const EntityInfo& entity, RecordId id) {
  return Reader(lease_.session(), viewer_, tenant_->state_->cursor_key, tally_).get(entity, id);
}
Result<Page> Snapshot::list(const EntityInfo& entity, const Query& query) {
  return Reader(lease_.session(), viewer_, tenant_->state_->cursor_key, tally_).list(entity, query);
}
Result<Total> Snapshot::count(const EntityInfo& entity, const Query& query) {
  return Reader(lease_.session(), viewer_, tenant_->state_->cursor_key, tally_)
      .count(entity, query);
}

}  // namespace tenon::data
