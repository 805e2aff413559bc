#pragma once
// A tenant that is being moved takes no writes, and whoever moves it must know that none is under
// way. Everything that writes takes a lease of the tenant's database, so one gate before that
// database is enough: it can be closed, and it knows who is inside.

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "async/deadline.h"
#include "storage/database.h"
#include "storage/postgres.h"

namespace tenon::data {

class Tenant;

/// unavailable (`tenant.moving`): what is said meanwhile.
[[nodiscard]] Error moving();

/// Thread: any. Held by shared_ptr: leases outlive the tenant's closing.
class Gate : public std::enable_shared_from_this<Gate> {
 public:
  /// Errors: unavailable (`tenant.moving`) while closed. The pass counts until it is dropped.
  [[nodiscard]] Result<std::shared_ptr<const void>> enter();
  void close() noexcept;
  void open() noexcept;
  /// Blocks until nobody is inside. False when `deadline` passes first.
  [[nodiscard]] bool wait_until_empty(Deadline deadline);

 private:
  void leave() noexcept;
  std::mutex mutex_;
  std::condition_variable empty_;
  std::size_t inside_ = 0;
  bool closed_ = false;
};

/// A database behind a gate. Reads pass. In PostgreSQL other processes are kept off by a claim: who
/// writes sees first that it is held still, and when it had to be taken again, that the tenant is
/// where it was (`lives_here`), since meanwhile somebody may have moved it.
class GatedDatabase final : public storage::Database {
 public:
  using LivesHere = std::function<Result<>()>;
  GatedDatabase(std::unique_ptr<storage::Database> inner, std::shared_ptr<Gate> gate,
                std::shared_ptr<storage::PostgresClaim> claim = {}, LivesHere lives_here = {})
      : inner_(std::move(inner)),
        gate_(std::move(gate)),
        claim_(std::move(claim)),
        lives_here_(std::move(lives_here)) {}

  [[nodiscard]] Task<storage::Lease> lease(Deadline deadline) override;
  [[nodiscard]] Task<storage::Lease> upkeep_lease(Deadline deadline) override;
  [[nodiscard]] Result<storage::ReadLease> reader() override { return inner_->reader(); }
  [[nodiscard]] storage::Dialect dialect() const noexcept override { return inner_->dialect(); }
  [[nodiscard]] BlockingPool& pool() noexcept override { return inner_->pool(); }
  [[nodiscard]] storage::Figures figures() const override { return inner_->figures(); }
  [[nodiscard]] Result<> check() override { return inner_->check(); }
  /// For who holds the gate closed.
  [[nodiscard]] storage::Database& inner() noexcept { return *inner_; }
  /// Null for a file.
  [[nodiscard]] const std::shared_ptr<storage::PostgresClaim>& claim() const noexcept {
    return claim_;
  }

 private:
  [[nodiscard]] Task<> see_claim();
  std::unique_ptr<storage::Database> inner_;
  std::shared_ptr<Gate> gate_;                     // shared with passes
  std::shared_ptr<storage::PostgresClaim> claim_;  // shared with who moves or drops the tenant
  LivesHere lives_here_;
};

/// A tenant that nobody writes to and nobody else opens. Dropping it lets both go on.
/// Lifetime: its Tenants outlives it.
class TenantHold {
 public:
  enum class End : std::uint8_t { back, gone };
  using Finish = std::function<void(End)>;
  TenantHold(std::shared_ptr<Tenant> tenant, GatedDatabase& database, std::shared_ptr<Gate> gate,
             Finish finish);
  TenantHold(TenantHold&& other) noexcept;
  TenantHold& operator=(TenantHold&&) = delete;
  ~TenantHold();

  /// Past the gate.
  [[nodiscard]] storage::Database& database() noexcept { return database_.inner(); }
  /// Keeps other processes off for as long as it is kept; null for a file.
  [[nodiscard]] std::shared_ptr<storage::PostgresClaim> claim() const { return database_.claim(); }
  /// Whether nobody else in this process has it open.
  [[nodiscard]] bool alone() const noexcept { return tenant_.use_count() <= 2; }
  /// The tenant is elsewhere now, or nowhere: who still has it open is refused for good, and the
  /// next who opens it looks for it anew. Requires: nothing of database() is in use any more.
  void leave() noexcept;

 private:
  std::shared_ptr<Tenant> tenant_;  // shared with who has it open
  GatedDatabase& database_;
  std::shared_ptr<Gate> gate_;
  Finish finish_;
};

}  // namespace tenon::data
