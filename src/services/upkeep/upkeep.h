#pragma once
// Things pile up: keys of repeated requests that have expired, dead letters, notes of handled
// events, uploads that nobody named, imports whose process died. Upkeep walks over the tenants from
// time to time and clears away what is due, a bounded piece at a time, so that nobody waits behind
// it. Rounds of different tenants are spread over the interval. Everything it does may be done
// again, and by several processes at once.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "async/task_group.h"
#include "modules/module.h"

namespace tenon::services {

/// One kind of thing that is cleared away. `run` gives how many were; it removes at most a bounded
/// number and is called again in the next round. It must not block the thread.
struct Chore {
  std::string name;  // `idempotency_keys`: also the name of its counters
  std::function<Task<std::uint64_t>(std::shared_ptr<data::Tenant>, Timestamp now, Deadline)> run;
};

/// What every tenant needs.
[[nodiscard]] std::vector<Chore> standard_chores();

struct UpkeepOptions {
  std::chrono::seconds interval{600};    // between two rounds of one tenant, ± 20 %
  std::chrono::milliseconds look{5000};  // how often it is looked who is due
  std::chrono::seconds patience{30};     // for one chore of one tenant
};

/// Thread: any for health_check; add() before on_startup.
class Upkeep final : public modules::ErpModule {
 public:
  explicit Upkeep(std::vector<Chore> chores = standard_chores(), UpkeepOptions options = {});
  ~Upkeep() override;

  /// A chore of another native module.
  void add(Chore chore);
  /// A round for each tenant that is due; gives their number. One at a time.
  [[nodiscard]] Task<std::size_t> run_due();

  [[nodiscard]] std::string_view id() const noexcept override { return "upkeep"; }
  [[nodiscard]] data::Localized name() const override;
  [[nodiscard]] Version version() const override;
  [[nodiscard]] Task<> on_startup(modules::ModuleContext context) override;
  [[nodiscard]] Task<> on_shutdown(Deadline deadline) override;
  /// Degraded while a chore fails for some tenant, other than by a database that is away. Details:
  /// rounds, and for each chore removed, failures, failing_tenants and an error.
  [[nodiscard]] Task<modules::Health> health_check(Deadline deadline) override;

 private:
  struct Count {
    std::uint64_t removed = 0;
    std::uint64_t failures = 0;
    std::map<std::string, std::string> failing;  // by tenant: the newest error
  };

  [[nodiscard]] static asio::awaitable<void> keep_looking(Upkeep* self);
  [[nodiscard]] asio::awaitable<void> round(std::shared_ptr<data::Tenant> tenant);
  [[nodiscard]] std::vector<std::shared_ptr<data::Tenant>> due();
  [[nodiscard]] Instant next(std::chrono::nanoseconds least, std::chrono::nanoseconds most) const;

  std::vector<Chore> chores_;
  const UpkeepOptions options_;
  std::optional<modules::ModuleContext> context_;
  std::map<std::string, Instant, std::less<>> next_;  // by tenant
  mutable std::mutex mutex_;
  std::map<std::string, Count> counts_;  // by chore
  std::uint64_t rounds_ = 0;
  std::unique_ptr<TaskGroup> tasks_;
};

}  // namespace tenon::services
