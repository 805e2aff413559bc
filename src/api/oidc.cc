// Signing in at somebody else's door, and the administrator's list of doors. A browser comes here
// twice: it is sent away with everything about its journey sealed into a cookie of its own, and it
// comes back with a code that only the two of us can change into a proof.

#include "identity/oidc.h"

#include <utility>

#include "api/people.h"
#include "api/routes.h"
#include "api/session.h"
#include "http/cookie.h"
#include "http/jwk.h"
#include "http/query.h"
#include "identity/providers.h"

namespace tenon::api {
namespace {

namespace oidc = identity::oidc;
using identity::Change;
using identity::Provider;

constexpr std::string_view kCallback = "/api/v1/session/oidc/callback";
constexpr std::string_view kSealedFor = "oidc journey";
constexpr std::chrono::seconds kCall{8};

std::string cookie_name(CookiePolicy policy) {
  return policy.secure ? "__Host-tenon-oidc" : "tenon-oidc";
}

std::string parameter(const http::Request& request, std::string_view name) {
  if (auto pairs = http::parse_query(request.query()))
    for (auto& pair : *pairs)
      if (pair.name == name) return std::move(pair.value);
  return {};
}

/// A place of this site: anything else would make us send people away for a stranger.
std::string safe_next(const std::string& next) {
  const bool own = next.size() < 500 && next.starts_with('/') && !next.starts_with("//") &&
                   !next.starts_with("/\\") && next.find_first_of("\r\n\t ") == std::string::npos;
  return own ? next : "/";
}

http::Response redirect(std::string_view to) {
  http::Response response(302);
  response.set("Location", to);
  return response;
}

Task<std::string> fetch(const App* app, std::string url) {
  TENON_CO_ASSIGN(answer, co_await app->outbound.send(
                              {.url = std::move(url), .fields = {{"Accept", "application/json"}}},
                              Deadline::after(kCall)));
  if (answer.status != 200)
    co_return fail(
        Error(ErrorCode::unavailable, "The sign-in service does not answer as it should.")
            .because("oidc.answer")
            .in_context("status " + std::to_string(answer.status)));
  co_return std::move(answer.body);
}

Task<oidc::Discovery> discover(const App* app, std::string issuer) {
  TENON_CO_ASSIGN(document, co_await fetch(app, oidc::discovery_address(issuer)));
  co_return oidc::read_discovery(document, issuer);
}

Task<Provider> provider_of(const App* app, std::shared_ptr<identity::Realm> realm, std::string id) {
  co_return co_await identity::look(std::move(realm), [&](storage::Session& session) {
    return identity::get_provider(session, app->identity.key, id);
  });
}

/// The buttons of the sign-in page. A company that is not there has none, like one without.
Task<http::Response> buttons(const App* app, RequestContext, http::Request request) {
  json::array all;
  if (auto realm = app->identity.realms.find(parameter(request, "company"))) {
    TENON_CO_ASSIGN(providers, co_await identity::look(*realm, [&](storage::Session& session) {
                      return identity::list_providers(session, app->identity.key);
                    }));
    for (const auto& one : providers)
      all.push_back(json::object{{"id", one.id}, {"name", one.name}});
  }
  co_return json_response(200, all);
}

Task<http::Response> begin(const App* app, RequestContext context, http::Request request) {
  TENON_CO_TRY(app->identity.throttle.begin("oidc " + context.address, context.address));
  app->identity.throttle.withdraw("oidc " + context.address);
  const auto company = parameter(request, "company");
  auto found = app->identity.realms.find(company);
  // A company that is not there has no service, like one without.
  if (!found && found.error().reason() == "tenant.gone")
    co_return fail(Error(ErrorCode::not_found, "There is no such sign-in service.")
                       .because("provider.unknown"));
  TENON_CO_ASSIGN(realm, std::move(found));
  TENON_CO_ASSIGN(provider,
                  co_await provider_of(app, realm, std::string(request.parameter("provider"))));
  TENON_CO_ASSIGN(discovery, co_await discover(app, provider.issuer));
  const auto journey = oidc::begin_journey(
      company, provider.id, safe_next(parameter(request, "next")), app->clock.now(), app->random);
  auto response = redirect(oidc::authorization_address(
      discovery, provider.client_id, origin_of(*app, request) + std::string(kCallback), journey));
  const auto sealed = seal(app->identity.key, oidc::to_text(journey), kSealedFor, app->random);
  const auto policy = cookie_of(*app, request);
  TENON_CO_ASSIGN(cookie, http::set_cookie({.name = cookie_name(policy),
                                            .value = base64url(bytes_of(sealed)),
                                            .secure = policy.secure,
                                            .max_age = oidc::kJourney}));
  response.add("Set-Cookie", cookie);
  co_return response;
}

std::optional<oidc::Journey> journey_of(const App& app, const http::Request& request) {
  const auto cookie = http::find_cookie(request, cookie_name(cookie_of(app, request)));
  const auto sealed = cookie ? from_base64url(*cookie) : std::nullopt;
  if (!sealed) return std::nullopt;
  const auto text = unseal(app.identity.key, *sealed, kSealedFor);
  if (!text) return std::nullopt;
  return oidc::journey_from(text->reveal(), app.clock.now());
}

/// Changes the code into an ID token.
Task<std::string> redeem(const App* app, const oidc::Discovery* discovery, const Provider* provider,
                         const oidc::Journey* journey, std::string code, std::string redirect_uri) {
  http::OutboundRequest request{.method = http::Method::post,
                                .url = discovery->token_endpoint,
                                .fields = {{"Content-Type", "application/x-www-form-urlencoded"},
                                           {"Accept", "application/json"}},
                                .body = oidc::token_request(code, redirect_uri, *journey)};
  const auto& secret = provider->client_secret.reveal();
  if (secret.empty() || !discovery->client_secret_basic) {
    request.body += "&client_id=" + oidc::form_encoded(provider->client_id);
    if (!secret.empty()) request.body += "&client_secret=" + oidc::form_encoded(secret);
  } else {
    request.fields.push_back(
        {"Authorization", "Basic " + base64(bytes_of(oidc::form_encoded(provider->client_id) + ":" +
                                                     oidc::form_encoded(secret)))});
  }
  TENON_CO_ASSIGN(answer, co_await app->outbound.send(std::move(request), Deadline::after(kCall)));
  const auto object = json::parse_object(answer.body);
  const auto* token = object ? object->if_contains("id_token") : nullptr;
  if (answer.status != 200 || token == nullptr || !token->is_string())
    co_return fail(Error(ErrorCode::denied, "The sign-in service took the code back; try again.")
                       .because("oidc.token")
                       .in_context("status " + std::to_string(answer.status)));
  co_return std::string(token->get_string());
}

bool verify(std::string_view algorithm, const json::object& key, std::string_view data,
            std::string_view signature) {
  const auto part = [&](std::string_view name) {
    const auto* value = key.if_contains(name);
    if (value == nullptr || !value->is_string()) return std::string();
    return from_base64url(std::string_view(value->get_string())).value_or(std::string());
  };
  if (algorithm == "RS256") return http::verify_rs256(part("n"), part("e"), data, signature);
  const auto* curve = key.if_contains("crv");
  return curve != nullptr && curve->is_string() && curve->get_string() == "P-256" &&
         http::verify_es256(part("x"), part("y"), data, signature);
}

/// From the code to a session; gives the token of it.
Task<std::string> arrive(const App* app, RequestContext context, oidc::Journey journey,
                         std::string code, std::string redirect_uri) {
  TENON_CO_ASSIGN(realm, app->identity.realms.find(journey.company));
  TENON_CO_ASSIGN(provider, co_await provider_of(app, realm, journey.provider));
  TENON_CO_ASSIGN(discovery, co_await discover(app, provider.issuer));
  TENON_CO_ASSIGN(token, co_await redeem(app, &discovery, &provider, &journey, std::move(code),
                                         std::move(redirect_uri)));
  TENON_CO_ASSIGN(jwks, co_await fetch(app, discovery.jwks_uri));
  TENON_CO_ASSIGN(claims, oidc::check_id_token(token, jwks, provider.issuer, provider.client_id,
                                               journey.nonce, app->clock.now(), verify));
  auto actor = context.actor();
  actor.principal = nullptr;
  actor.by = "provider:" + provider.id;
  co_return co_await identity::change(
      app->identity.tools, realm, std::move(actor), context.deadline,
      [&](Change& change) -> Result<std::string> {
        TENON_ASSIGN(user, identity::find_linked_user(change, provider.id, claims));
        change.touch();
        TENON_ASSIGN(
            made, app->identity.sessions.open(
                      change, {.user = user, .address = context.address, .agent = context.agent}));
        TENON_TRY(change.audit("session", user.value, "signed_in", {},
                               {{"address", context.address}, {"user", user.to_string()}}));
        return std::move(made);
      });
}

/// A person is looking at a browser: what went wrong is said on the sign-in page, by its reason.
http::Response back_to_login(CookiePolicy policy, const oidc::Journey* journey,
                             std::string reason) {
  std::string to = "/login?problem=" + http::percent_encode(reason);
  if (journey != nullptr) to += "&company=" + http::percent_encode(journey->company);
  auto response = redirect(to);
  if (auto gone = http::set_cookie({.name = cookie_name(policy),
                                    .value = "",
                                    .secure = policy.secure,
                                    .max_age = std::chrono::seconds(0)}))
    response.add("Set-Cookie", *gone);
  return response;
}

Task<http::Response> come_back(const App* app, RequestContext context, http::Request request) {
  const auto policy = cookie_of(*app, request);
  const auto journey = journey_of(*app, request);
  const auto state = parameter(request, "state");
  if (!journey || !equal_in_constant_time(bytes_of(state), bytes_of(journey->state)))
    co_return back_to_login(policy, nullptr, "oidc.journey");
  const auto code = parameter(request, "code");
  if (code.empty()) co_return back_to_login(policy, &*journey, "oidc.refused");
  auto token = co_await arrive(app, context, *journey, code,
                               origin_of(*app, request) + std::string(kCallback));
  if (!token) {
    app->on_failure(token.error(), context.trace);
    co_return back_to_login(policy, &*journey, token.error().reason());
  }
  if (const auto old = http::find_cookie(request, policy.name()))
    (void)co_await app->identity.sessions.close(std::string(*old), context.actor(),
                                                context.deadline);
  auto response = redirect(safe_next(journey->next));
  TENON_CO_TRY(put_cookie(response, policy, *token, std::nullopt));
  TENON_CO_ASSIGN(gone, http::set_cookie({.name = cookie_name(policy),
                                          .value = "",
                                          .secure = policy.secure,
                                          .max_age = std::chrono::seconds(0)}));
  response.add("Set-Cookie", gone);
  co_return response;
}

json::object to_json(const Provider& provider) {
  return {{"id", provider.id},
          {"name", provider.name},
          {"issuer", provider.issuer},
          {"client_id", provider.client_id},
          {"has_secret", !provider.client_secret.reveal().empty()}};
}

Task<http::Response> list(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(providers, co_await look_for(*app, context, [&](storage::Session& session) {
                    return identity::list_providers(session, app->identity.key);
                  }));
  json::array all;
  for (const auto& one : providers) all.push_back(to_json(one));
  co_return json_response(
      200, json::object{{"redirect_uri", origin_of(*app, request) + std::string(kCallback)},
                        {"providers", std::move(all)}});
}

Task<http::Response> put(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const Provider provider{.id = std::string(request.parameter("provider")),
                          .name = fields.required("name"),
                          .issuer = fields.required("issuer"),
                          .client_id = fields.required("client_id"),
                          .client_secret = Secret<std::string>(fields.text("client_secret"))};
  TENON_CO_TRY(fields.done());
  TENON_CO_TRY(co_await change_for(*app, context, [&](Change& change) {
    return identity::put_provider(change, app->identity.key, provider);
  }));
  co_return json_response(200, to_json(provider));
}

Task<http::Response> erase(const App* app, RequestContext context, http::Request request) {
  const std::string id(request.parameter("provider"));
  TENON_CO_TRY(co_await change_for(
      *app, context, [&](Change& change) { return identity::delete_provider(change, id); }));
  co_return http::Response(204);
}

}  // namespace

Table oidc_routes() {
  using http::Method;
  Table table("providers", {"单点登录", "Single sign-on"});
  const std::string one = "/api/v1/providers/{provider}";
  const std::vector<modules::Parameter> provider{{"provider", "text"}};
  table.add(Method::get, "/api/v1/session/providers", Access::open, buttons,
            {.id = "list_sign_in_services",
             .summary = {"某公司的登录服务", "The sign-in services of a company"},
             .query = {{"company", "text"}},
             .replies = {{200, "[{id: text, name: text}]"}}});
  table.add(Method::get, std::string(kCallback), Access::open, come_back,
            {.id = "come_back_from_sign_in_service",
             .summary = {"从登录服务返回", "The way back from a sign-in service"},
             .query = {{"code", "text"}, {"state", "text"}},
             .replies = {{302, "", {"Location", "Set-Cookie"}}}});
  table.add(Method::get, "/api/v1/session/oidc/begin/{provider}", Access::open, begin,
            {.id = "go_to_sign_in_service",
             .summary = {"前往登录服务", "The way to a sign-in service"},
             .path = provider,
             .query = {{"company", "text"}, {"next", "text"}},
             .replies = {{302, "", {"Location", "Set-Cookie"}}}});
  table.add(Method::get, "/api/v1/providers", Access::administrator, list,
            {.id = "list_providers",
             .summary = {"列出登录服务", "List sign-in services"},
             .replies = {{200, "{redirect_uri: text, providers: [Provider]}"}},
             .types = {{"Provider",
                        "{id: text, name: text, issuer: text, client_id: text, "
                        "has_secret: bool}"}}});
  table.add(Method::put, one, Access::administrator, put,
            {.id = "put_provider",
             .summary = {"设置登录服务", "Set a sign-in service"},
             .path = provider,
             .body = "{name: text(1..), issuer: text(1..), client_id: text(1..), client_secret?: "
                     "text|null}",
             .replies = {{200, "Provider"}},
             .failures = {409}});
  table.add(Method::del, one, Access::administrator, erase,
            {.id = "delete_provider",
             .summary = {"删除登录服务", "Delete a sign-in service"},
             .path = provider,
             .replies = {{204}},
             .failures = {409}});
  return table;
}

}  // namespace tenon::api
