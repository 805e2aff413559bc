#include "services/webhooks/sender.h"

#include <algorithm>
#include <utility>

#include "data/durably.h"
#include "data/platform_act.h"
#include "http/query.h"
#include "identity/audience.h"
#include "services/notifications/notifier.h"
#include "services/webhooks/signature.h"

namespace tenon::services {
namespace {

/// The beginning of what a stranger answered, as a text.
std::string kept(std::string text) {
  if (text.size() > kKeptAnswer) {
    text.resize(kKeptAnswer);
    // A character that was cut through goes as a whole.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80)
      text.pop_back();
    if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80U) != 0) text.pop_back();
  }
  const bool clean = std::ranges::none_of(text, [](char c) { return c == '\0'; });
  return clean && http::is_utf8(text) ? text : std::string("(no text)");
}

}  // namespace

std::string sealed_for(std::string_view tenant, WebhookId webhook) {
  return "webhook/" + std::string(tenant) + "/" + webhook.to_string();
}

Result<> switch_off(data::UnitOfWork& unit, Webhook webhook, std::string_view error,
                    Timestamp now) {
  webhook.state = WebhookState::failed;
  webhook.last_error = std::string(error);
  auto& session = unit.native_session();
  TENON_TRY(update_webhook(session, webhook));
  TENON_TRY(data::note_act(session,
                           {.user = {},
                            .trace = {},
                            .subject = "platform.webhook",
                            .key = webhook.id.to_string(),
                            .action = "disabled",
                            .after = json::serialize(to_json(webhook))},
                           now));
  TENON_ASSIGN(administrators, identity::holders_of(session, {}, kMaxAudience));
  return notify(unit, {.kind = "webhook.disabled",
                       .users = std::move(administrators),
                       .arguments = {{"name", webhook.name}, {"error", error}}});
}

WebhookSender::WebhookSender(const modules::ModuleContext& context, const WebhookOptions& options,
                             const SealingKey& key, const WebhookPort& port)
    : context_(context), options_(options), key_(key), port_(port), tasks_(context.executor) {}
WebhookSender::~WebhookSender() = default;

Task<> WebhookSender::stop(Deadline deadline) { co_return co_await tasks_.stop(deadline); }

Task<> WebhookSender::round(std::shared_ptr<data::Tenant> tenant) {
  if (flying_ >= options_.at_once) co_return Result<>();
  const auto now = context_.clock.now();
  const auto look = [&]() -> Result<std::optional<Timestamp>> {
    TENON_ASSIGN(lease, tenant->database().reader());
    return next_due(lease.session());
  };
  TENON_CO_ASSIGN(due, TENON_CO_ACT(*tenant, look()));
  if (!due || *due > now) co_return Result<>();
  std::vector<WebhookId> busy;
  for (const auto& [webhook, count] : in_flight_)
    if (count >= options_.at_once_each) busy.push_back(webhook);
  const auto limit = std::min(options_.at_once_each, options_.at_once - flying_);
  TENON_CO_ASSIGN(
      claimed, co_await data::run_durably(tenant->database(), Deadline::after(options_.patience),
                                          [&, lease = options_.lease](storage::Session& session) {
                                            return claim(session, now, lease, busy, limit);
                                          }));
  for (auto& one : claimed) {
    ++flying_;
    ++in_flight_[one.delivery.webhook];
    tasks_.spawn(attempt(tenant, std::move(one)));
  }
  co_return Result<>();
}

std::optional<Timestamp> WebhookSender::next_after(std::uint32_t attempts, Timestamp now) {
  if (attempts > options_.delays.size()) return std::nullopt;
  const std::chrono::microseconds delay = options_.delays[attempts - 1];
  const auto fifth = static_cast<std::uint64_t>(delay.count() / 5);
  const auto jitter = static_cast<std::int64_t>(context_.random.next() % (2 * fifth + 1));
  return now + delay - std::chrono::microseconds(fifth) + std::chrono::microseconds(jitter);
}

Task<AttemptResult> WebhookSender::send(std::string tenant, Attempt attempt) {
  const auto secret = unseal(key_, attempt.secret, sealed_for(tenant, attempt.delivery.webhook));
  if (!secret)
    co_return AttemptResult{.answer = {},
                            .error = "The secret cannot be opened on this server: make a new one."};
  const auto now = context_.clock.now();
  const auto begun = context_.clock.instant();
  auto answer = co_await port_.post(
      {.url = attempt.url,
       .fields = webhook_fields(secret->reveal(), attempt.delivery.id.to_string(), now,
                                attempt.delivery.body),
       .body = attempt.delivery.body},
      Deadline::after(options_.patience));
  AttemptResult result;
  result.took_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(context_.clock.instant() - begun)
          .count();
  if (!answer) {
    const auto& error = answer.error();
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      co_return std::unexpected(std::move(answer.error()));
    result.error = error.reason() == "deadline" ? "There was no answer in time." : error.message();
    co_return result;
  }
  result.status = answer->status;
  result.answer = kept(std::move(answer->body));
  result.delivered = answer->status >= 200 && answer->status < 300;
  if (!result.delivered)
    result.error = "The receiver answered " + std::to_string(answer->status) + ".";
  co_return result;
}

Task<> WebhookSender::attempt(std::shared_ptr<data::Tenant> tenant, Attempt attempt) {
  const auto webhook = attempt.delivery.webhook;
  const struct Leave {
    WebhookSender* sender;
    WebhookId webhook;
    ~Leave() {
      --sender->flying_;
      if (--sender->in_flight_[webhook] == 0) sender->in_flight_.erase(webhook);
    }
  } leave{this, webhook};
  auto sent = co_await send(tenant->name(), attempt);
  if (!sent) co_return std::unexpected(std::move(sent.error()));  // stopping: tried again later
  const auto& result = *sent;
  const auto now = context_.clock.now();
  const auto next = next_after(attempt.delivery.attempts, now);
  auto noted = co_await data::run_unit(
      tenant, {}, data::Origin{.plugin = "webhooks"}, Deadline::after(options_.patience),
      [&](data::UnitOfWork& unit) -> Result<bool> {
        TENON_ASSIGN(mine, settle(unit.native_session(), attempt.delivery, result, now, next));
        if (!mine || result.delivered) return mine;
        TENON_ASSIGN(hook, read_webhook(unit.native_session(), webhook));
        if (hook.state == WebhookState::on && hook.failing_since &&
            *hook.failing_since <= now - options_.disable_after)
          TENON_TRY(switch_off(unit, std::move(hook), result.error, now));
        return mine;
      });
  if (!noted) co_return std::unexpected(std::move(noted.error()));
  if (!*noted) co_return Result<>();
  ++(result.delivered ? counts_.delivered : next ? counts_.failed : counts_.dead);
  if (!result.delivered) context_.events.committed(tenant->name());
  co_return Result<>();
}

}  // namespace tenon::services
