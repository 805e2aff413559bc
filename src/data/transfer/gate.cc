#include "data/transfer/gate.h"

#include <utility>

#include "data/tenant.h"

namespace tenon::data {

Error moving() {
  return Error(ErrorCode::unavailable, "This tenant is being moved or dropped; try again soon.")
      .because("tenant.moving");
}

Result<std::shared_ptr<const void>> Gate::enter() {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return fail(moving());
    ++inside_;
  }
  return std::shared_ptr<const void>(this,
                                     [self = shared_from_this()](const void*) { self->leave(); });
}

void Gate::leave() noexcept {
  const std::lock_guard lock(mutex_);
  if (--inside_ == 0) empty_.notify_all();
}

void Gate::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

void Gate::open() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = false;
}

bool Gate::wait_until_empty(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return empty_.wait_until(lock, deadline.when(), [this] { return inside_ == 0; });
}

Task<> GatedDatabase::see_claim() {
  if (claim_ == nullptr || claim_->held()) co_return Result<>();
  co_return co_await inner_->pool().run([claim = claim_, lives_here = lives_here_]() -> Result<> {
    if (auto regained = claim->regain(); !regained) {
      if (regained.error().reason() == "storage.claimed") return fail(moving());
      return regained;
    }
    return lives_here ? lives_here() : Result<>();
  });
}

Task<storage::Lease> GatedDatabase::lease(Deadline deadline) {
  auto pass = gate_->enter();
  if (!pass) co_return std::unexpected(std::move(pass.error()));
  TENON_CO_TRY(co_await see_claim());
  TENON_CO_ASSIGN(lease, co_await inner_->lease(deadline));
  lease.keep(std::move(*pass));
  co_return std::move(lease);
}

Task<storage::Lease> GatedDatabase::upkeep_lease(Deadline deadline) {
  auto pass = gate_->enter();
  if (!pass) co_return std::unexpected(std::move(pass.error()));
  TENON_CO_TRY(co_await see_claim());
  TENON_CO_ASSIGN(lease, co_await inner_->upkeep_lease(deadline));
  lease.keep(std::move(*pass));
  co_return std::move(lease);
}

TenantHold::TenantHold(std::shared_ptr<Tenant> tenant, GatedDatabase& database,
                       std::shared_ptr<Gate> gate, Finish finish)
    : tenant_(std::move(tenant)),
      database_(database),
      gate_(std::move(gate)),
      finish_(std::move(finish)) {}

TenantHold::TenantHold(TenantHold&& other) noexcept
    : tenant_(std::move(other.tenant_)),
      database_(other.database_),
      gate_(std::move(other.gate_)),
      finish_(std::exchange(other.finish_, nullptr)) {}

TenantHold::~TenantHold() {
  if (!finish_) return;
  if (const auto& claim = database_.claim()) claim->share();
  gate_->open();
  finish_(End::back);
}

void TenantHold::leave() noexcept {
  if (auto finish = std::exchange(finish_, nullptr)) finish(End::gone);
  tenant_.reset();
}

}  // namespace tenon::data
