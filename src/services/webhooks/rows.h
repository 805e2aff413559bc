#pragma once
// Webhooks and what is sent to them, as rows. A delivery is made once for an event and a webhook
// and keeps its id and its body through all attempts; whoever claims it puts its next attempt off,
// so a process that dies on the way loses nothing and sends nothing twice at once.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "modules/module.h"
#include "storage/session.h"

namespace tenon::services {

using WebhookId = Id<struct WebhookTag>;
using DeliveryId = Id<struct WebhookDeliveryTag>;

inline constexpr std::size_t kMaxWebhooks = 50;       // of a tenant
inline constexpr std::size_t kMaxPatterns = 20;       // of one
inline constexpr std::size_t kMaxQueued = 10'000;     // deliveries that wait for one
inline constexpr std::size_t kKeptDeliveries = 1000;  // finished ones of one webhook
inline constexpr std::chrono::days kKeptDays{14};
inline constexpr std::size_t kKeptAnswer = 1000;  // bytes of what a receiver answered

enum class WebhookState : std::uint8_t { on, off, failed };
[[nodiscard]] std::string_view to_string(WebhookState state) noexcept;

struct Webhook {
  WebhookId id;
  std::string name, url;
  std::vector<std::string> patterns;
  std::string secret;  // sealed
  WebhookState state = WebhookState::on;
  std::optional<UserId> created_by;
  Timestamp created_at;
  std::optional<Timestamp> failing_since;
  std::string last_error;
};

enum class DeliveryState : std::uint8_t { waiting, delivered, dead };
[[nodiscard]] std::string_view to_string(DeliveryState state) noexcept;
[[nodiscard]] std::optional<DeliveryState> delivery_state_from(std::string_view word) noexcept;

struct WebhookDelivery {
  DeliveryId id;
  WebhookId webhook;
  std::string type;  // of the event
  std::string body;  // JSON text, as it is sent
  Timestamp created_at;
  DeliveryState state = DeliveryState::waiting;
  std::uint32_t attempts = 0;
  Timestamp next_at;
  int status = 0;  // of the last answer; 0: there was none
  std::string answer, error;
  std::optional<Timestamp> attempted_at;
  std::int64_t took_ms = 0;
};

/// What is to be sent: one attempt.
struct Attempt {
  WebhookDelivery delivery;
  std::string url, secret;  // sealed
};

/// How it went.
struct AttemptResult {
  bool delivered = false;
  int status = 0;
  std::string answer, error;
  std::int64_t took_ms = 0;
};

[[nodiscard]] modules::Migrations webhook_tables();

[[nodiscard]] Result<std::vector<Webhook>> list_webhooks(storage::Session& session);
/// Errors: not_found (`webhook.unknown`).
[[nodiscard]] Result<Webhook> read_webhook(storage::Session& session, WebhookId id);
[[nodiscard]] Result<> insert_webhook(storage::Session& session, const Webhook& webhook);
[[nodiscard]] Result<> update_webhook(storage::Session& session, const Webhook& webhook);
[[nodiscard]] Result<> delete_webhook(storage::Session& session, WebhookId id);

/// Whether `webhook` may get one more. Errors: those of the database.
[[nodiscard]] Result<bool> has_room(storage::Session& session, WebhookId webhook);
[[nodiscard]] Result<> insert_delivery(storage::Session& session, const WebhookDelivery& delivery);
/// When the next attempt of any delivery is due.
[[nodiscard]] Result<std::optional<Timestamp>> next_due(storage::Session& session);
/// Claims what is due, but nothing of `busy`; the next attempt of what is claimed is `lease` away.
[[nodiscard]] Result<std::vector<Attempt>> claim(storage::Session& session, Timestamp now,
                                                 std::chrono::seconds lease,
                                                 std::span<const WebhookId> busy,
                                                 std::size_t limit);
/// Notes how an attempt went. `next` is when it is tried again; empty: never. False: somebody else
/// has it by now, and nothing was noted.
[[nodiscard]] Result<bool> settle(storage::Session& session, const WebhookDelivery& delivery,
                                  const AttemptResult& result, Timestamp now,
                                  std::optional<Timestamp> next);

struct DeliveryQuery {
  std::optional<DeliveryState> state;
  std::optional<DeliveryId> before;
  std::size_t limit = 50;
};
/// Newest first, without bodies.
[[nodiscard]] Result<std::vector<WebhookDelivery>> list_deliveries(storage::Session& session,
                                                                   WebhookId webhook,
                                                                   const DeliveryQuery& query);
/// Errors: not_found (`webhook.delivery_unknown`).
[[nodiscard]] Result<WebhookDelivery> read_delivery(storage::Session& session, WebhookId webhook,
                                                    DeliveryId id);
/// Sends a finished one again, as if it were new. Errors: conflict (`webhook.waiting`).
[[nodiscard]] Result<> send_again(storage::Session& session, const WebhookDelivery& delivery,
                                  Timestamp now);
/// Forgets finished deliveries that are old or too many; gives how many.
[[nodiscard]] Result<std::uint64_t> forget_deliveries(storage::Session& session, Timestamp now,
                                                      std::size_t bound);

[[nodiscard]] json::object to_json(const Webhook& webhook);
enum class Body : std::uint8_t { without, with };
[[nodiscard]] json::object to_json(const WebhookDelivery& delivery, Body body);

}  // namespace tenon::services
