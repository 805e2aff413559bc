#pragma once
// People are told of what waits for them: an approval, a mention, a job that failed. The word comes
// as an event (notifier.h, and those of approvals), so it is committed with what it tells of; here
// it becomes a row in each inbox, once for each event, and a live notice for who is connected. Who
// may not see the record that it is about is not told.
//
//   GET   /api/v1/notifications              the newest first, with the number of unread ones
//   POST  /api/v1/notifications/read         all are read
//   POST  /api/v1/notifications/{id}/read    one is
//   DELETE /api/v1/notifications/{id}
//   GET, PATCH /api/v1/notifications/preferences   {"job.failed": true, …}

#include <atomic>
#include <optional>
#include <vector>

#include "modules/live_feed.h"
#include "modules/module.h"
#include "services/notifications/inbox.h"
#include "services/notifications/notifier.h"
#include "services/upkeep/upkeep.h"

namespace tenon::services {

/// Thread: any once started.
class Notifications final : public modules::ErpModule {
 public:
  [[nodiscard]] std::string_view id() const noexcept override { return "notifications"; }
  [[nodiscard]] data::Localized name() const override;
  [[nodiscard]] Version version() const override;
  [[nodiscard]] Task<> on_startup(modules::ModuleContext context) override;
  [[nodiscard]] Task<modules::Health> health_check(Deadline deadline) override;
  [[nodiscard]] std::vector<modules::Route> protected_routes() override;
  [[nodiscard]] modules::Migrations migrations() const override { return inbox_tables(); }
  [[nodiscard]] Result<std::vector<modules::Subscription>> register_event_handlers(
      modules::EventBus& bus) override;

  /// Forgets what is too old.
  [[nodiscard]] static Chore chore();

 private:
  [[nodiscard]] Task<> deliver(modules::DeliveryHandle delivery);
  [[nodiscard]] Task<http::Response> mark(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> mark_all(modules::RouteCall call, http::Request request);

  std::optional<modules::ModuleContext> context_;
  std::atomic<std::uint64_t> stored_{0};
};

}  // namespace tenon::services
