// What administrators do with webhooks. A secret is seen once, in the answer that made it.
#include <array>
#include <utility>

#include "data/durably.h"
#include "data/platform_act.h"
#include "services/webhooks/signature.h"
#include "services/webhooks/webhooks.h"
#include "services/wire/wire.h"

namespace tenon::services {
namespace {

constexpr std::size_t kName = 100;
constexpr std::size_t kUrl = 2000;
constexpr std::size_t kPage = 50;
constexpr std::size_t kMaxPage = 200;

/// A right that no role can be given, so it is the administrators': a webhook hears of everything.
constexpr std::string_view kRight = "tenon.webhooks";

Result<WebhookId> webhook_in(const http::Request& request) {
  if (const auto id = WebhookId::parse(request.parameter("id"))) return *id;
  return fail(Error(ErrorCode::not_found, "There is no such webhook.").because("webhook.unknown"));
}

Result<DeliveryId> delivery_in(const http::Request& request) {
  if (const auto id = DeliveryId::parse(request.parameter("delivery"))) return *id;
  return fail(Error(ErrorCode::not_found, "There is no such delivery.")
                  .because("webhook.delivery_unknown"));
}

Result<> note(storage::Session& session, const modules::RouteCall& call, WebhookId id,
              std::string_view action, const json::object& after, Timestamp now) {
  return data::note_act(session,
                        {.user = call.principal->responsible(),
                         .trace = call.trace_id,
                         .subject = "platform.webhook",
                         .key = id.to_string(),
                         .action = std::string(action),
                         .after = json::serialize(after)},
                        now);
}

Result<> check_events(BodyReader& members, const std::vector<std::string>& patterns) {
  if (patterns.empty() || patterns.size() > kMaxPatterns)
    members.wrong("events", "range", "names 1 to 20 patterns");
  for (const auto& text : patterns)
    if (!modules::EventPattern::parse(text))
      members.wrong("events", "syntax", "a pattern as \"crm.customer.*\" is expected");
  return {};
}

/// Runs `work(storage::Session&) -> Result<T>` for an administrator.
template <class Work, class R = std::invoke_result_t<Work&, storage::Session&>>
asio::awaitable<R> durably(const modules::RouteCall* call, Work work) {
  co_return co_await data::run_durably(call->tenant->database(), call->deadline, std::move(work));
}

template <class Work, class R = std::invoke_result_t<Work&, storage::Session&>>
R reading(data::Tenant& tenant, Work work) {
  TENON_ASSIGN(lease, tenant.database().reader());
  return work(lease.session());
}

Task<http::Response> list(modules::RouteCall call, http::Request) {
  auto& tenant = *call.tenant;
  TENON_CO_ASSIGN(found, TENON_CO_ACT(tenant, reading(tenant, list_webhooks)));
  json::array rows;
  for (const auto& webhook : found) rows.push_back(to_json(webhook));
  co_return answer_of(200, rows);
}

Task<http::Response> one(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(id, webhook_in(request));
  auto& tenant = *call.tenant;
  TENON_CO_ASSIGN(found, TENON_CO_ACT(tenant, reading(tenant, [&](storage::Session& session) {
                                        return read_webhook(session, id);
                                      })));
  co_return answer_of(200, to_json(found));
}

Result<DeliveryQuery> query_in(const http::Request& request) {
  constexpr std::array<std::string_view, 3> kKnown = {"state", "limit", "before"};
  TENON_ASSIGN(parameters, parameters_of(request, kKnown));
  DeliveryQuery query;
  TENON_ASSIGN(limit, limit_of(parameters, kPage, kMaxPage));
  query.limit = limit;
  TENON_ASSIGN(before, id_of<DeliveryId>(parameters, "before"));
  query.before = before;
  if (const auto found = parameters.find("state"); found != parameters.end()) {
    query.state = delivery_state_from(found->second);
    if (!query.state) return wrong_parameter("state", "waiting, delivered or dead");
  }
  return query;
}

Task<http::Response> log(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(id, webhook_in(request));
  TENON_CO_ASSIGN(query, query_in(request));
  auto& tenant = *call.tenant;
  const auto work = [&](storage::Session& session) -> Result<std::vector<WebhookDelivery>> {
    TENON_TRY(read_webhook(session, id));
    return list_deliveries(session, id, query);
  };
  TENON_CO_ASSIGN(found, TENON_CO_ACT(tenant, reading(tenant, work)));
  json::array rows;
  for (const auto& delivery : found) rows.push_back(to_json(delivery, Body::without));
  auto response = answer_of(200, rows);
  if (found.size() == query.limit) {
    auto next = "/api/v1/webhooks/" + id.to_string() +
                "/deliveries?limit=" + std::to_string(query.limit) +
                "&before=" + found.back().id.to_string();
    if (query.state) next += "&state=" + std::string(to_string(*query.state));
    response.set("Link", "<" + next + ">; rel=\"next\"");
  }
  co_return response;
}

Task<http::Response> delivery(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(id, webhook_in(request));
  TENON_CO_ASSIGN(wanted, delivery_in(request));
  auto& tenant = *call.tenant;
  TENON_CO_ASSIGN(found, TENON_CO_ACT(tenant, reading(tenant, [&](storage::Session& session) {
                                        return read_delivery(session, id, wanted);
                                      })));
  co_return answer_of(200, to_json(found, Body::with));
}

}  // namespace

Result<> Webhooks::check_url(const std::string& url) const {
  if (port_->may_have(url)) return {};
  return fail(Error(ErrorCode::invalid,
                    "A webhook goes to https:// and a public address; the operator can open "
                    "private networks (server.outbound_private).")
                  .because("webhook.url")
                  .with_field({"/url", "webhook.url", "an address as https://host/path"}));
}

Task<http::Response> Webhooks::create(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(body, object_of(request));
  BodyReader members(body);
  Webhook webhook{.id = WebhookId::make(context_->clock, context_->random),
                  .name = members.required("name", kName),
                  .url = members.required("url", kUrl),
                  .patterns = members.texts("events").value_or(std::vector<std::string>())};
  TENON_CO_TRY(check_events(members, webhook.patterns));
  TENON_CO_TRY(members.done());
  TENON_CO_TRY(check_url(webhook.url));
  const auto now = context_->clock.now();
  const auto secret = new_webhook_secret(context_->random);
  webhook.secret =
      seal(key_, secret, sealed_for(call.tenant->name(), webhook.id), context_->random);
  webhook.created_by = call.principal->user;
  webhook.created_at = now;
  TENON_CO_TRY(co_await durably(&call, [&](storage::Session& session) -> Result<> {
    TENON_ASSIGN(all, list_webhooks(session));
    if (all.size() >= kMaxWebhooks)
      return fail(Error(ErrorCode::exhausted, "A company has at most 50 webhooks.")
                      .because("webhook.limit"));
    TENON_TRY(insert_webhook(session, webhook));
    return note(session, call, webhook.id, "created", to_json(webhook), now);
  }));
  forget(call.tenant->name());
  auto shown = to_json(webhook);
  shown["secret"] = secret;
  auto response = answer_of(201, shown);
  response.set("Location", "/api/v1/webhooks/" + webhook.id.to_string());
  co_return response;
}

Task<http::Response> Webhooks::change(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(id, webhook_in(request));
  TENON_CO_ASSIGN(body, object_of(request));
  BodyReader members(body);
  const auto name = members.text("name", kName);
  const auto url = members.text("url", kUrl);
  const auto events = members.texts("events");
  const auto enabled = members.flag("enabled");
  if (name && name->empty()) members.wrong("name", "required", "must be filled in");
  if (events) TENON_CO_TRY(check_events(members, *events));
  TENON_CO_TRY(members.done());
  if (url) TENON_CO_TRY(check_url(*url));
  const auto now = context_->clock.now();
  TENON_CO_ASSIGN(changed,
                  co_await durably(&call, [&](storage::Session& session) -> Result<Webhook> {
                    TENON_ASSIGN(webhook, read_webhook(session, id));
                    if (name) webhook.name = *name;
                    if (url) webhook.url = *url;
                    if (events) webhook.patterns = *events;
                    if (enabled) {
                      webhook.state = *enabled ? WebhookState::on : WebhookState::off;
                      webhook.failing_since.reset();
                      webhook.last_error.clear();
                    }
                    TENON_TRY(update_webhook(session, webhook));
                    TENON_TRY(note(session, call, id, "updated", to_json(webhook), now));
                    return std::move(webhook);
                  }));
  forget(call.tenant->name());
  co_return answer_of(200, to_json(changed));
}

Task<http::Response> Webhooks::drop(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(id, webhook_in(request));
  const auto now = context_->clock.now();
  TENON_CO_TRY(co_await durably(&call, [&](storage::Session& session) -> Result<> {
    TENON_ASSIGN(webhook, read_webhook(session, id));
    TENON_TRY(delete_webhook(session, id));
    return note(session, call, id, "deleted", to_json(webhook), now);
  }));
  forget(call.tenant->name());
  co_return http::Response(204);
}

Task<http::Response> Webhooks::renew(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(id, webhook_in(request));
  const auto now = context_->clock.now();
  const auto secret = new_webhook_secret(context_->random);
  const auto sealed = seal(key_, secret, sealed_for(call.tenant->name(), id), context_->random);
  TENON_CO_TRY(co_await durably(&call, [&](storage::Session& session) -> Result<> {
    TENON_ASSIGN(webhook, read_webhook(session, id));
    webhook.secret = sealed;
    TENON_TRY(update_webhook(session, webhook));
    return note(session, call, id, "secret_renewed", {}, now);
  }));
  co_return answer_of(200, json::object{{"secret", secret}});
}

Task<http::Response> Webhooks::test(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(id, webhook_in(request));
  const auto now = context_->clock.now();
  WebhookDelivery message;
  message.id = DeliveryId::make(context_->clock, context_->random);
  message.webhook = id;
  message.type = "tenon.webhook.test";
  message.created_at = now;
  message.body = json::serialize(json::object{{"id", message.id.to_string()},
                                              {"type", message.type},
                                              {"timestamp", to_rfc3339(now)},
                                              {"subject", "tenon.webhook/" + id.to_string()},
                                              {"data", json::object()}});
  TENON_CO_TRY(co_await durably(&call, [&](storage::Session& session) -> Result<> {
    TENON_ASSIGN(webhook, read_webhook(session, id));
    if (webhook.state != WebhookState::on)
      return fail(Error(ErrorCode::conflict, "This webhook is switched off; switch it on first.")
                      .because("webhook.off"));
    TENON_TRY(insert_delivery(session, message));
    return note(session, call, id, "tested", {}, now);
  }));
  forget(call.tenant->name());
  co_return answer_of(202, to_json(message, Body::without));
}

Task<http::Response> Webhooks::redeliver(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(id, webhook_in(request));
  TENON_CO_ASSIGN(wanted, delivery_in(request));
  const auto now = context_->clock.now();
  TENON_CO_ASSIGN(
      again, co_await durably(&call, [&](storage::Session& session) -> Result<WebhookDelivery> {
        TENON_ASSIGN(found, read_delivery(session, id, wanted));
        TENON_TRY(send_again(session, found, now));
        TENON_TRY(note(session, call, id, "redelivered", {{"delivery", wanted.to_string()}}, now));
        return read_delivery(session, id, wanted);
      }));
  co_return answer_of(202, to_json(again, Body::without));
}

std::vector<modules::Route> Webhooks::protected_routes() {
  using http::Method;
  using Member = Task<http::Response> (Webhooks::*)(modules::RouteCall, http::Request);
  const auto own = [this](Member member) -> modules::RouteHandler {
    return [this, member](modules::RouteCall call, http::Request request) {
      return (this->*member)(std::move(call), std::move(request));
    };
  };
  const std::string all = "/api/v1/webhooks";
  const std::string same = all + "/{id}";
  const std::string sent = same + "/deliveries";
  std::vector<modules::Route> routes{
      {.method = Method::get, .pattern = all, .handler = list},
      {.method = Method::post, .pattern = all, .handler = own(&Webhooks::create)},
      {.method = Method::get, .pattern = same, .handler = one},
      {.method = Method::patch, .pattern = same, .handler = own(&Webhooks::change)},
      {.method = Method::del, .pattern = same, .handler = own(&Webhooks::drop)},
      {.method = Method::post, .pattern = same + "/secret", .handler = own(&Webhooks::renew)},
      {.method = Method::post, .pattern = same + "/test", .handler = own(&Webhooks::test)},
      {.method = Method::get, .pattern = sent, .handler = log},
      {.method = Method::get, .pattern = sent + "/{delivery}", .handler = delivery},
      {.method = Method::post,
       .pattern = sent + "/{delivery}/redeliver",
       .handler = own(&Webhooks::redeliver)}};
  for (auto& route : routes) route.permission = kRight;
  return routes;
}

}  // namespace tenon::services
