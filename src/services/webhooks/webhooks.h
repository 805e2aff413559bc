#pragma once
// Other systems of a company want to know what happens here. An administrator names an address and
// the events to be told of; each of them becomes a signed message (signature.h), sent until it is
// taken or given up (sender.h). An event and the messages that come of it are tied by the outbox:
// at least once, under one id that stays the same, so a receiver can drop what it has had.
//
//   GET, POST           /api/v1/webhooks               the secret is shown in the answer to POST
//   GET, PATCH, DELETE  /api/v1/webhooks/{id}          {"enabled": true} switches it on again
//   POST                /api/v1/webhooks/{id}/secret   a new one
//   POST                /api/v1/webhooks/{id}/test     sends a message of no event
//   GET                 /api/v1/webhooks/{id}/deliveries[/{delivery}]
//   POST                /api/v1/webhooks/{id}/deliveries/{delivery}/redeliver
//
// Messages hold whole records, so webhooks are an administrator's alone.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "modules/event_pattern.h"
#include "modules/module.h"
#include "services/upkeep/upkeep.h"
#include "services/webhooks/sender.h"

namespace tenon::services {

/// Bytes of a message; a larger one goes without the event's data.
inline constexpr std::size_t kMaxMessage = std::size_t{256} << 10U;

/// The message of an event, as JSON text.
[[nodiscard]] std::string message_of(const data::Event& event);

/// Thread: any once started.
class Webhooks final : public modules::ErpModule {
 public:
  Webhooks(SealingKey key, std::unique_ptr<const WebhookPort> port, WebhookOptions options = {});
  ~Webhooks() override;

  [[nodiscard]] std::string_view id() const noexcept override { return "webhooks"; }
  [[nodiscard]] data::Localized name() const override;
  [[nodiscard]] Version version() const override;
  [[nodiscard]] std::vector<modules::Dependency> dependencies() const override;
  [[nodiscard]] Task<> on_startup(modules::ModuleContext context) override;
  [[nodiscard]] Task<> on_shutdown(Deadline deadline) override;
  [[nodiscard]] Task<modules::Health> health_check(Deadline deadline) override;
  [[nodiscard]] std::vector<modules::Route> protected_routes() override;
  [[nodiscard]] modules::Migrations migrations() const override { return webhook_tables(); }
  [[nodiscard]] Result<std::vector<modules::Subscription>> register_event_handlers(
      modules::EventBus& bus) override;

  /// Forgets old deliveries.
  [[nodiscard]] static Chore chore();

 private:
  /// Who wants what in one tenant; null patterns: nothing is known.
  struct Known {
    WebhookId id;
    std::vector<modules::EventPattern> patterns;
  };
  using KnownList = std::shared_ptr<const std::vector<Known>>;  // shared with those who read it
  struct Remembered {
    KnownList list;
    Instant at;
  };

  [[nodiscard]] static asio::awaitable<void> keep_sending(Webhooks* self);
  [[nodiscard]] Task<> hear(modules::DeliveryHandle delivery);
  /// Errors: those of a read.
  [[nodiscard]] Task<KnownList> known_of(std::shared_ptr<data::Tenant> tenant,
                                         std::chrono::milliseconds no_older);
  void forget(const std::string& tenant);

  [[nodiscard]] Result<> check_url(const std::string& url) const;
  [[nodiscard]] Task<http::Response> create(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> change(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> drop(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> renew(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> test(modules::RouteCall call, http::Request request);
  [[nodiscard]] Task<http::Response> redeliver(modules::RouteCall call, http::Request request);

  const SealingKey key_;
  const std::unique_ptr<const WebhookPort> port_;
  const WebhookOptions options_;
  std::optional<modules::ModuleContext> context_;
  std::unique_ptr<WebhookSender> sender_;
  std::mutex mutex_;
  std::map<std::string, Remembered, std::less<>> remembered_;  // by tenant
  std::unique_ptr<TaskGroup> tasks_;
};

}  // namespace tenon::services
