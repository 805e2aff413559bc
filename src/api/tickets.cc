// One-time links: an invited user, or one who forgot a password, chooses a new one. Who holds the
// link needs no session; it is good once and says to a stranger nothing but that it is not.

#include "identity/tickets.h"

#include "api/people.h"
#include "api/routes.h"
#include "api/session.h"

namespace tenon::api {
namespace {

/// The realm that a ticket is of. Errors: denied (`ticket.invalid`).
Result<std::shared_ptr<identity::Realm>> realm_for(const App* app, const std::string& token) {
  const auto parts = identity::parts_of(token);
  auto realm = parts ? app->identity.realms.find(parts->tenant)
                     : Result<std::shared_ptr<identity::Realm>>(nullptr);
  if (realm && *realm != nullptr) return realm;
  if (!realm && realm.error().reason() != "tenant.gone")
    return std::unexpected(std::move(realm.error()));
  return fail(
      Error(ErrorCode::denied, "This link was used already or is too old; ask for a new one.")
          .because("ticket.invalid"));
}

/// Guessing a link is hopeless; trying many is not to cost anything either.
Result<> throttle(const App* app, const RequestContext& context) {
  const std::string account = "ticket " + context.address;
  TENON_TRY(app->identity.throttle.begin(account, context.address));
  app->identity.throttle.withdraw(account);
  return {};
}

Task<http::Response> look_at(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const auto token = fields.required("token");
  TENON_CO_TRY(fields.done());
  TENON_CO_TRY(throttle(app, context));
  TENON_CO_ASSIGN(realm, realm_for(app, token));
  TENON_CO_ASSIGN(holder, co_await identity::look(realm, [&](storage::Session& session) {
                    return identity::look_up_ticket(session, token, app->clock.now());
                  }));
  co_return json_response(200, json::object{{"company", realm->name()},
                                            {"user", holder.name},
                                            {"purpose", to_string(holder.purpose)}});
}

Task<http::Response> use(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const auto token = fields.required("token");
  const Secret<std::string> password(fields.required("password"));
  TENON_CO_TRY(fields.done());
  TENON_CO_TRY(throttle(app, context));
  TENON_CO_ASSIGN(realm, realm_for(app, token));
  TENON_CO_ASSIGN(holder, co_await identity::look(realm, [&](storage::Session& session) {
                    return identity::look_up_ticket(session, token, app->clock.now());
                  }));
  const std::array<std::string_view, 2> own{holder.name, realm->name()};
  TENON_CO_TRY(identity::check_password(password, own));
  TENON_CO_ASSIGN(hash, co_await app->identity.passwords.hash(password, context.deadline));
  auto actor = context.actor();
  actor.by = "ticket";
  TENON_CO_TRY(co_await identity::change(
      app->identity.tools, realm, std::move(actor), context.deadline,
      [&](identity::Change& change) { return identity::use_ticket(change, token, hash); }));
  co_return json_response(200, json::object{{"company", realm->name()}, {"user", holder.name}});
}

}  // namespace

Table ticket_routes() {
  using http::Method;
  Table table("session", {});
  table.add(Method::post, "/api/v1/session/ticket", Access::open, look_at,
            {.id = "look_at_ticket",
             .summary = {"查看一次性链接", "What a one-time link is for"},
             .body = "{token: text(1..)}",
             .replies = {{200, "{company: text, user: text, purpose: 'invitation'|'reset'}"}}});
  table.add(Method::put, "/api/v1/session/ticket", Access::open, use,
            {.id = "use_ticket",
             .summary = {"用一次性链接设置密码", "Choose a password by a one-time link"},
             .body = "{token: text(1..), password: text(1..)}",
             .replies = {{200, "{company: text, user: text}"}},
             .failures = {404, 409}});
  return table;
}

}  // namespace tenon::api
