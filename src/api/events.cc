// What happens, for browsers that want to know at once (server-sent events), and what could not be
// delivered, for the administrator.

#include <charconv>
#include <utility>

#include "api/credential.h"
#include "api/page_query.h"
#include "api/routes.h"
#include "api/transaction.h"
#include "base/json.h"
#include "data/act.h"
#include "data/dead_letters.h"

namespace tenon::api {
namespace {

// Often enough for proxies, which cut a silent connection after half a minute or more.
constexpr std::chrono::seconds kHeartbeat{15};
constexpr std::chrono::seconds kReadTime{5};

/// One browser that listens.
struct Stream {
  const App* app;
  RequestContext context;
  Credential credential;
  std::unique_ptr<modules::LiveListener> listener;
};

/// Who listens, with the rights of now; null when the session has ended. Listening keeps none
/// alive.
Task<std::shared_ptr<const identity::Principal>> listening(const App* app, Credential credential) {
  co_return co_await app->identity.sessions.peek(std::move(credential.token), credential.proof,
                                                 Deadline::after(kReadTime));
}

asio::awaitable<void> tell(std::shared_ptr<Stream> stream, http::BodyStream& body) {
  if (!co_await body.write("retry: 2000\n\n")) co_return;
  for (;;) {
    const auto woken = co_await stream->listener->wait(Deadline::after(kHeartbeat));
    if (!woken && woken.error().reason() != "mailbox.deadline") co_return;
    auto principal = co_await listening(stream->app, stream->credential);
    if (!principal || !*principal) co_return;
    stream->context.principal = *std::move(principal);
    if (!woken) {
      if (!co_await body.write(": \n\n")) co_return;
      continue;
    }
    auto site = site_of(*stream->app, stream->context);
    if (!site) co_return;
    const auto messages = co_await stream->listener->take(
        stream->context.principal, std::move(site->viewer), Deadline::after(kReadTime));
    if (!messages) continue;  // the next message says that something was lost
    std::string text;
    for (const auto& message : *messages)
      text += http::server_sent_event(message.event, message.data, message.id);
    if (!text.empty() && !co_await body.write(std::move(text))) co_return;
  }
}

Result<std::optional<std::int64_t>> last_id(const http::Request& request) {
  const auto text = request.header("Last-Event-ID");
  if (!text || text->empty()) return std::optional<std::int64_t>();
  std::int64_t last = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), last);
  if (error == std::errc() && end == text->data() + text->size() && last >= 0)
    return std::optional(last);
  return fail(Error(ErrorCode::invalid, "Last-Event-ID is the id of a message of this stream")
                  .because("events.last_id"));
}

Task<http::Response> listen(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  (void)site;
  TENON_CO_ASSIGN(last, last_id(request));
  auto stream = std::make_shared<Stream>();
  stream->app = app;
  stream->credential = credential_of(request, app->cookie).value_or(Credential());
  TENON_CO_ASSIGN(listener, co_await app->feed.listen(context.principal->tenant,
                                                      context.principal->user, last));
  stream->listener = std::move(listener);
  stream->context = std::move(context);
  co_return http::Response::events([stream](http::BodyStream& body) { return tell(stream, body); });
}

json::object letter_json(const data::DeadLetter& letter) {
  const auto slash = letter.aggregate.find('/');
  const bool record = slash != std::string::npos;
  json::object item{
      {"id", letter.id.to_string()},
      {"type", letter.type},
      {"attempts", letter.attempts},
      {"hop", letter.hop},
      {"created_at", to_rfc3339(Timestamp(std::chrono::microseconds(letter.created_at)))},
      {"correlation", letter.correlation.to_string()},
      {"error", letter.error}};
  item["causation"] =
      letter.causation ? json::value(letter.causation->to_string()) : json::value(nullptr);
  item["entity"] = record ? json::value(letter.aggregate.substr(0, slash)) : json::value(nullptr);
  item["record_id"] =
      record ? json::value(letter.aggregate.substr(slash + 1)) : json::value(nullptr);
  return item;
}

Result<std::vector<data::DeadLetter>> read_dead(data::Tenant& tenant, const PageQuery& page) {
  TENON_ASSIGN(lease, tenant.database().reader());
  const auto type = page.more.find("type");
  return data::dead_letters(lease.session(), static_cast<std::int64_t>(page.from), page.limit,
                            type == page.more.end() ? std::string_view() : type->second);
}

Task<http::Response> dead(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  TENON_CO_ASSIGN(page, read_page_query(request, "after", {"type"}));
  auto& tenant = *site.workspace->tenant();
  TENON_CO_ASSIGN(letters, TENON_CO_ACT(tenant, read_dead(tenant, page)));
  json::array rows;
  for (const auto& letter : letters) rows.push_back(letter_json(letter));
  auto response = http::Response::json(200, json::serialize(rows));
  if (letters.size() == page.limit) {
    std::string next = "<" + std::string(request.path()) + "?limit=" + std::to_string(page.limit) +
                       "&after=" + std::to_string(letters.back().sequence);
    // A type has no byte that a query would have to escape: it is one that was stored.
    if (page.more.contains("type")) next += "&type=" + letters.back().type;
    response.add("Link", next + ">; rel=\"next\"");
  }
  co_return response;
}

Task<http::Response> replay(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(site, site_of(*app, context));
  const auto tenant = site.workspace->tenant();
  const auto id = EventId::parse(request.parameter("id"));
  if (!id)
    co_return fail(
        Error(ErrorCode::not_found, "There is no such dead letter.").because("event.not_dead"));
  data::PlatformAct act{.user = context.principal->user,
                        .trace = context.trace_id,
                        .subject = "platform.event",
                        .key = id->to_string(),
                        .action = "replayed"};
  TENON_CO_TRY(TENON_CO_ACT_TASK(
      *tenant, tenant->outbox().replay(*id, app->clock.now(), context.deadline, std::move(act))));
  app->registry.committed(tenant->name());
  co_return http::Response(204);
}

}  // namespace

Table event_routes() {
  using http::Method;
  Table table("events", {"事件", "Events"});
  table.add(Method::get, "/api/v1/events", Access::signed_in, listen,
            {.id = "listen",
             .summary = {"实时事件流", "What happens, as server-sent events"},
             .headers = {{"Last-Event-ID", "text"}},
             .replies = {{200, "text", {}, "text/event-stream"}}});
  table.add(
      Method::get, "/api/v1/events/dead", Access::administrator, dead,
      {.id = "list_dead_letters",
       .summary = {"未送达的事件", "Events that could not be delivered"},
       .query = {{"limit", "int(1..200)"}, {"after", "int(0..)"}, {"type", "text"}},
       .replies = {{200, "[DeadLetter]", {"Link?"}}},
       .types = {{"DeadLetter",
                  "{id: uuid, type: text, attempts: int(0..), hop: int(0..), created_at: time, "
                  "correlation: uuid, error: text, causation: uuid|null, entity: text|null, "
                  "record_id: text|null}"}}});
  table.add(Method::post, "/api/v1/events/dead/{id}/replay", Access::administrator, replay,
            {.id = "replay_dead_letter",
             .summary = {"重新投递事件", "Deliver an event once more"},
             .replies = {{204}},
             .failures = {409}});
  return table;
}

}  // namespace tenon::api
