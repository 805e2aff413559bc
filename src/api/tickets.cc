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

std::vector<http::Route> ticket_routes(const App& app, const Gate& gate) {
  RouteList routes(app, gate);
  routes.add(http::Method::post, "/api/v1/session/ticket", Access::open, look_at);
  routes.add(http::Method::put, "/api/v1/session/ticket", Access::open, use);
  return routes.take();
}

}  // namespace tenon::api
