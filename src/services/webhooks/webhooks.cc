#include "services/webhooks/webhooks.h"

#include <algorithm>
#include <utility>

#include "async/timer.h"
#include "data/durably.h"
#include "modules/tenant_directory.h"
#include "services/notifications/notifications.h"

namespace tenon::services {
namespace {

constexpr std::string_view kNotice = "tenon.notice";  // of our own people, in their inboxes
constexpr std::chrono::milliseconds kFresh{1000};     // for an event
constexpr std::chrono::milliseconds kStale{10'000};   // for who looks what is due
constexpr std::size_t kForget = 500;

Task<std::uint64_t> forget_some(std::shared_ptr<data::Tenant> tenant, Timestamp now,
                                Deadline deadline) {
  co_return co_await data::run_durably(
      tenant->database(), deadline,
      [now](storage::Session& session) { return forget_deliveries(session, now, kForget); });
}

}  // namespace

std::string message_of(const data::Event& event) {
  json::object message{
      {"id", event.id.to_string()},
      {"type", event.type},
      {"timestamp", to_rfc3339(Timestamp(std::chrono::microseconds(event.created_at)))},
      {"subject", event.aggregate}};
  auto data = json::parse(event.payload, {.bytes = kMaxMessage});
  if (data)
    message["data"] = std::move(*data);
  else
    message["data"] = nullptr;
  auto text = json::serialize(message);
  if (data && text.size() <= kMaxMessage) return text;
  message["data"] = nullptr;
  message["omitted"] = true;
  return json::serialize(message);
}

Webhooks::Webhooks(SealingKey key, std::unique_ptr<const WebhookPort> port, WebhookOptions options)
    : key_(std::move(key)), port_(std::move(port)), options_(std::move(options)) {}
Webhooks::~Webhooks() = default;

data::Localized Webhooks::name() const { return {{"en", "Webhooks"}, {"zh-CN", "Webhook"}}; }
Version Webhooks::version() const { return {.major = 1, .minor = 0, .patch = 0}; }
Chore Webhooks::chore() { return {.name = "webhook_deliveries", .run = forget_some}; }

std::vector<modules::Dependency> Webhooks::dependencies() const {
  std::vector<modules::Dependency> needed;
  if (auto range = VersionRange::parse("^1.0"))
    needed.push_back({.id = "notifications", .version = *std::move(range)});
  return needed;
}

Task<> Webhooks::on_startup(modules::ModuleContext context) {
  context_.emplace(std::move(context));
  sender_ = std::make_unique<WebhookSender>(*context_, options_, key_, *port_);
  tasks_ = std::make_unique<TaskGroup>(context_->executor);
  tasks_->spawn(keep_sending(this));
  co_return Result<>();
}

Task<> Webhooks::on_shutdown(Deadline deadline) {
  if (!tasks_) co_return Result<>();
  auto done = co_await tasks_->stop(deadline);
  auto sent = co_await sender_->stop(deadline);
  if (done && !sent) done = std::move(sent);
  co_return done;
}

Task<modules::Health> Webhooks::health_check(Deadline) {
  const auto& counts = sender_->counts();
  co_return modules::Health{.status = modules::Health::Status::healthy,
                            .message = {},
                            .details = {{"delivered", counts.delivered.load()},
                                        {"failed", counts.failed.load()},
                                        {"dead", counts.dead.load()}}};
}

asio::awaitable<void> Webhooks::keep_sending(Webhooks* self) {
  while (co_await sleep_until(Deadline::after(self->options_.look)))
    for (auto& tenant : self->context_->tenants.served()) {
      const auto known = co_await self->known_of(tenant, kStale);
      // What is away comes back; who looks again looks in a moment.
      if (known && !(*known)->empty()) (void)co_await self->sender_->round(tenant);
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return;
    }
}

Result<std::vector<modules::Subscription>> Webhooks::register_event_handlers(
    modules::EventBus& bus) {
  std::vector<modules::Subscription> all;
  TENON_ASSIGN(one, bus.subscribe_outside("webhooks", {.patterns = {"*"}, .tenant = {}},
                                          [this](modules::DeliveryHandle delivery) {
                                            return hear(std::move(delivery));
                                          }));
  all.push_back(std::move(one));
  return all;
}

void Webhooks::forget(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  remembered_.erase(tenant);
}

Task<Webhooks::KnownList> Webhooks::known_of(std::shared_ptr<data::Tenant> tenant,
                                             std::chrono::milliseconds no_older) {
  const auto now = context_->clock.instant();
  {
    const std::lock_guard lock(mutex_);
    const auto found = remembered_.find(tenant->name());
    if (found != remembered_.end() && now - found->second.at <= no_older)
      co_return found->second.list;
  }
  const auto read = [&]() -> Result<std::vector<Webhook>> {
    TENON_ASSIGN(lease, tenant->database().reader());
    return list_webhooks(lease.session());
  };
  TENON_CO_ASSIGN(webhooks, TENON_CO_ACT(*tenant, read()));
  std::vector<Known> list;
  for (const auto& webhook : webhooks) {
    if (webhook.state != WebhookState::on) continue;
    auto& one = list.emplace_back(Known{.id = webhook.id, .patterns = {}});
    for (const auto& text : webhook.patterns)
      if (auto pattern = modules::EventPattern::parse(text))
        one.patterns.push_back(*std::move(pattern));
  }
  auto shared = std::make_shared<const std::vector<Known>>(std::move(list));
  const std::lock_guard lock(mutex_);
  remembered_.insert_or_assign(tenant->name(), Remembered{.list = shared, .at = now});
  co_return shared;
}

/// The messages of an event are rows before anything is sent: from then on each has its own fate.
Task<> Webhooks::hear(modules::DeliveryHandle delivery) {
  const auto& event = delivery->event;
  if (event.type == kNotice) co_return Result<>();
  TENON_CO_ASSIGN(known, co_await known_of(delivery->tenant, kFresh));
  std::vector<WebhookId> wanting;
  for (const auto& one : *known)
    if (std::ranges::any_of(one.patterns,
                            [&](const auto& pattern) { return pattern.matches(event.type); }))
      wanting.push_back(one.id);
  if (wanting.empty()) co_return Result<>();
  const auto now = context_->clock.now();
  WebhookDelivery message;
  message.type = event.type;
  message.body = message_of(event);
  message.created_at = now;
  auto& random = context_->random;
  co_return co_await data::run_unit(
      delivery->tenant, {},
      data::Origin{.plugin = "webhooks",
                   .trace = {},
                   .correlation = event.correlation,
                   .causation = event.id,
                   .hop = event.hop},
      delivery->deadline, [&, now](data::UnitOfWork& unit) -> Result<> {
        TENON_ASSIGN(first, unit.first_delivery("webhooks", event.id));
        if (!first) return {};
        auto& session = unit.native_session();
        for (const auto& id : wanting) {
          auto webhook = read_webhook(session, id);
          if (!webhook && webhook.error().code() == ErrorCode::not_found) continue;
          if (!webhook) return std::unexpected(std::move(webhook.error()));
          if (webhook->state != WebhookState::on) continue;
          TENON_ASSIGN(room, has_room(session, id));
          if (!room) {
            TENON_TRY(switch_off(unit, *std::move(webhook), "Too many messages wait.", now));
            continue;
          }
          message.id = DeliveryId{Uuid::make_v7(now, random)};
          message.webhook = id;
          TENON_TRY(insert_delivery(session, message));
        }
        return {};
      });
}

}  // namespace tenon::services
