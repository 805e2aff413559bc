#include "data/unit_of_work.h"

#include "async/timer.h"
#include "data/act.h"
#include "data/outbox_sql.h"
#include "data/reader.h"
#include "data/tenant_state.h"
#include "data/unit_state.h"
#include "data/write_log.h"

namespace tenon::data {
namespace {

constexpr std::chrono::milliseconds kSwitchPause{2};  // other definitions are being read

}  // namespace

UnitOfWork::UnitOfWork(std::shared_ptr<Tenant> tenant, Viewer viewer, Origin origin)
    : state_(std::make_unique<State>(std::move(tenant), std::move(viewer), std::move(origin))) {}
UnitOfWork::UnitOfWork(UnitOfWork&&) noexcept = default;
UnitOfWork& UnitOfWork::operator=(UnitOfWork&&) noexcept = default;
UnitOfWork::~UnitOfWork() = default;

Task<> UnitOfWork::acquire(Deadline deadline) {
  TENON_ASSERT(!state_->ended);
  while (!state_->lease.held()) {
    TENON_CO_TRY(co_await settle_definitions(deadline));
    TENON_CO_ASSIGN(lease, co_await state_->tenant->database().lease(deadline));
    // Who had it before may have brought other definitions.
    if (state_->still_holds()) state_->lease = std::move(lease);
  }
  co_return Result<>();
}

/// Takes up the definitions that hold now.
Task<> UnitOfWork::settle_definitions(Deadline deadline) {
  auto& inside = state_->inside();
  while (inside.epoch % 2 == 1 && inside.migrating) {
    if (deadline.passed())
      co_return fail(Error(ErrorCode::cancelled, "The tables are being changed; try again soon.")
                         .because("storage.deadline"));
    TENON_CO_TRY(co_await sleep_until(Deadline::after(kSwitchPause)));
  }
  // Nobody could read what holds since a change.
  if (inside.epoch % 2 == 1) TENON_CO_TRY(TENON_CO_ACT(*this, inside.end_switch()));
  if (!state_->still_holds()) state_->take_up();
  co_return Result<>();
}

bool UnitOfWork::acquired() const noexcept { return state_->lease.held(); }
void UnitOfWork::set_deadline(Deadline deadline) noexcept { state_->lease.set_deadline(deadline); }

Result<Record> UnitOfWork::get(const EntityInfo& entity, RecordId id) {
  return state_->reader().get(entity, id);
}
Result<Page> UnitOfWork::list(const EntityInfo& entity, const Query& query) {
  return state_->reader().list(entity, query);
}
Result<Total> UnitOfWork::count(const EntityInfo& entity, const Query& query) {
  return state_->reader().count(entity, query);
}
Result<std::vector<RecordId>> UnitOfWork::matching(const EntityInfo& entity, const Query& query,
                                                   std::size_t bound) {
  return state_->reader().matching(entity, query, bound);
}

Result<std::vector<RecordId>> UnitOfWork::update_where(const EntityInfo& entity, const Query& query,
                                                       const json::object& fields,
                                                       std::size_t bound) {
  TENON_ASSIGN(ids, matching(entity, query, bound));
  TENON_TRY(within_savepoint([&]() -> Result<> {
    for (const auto id : ids) TENON_TRY(update(entity, id, fields, std::nullopt));
    return {};
  }));
  return std::move(ids);
}

Result<std::vector<RecordId>> UnitOfWork::erase_where(const EntityInfo& entity, const Query& query,
                                                      std::size_t bound) {
  TENON_ASSIGN(ids, matching(entity, query, bound));
  TENON_TRY(within_savepoint([&]() -> Result<> {
    for (const auto id : ids) {
      // A cascade may have taken it already.
      auto done = erase(entity, id, std::nullopt);
      if (!done && done.error().code() != ErrorCode::not_found) return done;
    }
    return {};
  }));
  return std::move(ids);
}

Result<EventId> UnitOfWork::publish(std::string_view type, std::string_view aggregate,
                                    std::string_view payload) {
  const auto full = state_->origin.plugin + "." + std::string(type);
  auto id = state_->log().event(full, aggregate.empty() ? full : aggregate, payload, state_->now());
  if (id) ++state_->tally.events;
  return id;
}

Result<bool> UnitOfWork::first_delivery(std::string_view consumer, EventId event) {
  return note_delivery(state_->session(), consumer, event, state_->now());
}

storage::Session& UnitOfWork::native_session() noexcept { return state_->session(); }

Result<> UnitOfWork::within_savepoint(const std::function<Result<>()>& work) {
  auto& session = state_->session();
  auto kept = state_->unsettled;
  const auto level = ++state_->level;
  const auto begun = session.savepoint(level);
  auto done = begun ? work() : begun;
  if (begun) {
    if (!done) {
      auto back = session.rollback_to(level);
      state_->unsettled = std::move(kept);
      (void)state_->whole(std::move(back));
    }
    auto released = state_->whole(session.release(level));
    if (done) done = std::move(released);
  }
  --state_->level;
  return done;
}

Task<> UnitOfWork::commit() {
  if (state_->ended) co_return Result<>();
  Result<> done;
  if (state_->unsettled.torn)
    done = std::unexpected(*state_->unsettled.torn);
  else if (state_->lease.held())
    done = TENON_CO_ACT(*this, state_->settle());
  if (done && state_->lease.held()) done = state_->still_holds();
  state_->ended = true;
  if (!state_->lease.held()) co_return done;
  if (!done) {
    state_->lease.rollback();
    co_return done;
  }
  TENON_CO_TRY(co_await state_->lease.commit());
  state_->keep_blocks();
  co_return Result<>();
}

void UnitOfWork::rollback() noexcept {
  state_->ended = true;
  state_->lease.rollback();
}

Tenant& UnitOfWork::tenant() const noexcept { return *state_->tenant; }
bool UnitOfWork::waits() const noexcept { return state_->tenant->waits(); }
const Tally& UnitOfWork::tally() const noexcept { return state_->tally; }
const Viewer& UnitOfWork::viewer() const noexcept { return state_->viewer; }
Origin& UnitOfWork::origin() noexcept { return state_->origin; }
const Catalog& UnitOfWork::catalog() const noexcept { return *state_->catalog; }

}  // namespace tenon::data
