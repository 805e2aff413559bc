#include "services/notifications/notifications.h"

#include <array>
#include <utility>

#include "data/durably.h"
#include "services/notifications/compose.h"
#include "services/notifications/kinds.h"
#include "services/wire/wire.h"

namespace tenon::services {
namespace {

constexpr std::size_t kPage = 50;
constexpr std::size_t kMaxPage = 200;
constexpr std::size_t kForget = 500;  // rows of one transaction

std::unexpected<Error> unknown() {
  return fail(Error(ErrorCode::not_found, "There is no such notification.")
                  .because("notification.unknown"));
}

struct Inbox {
  std::vector<Notification> rows;
  std::uint64_t unread = 0;
};

Result<Inbox> read_inbox(data::Tenant& tenant, UserId user, const InboxQuery& query) {
  TENON_ASSIGN(lease, tenant.database().reader());
  TENON_ASSIGN(rows, list(lease.session(), user, query));
  TENON_ASSIGN(count, unread(lease.session(), user));
  return Inbox{.rows = std::move(rows), .unread = count};
}

Task<http::Response> show(modules::RouteCall call, http::Request request) {
  constexpr std::array<std::string_view, 3> kKnown = {"unread", "limit", "before"};
  TENON_CO_ASSIGN(parameters, parameters_of(request, kKnown));
  InboxQuery query;
  TENON_CO_ASSIGN(limit, limit_of(parameters, kPage, kMaxPage));
  query.limit = limit;
  TENON_CO_ASSIGN(before, id_of<NotificationId>(parameters, "before"));
  query.before = before;
  if (const auto found = parameters.find("unread"); found != parameters.end()) {
    if (found->second != "true" && found->second != "false")
      co_return wrong_parameter("unread", "true or false");
    query.unread = found->second == "true";
  }
  auto& tenant = *call.tenant;
  TENON_CO_ASSIGN(inbox, TENON_CO_ACT(tenant, read_inbox(tenant, call.principal->user, query)));
  json::array rows;
  for (const auto& row : inbox.rows) rows.push_back(to_json(row, call.locale));
  auto response =
      answer_of(200, json::object{{"unread", inbox.unread}, {"notifications", std::move(rows)}});
  if (inbox.rows.size() == query.limit)
    response.set("Link", "</api/v1/notifications?limit=" + std::to_string(query.limit) +
                             (query.unread ? "&unread=true" : "") +
                             "&before=" + inbox.rows.back().id.to_string() + ">; rel=\"next\"");
  co_return response;
}

Task<http::Response> drop(modules::RouteCall call, http::Request request) {
  const auto id = NotificationId::parse(request.parameter("id"));
  if (!id) co_return unknown();
  TENON_CO_ASSIGN(gone, co_await data::run_durably(
                            call.tenant->database(), call.deadline,
                            [user = call.principal->user, id = *id](storage::Session& session) {
                              return remove(session, user, id);
                            }));
  if (!gone) co_return unknown();
  co_return http::Response(204);
}

json::object preferences_json(const std::vector<std::string>& refused, std::string_view locale) {
  json::array kinds;
  for (const auto& kind : notice_kinds())
    kinds.push_back(
        json::object{{"kind", kind.name},
                     {"title", locale.starts_with("zh") ? kind.title_zh : kind.title_en},
                     {"wanted", std::ranges::find(refused, kind.name) == refused.end()}});
  return {{"kinds", std::move(kinds)}};
}

Task<http::Response> preferences(modules::RouteCall call, http::Request) {
  auto& tenant = *call.tenant;
  const auto read = [&]() -> Result<std::vector<std::string>> {
    TENON_ASSIGN(lease, tenant.database().reader());
    return unwanted(lease.session(), call.principal->user);
  };
  TENON_CO_ASSIGN(refused, TENON_CO_ACT(tenant, read()));
  co_return answer_of(200, preferences_json(refused, call.locale));
}

Task<http::Response> choose(modules::RouteCall call, http::Request request) {
  TENON_CO_ASSIGN(body, object_of(request));
  BodyReader members(body);
  std::vector<std::pair<std::string_view, bool>> wishes;
  for (const auto& kind : notice_kinds())
    if (const auto wanted = members.flag(kind.name)) wishes.emplace_back(kind.name, *wanted);
  TENON_CO_TRY(members.done());
  TENON_CO_ASSIGN(refused, co_await data::run_durably(
                               call.tenant->database(), call.deadline,
                               [user = call.principal->user, wishes](
                                   storage::Session& session) -> Result<std::vector<std::string>> {
                                 for (const auto& [kind, wanted] : wishes)
                                   TENON_TRY(want(session, user, kind, wanted));
                                 return unwanted(session, user);
                               }));
  co_return answer_of(200, preferences_json(refused, call.locale));
}

Task<std::uint64_t> forget(std::shared_ptr<data::Tenant> tenant, Timestamp now, Deadline deadline) {
  co_return co_await data::run_durably(
      tenant->database(), deadline,
      [now](storage::Session& session) { return forget_old(session, now, kForget); });
}

}  // namespace

Result<> notify(data::UnitOfWork& unit, const Notice& notice) {
  if (find_kind(notice.kind) == nullptr)
    return fail(Error(ErrorCode::invalid, "There is no notification \"" + notice.kind + "\".")
                    .because("notification.kind"));
  if (notice.users.empty()) return {};
  if (notice.users.size() > kMaxAudience)
    return fail(Error(ErrorCode::exhausted, "A notification goes to at most 200 people.")
                    .because("notification.audience"));
  json::array users;
  for (const auto& user : notice.users) users.emplace_back(user.to_string());
  const json::object payload{
      {"kind", notice.kind},
      {"users", std::move(users)},
      {"arguments", notice.arguments},
      {"entity", notice.entity},
      {"record", notice.record ? json::value(notice.record->to_string()) : json::value(nullptr)}};
  TENON_TRY(unit.announce("notice", {}, json::serialize(payload)));
  return {};
}

data::Localized Notifications::name() const { return {{"en", "Notifications"}, {"zh-CN", "通知"}}; }
Version Notifications::version() const { return {.major = 1, .minor = 0, .patch = 0}; }

Chore Notifications::chore() { return {.name = "notifications", .run = forget}; }

Task<> Notifications::on_startup(modules::ModuleContext context) {
  context_.emplace(std::move(context));
  co_return Result<>();
}

Task<modules::Health> Notifications::health_check(Deadline) {
  co_return modules::Health{.status = modules::Health::Status::healthy,
                            .message = {},
                            .details = {{"stored", stored_.load()}}};
}

Result<std::vector<modules::Subscription>> Notifications::register_event_handlers(
    modules::EventBus& bus) {
  std::vector<modules::Subscription> all;
  TENON_ASSIGN(
      one, bus.subscribe_outside(
               "notifications", {.patterns = {"tenon.notice", "tenon.approval.*"}, .tenant = {}},
               [this](modules::DeliveryHandle delivery) { return deliver(delivery); }));
  all.push_back(std::move(one));
  return all;
}

/// Who is told is found out before the transaction, which is as short as can be; that it happens
/// once is noted in it.
Task<> Notifications::deliver(modules::DeliveryHandle delivery) {
  auto& tenant = *delivery->tenant;
  TENON_CO_ASSIGN(notice, TENON_CO_ACT(tenant, compose(tenant, delivery->event)));
  if (notice.users.empty()) co_return Result<>();
  const auto now = context_->clock.now();
  std::vector<Notification> made;
  for (const auto& user : notice.users)
    made.push_back({.id = NotificationId{Uuid::make_v7(now, context_->random)},
                    .user = user,
                    .kind = notice.kind,
                    .arguments = json::serialize(notice.arguments),
                    .entity = notice.entity,
                    .record = notice.record,
                    .at = now,
                    .read_at = {}});
  const auto& event = delivery->event;
  TENON_CO_ASSIGN(
      stored, co_await data::run_unit(
                  delivery->tenant, {}, data::Origin{.plugin = "notifications"}, delivery->deadline,
                  [&made, &event](data::UnitOfWork& unit) -> Result<std::vector<Notification>> {
                    std::vector<Notification> kept;
                    TENON_ASSIGN(first, unit.first_delivery("notifications", event.id));
                    if (!first) return kept;
                    for (const auto& one : made) {
                      TENON_ASSIGN(wanted, put(unit.native_session(), one));
                      if (wanted) kept.push_back(one);
                    }
                    return kept;
                  }));
  stored_ += stored.size();
  for (const auto& one : stored)
    context_->feed.tell(
        tenant.name(),
        {.event = "notification",
         .data = json::serialize(json::object{{"id", one.id.to_string()}, {"kind", one.kind}}),
         .user = one.user});
  co_return Result<>();
}

Task<http::Response> Notifications::mark(modules::RouteCall call, http::Request request) {
  const auto id = NotificationId::parse(request.parameter("id"));
  if (!id) co_return unknown();
  TENON_CO_ASSIGN(
      there, co_await data::run_durably(
                 call.tenant->database(), call.deadline,
                 [user = call.principal->user, id = *id, now = context_->clock.now()](
                     storage::Session& session) { return mark_read(session, user, id, now); }));
  if (!there) co_return unknown();
  co_return http::Response(204);
}

Task<http::Response> Notifications::mark_all(modules::RouteCall call, http::Request) {
  TENON_CO_ASSIGN(
      count, co_await data::run_durably(
                 call.tenant->database(), call.deadline,
                 [user = call.principal->user, now = context_->clock.now()](
                     storage::Session& session) { return mark_all_read(session, user, now); }));
  co_return answer_of(200, json::object{{"read", count}});
}

std::vector<modules::Route> Notifications::protected_routes() {
  using http::Method;
  const std::string all = "/api/v1/notifications";
  const auto marked = [this](modules::RouteCall call, http::Request request) {
    return mark(std::move(call), std::move(request));
  };
  const auto all_marked = [this](modules::RouteCall call, http::Request request) {
    return mark_all(std::move(call), std::move(request));
  };
  return {{.method = Method::get, .pattern = all, .handler = show},
          {.method = Method::post, .pattern = all + "/read", .handler = all_marked},
          {.method = Method::post, .pattern = all + "/{id}/read", .handler = marked},
          {.method = Method::del, .pattern = all + "/{id}", .handler = drop},
          {.method = Method::get, .pattern = all + "/preferences", .handler = preferences},
          {.method = Method::patch, .pattern = all + "/preferences", .handler = choose}};
}

}  // namespace tenon::services
