#pragma once
// What waits to be sent is sent: each attempt with its own deadline, so many at once and so many to
// one receiver, so that one that hangs holds up itself. What fails is tried again, later each time;
// after the last attempt it is dead and stays in the log. A webhook that has failed for long is
// switched off, and administrators are told.

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/task_group.h"
#include "base/sealing.h"
#include "modules/module.h"
#include "services/webhooks/port.h"
#include "services/webhooks/rows.h"

namespace tenon::services {

struct WebhookOptions {
  std::chrono::seconds patience{10};            // for one attempt
  std::chrono::seconds lease{15};               // of who makes it; longer than that
  std::vector<std::chrono::seconds> delays = {  // between two attempts, ± 20 %
      std::chrono::seconds(5),  std::chrono::seconds(30), std::chrono::minutes(2),
      std::chrono::minutes(10), std::chrono::minutes(30), std::chrono::hours(2),
      std::chrono::hours(6),    std::chrono::hours(12)};
  std::chrono::hours disable_after{24};  // of failing without a success between
  std::size_t at_once = 32;              // attempts of this process
  std::size_t at_once_each = 4;          // of one webhook, about
  std::chrono::milliseconds look{200};
};

/// What a webhook's secret is sealed for.
[[nodiscard]] std::string sealed_for(std::string_view tenant, WebhookId webhook);

/// Switches a webhook off, says so in the audit and tells the administrators.
[[nodiscard]] Result<> switch_off(data::UnitOfWork& unit, Webhook webhook, std::string_view error,
                                  Timestamp now);

/// Thread: the module's executor. Lifetime: everything given outlives it.
class WebhookSender {
 public:
  WebhookSender(const modules::ModuleContext& context, const WebhookOptions& options,
                const SealingKey& key, const WebhookPort& port);
  ~WebhookSender();

  /// Begins attempts for what is due in `tenant`; they go on behind it. Errors: those of the
  /// database.
  [[nodiscard]] Task<> round(std::shared_ptr<data::Tenant> tenant);
  /// Ends the attempts under way; what they were about is tried again. Idempotent.
  [[nodiscard]] Task<> stop(Deadline deadline);

  struct Counts {
    std::atomic<std::uint64_t> delivered{0}, failed{0}, dead{0};
  };
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  [[nodiscard]] Task<> attempt(std::shared_ptr<data::Tenant> tenant, Attempt attempt);
  [[nodiscard]] Task<AttemptResult> send(std::string tenant, Attempt attempt);
  [[nodiscard]] std::optional<Timestamp> next_after(std::uint32_t attempts, Timestamp now);

  const modules::ModuleContext& context_;
  const WebhookOptions& options_;
  const SealingKey& key_;
  const WebhookPort& port_;
  std::map<WebhookId, std::size_t> in_flight_;
  std::size_t flying_ = 0;
  Counts counts_;
  TaskGroup tasks_;
};

}  // namespace tenon::services
