// Sign-in, sign-out and who am I.

#include "api/session.h"

#include <utility>

#include "api/people.h"
#include "api/routes.h"
#include "http/cookie.h"

namespace tenon::api {
namespace {

json::array names_of(const identity::Principal& principal) {
  json::array names;
  for (const auto& [permission, scope] : principal.permissions) names.emplace_back(permission);
  return names;
}

}  // namespace

json::object me_json(const App& app, const identity::Principal& principal) {
  json::object session{{"read_only", principal.read_only()},
                       {"proof", principal.proof == identity::Proof::token ? "token" : "session"}};
  if (principal.actor)
    session["actor"] =
        json::object{{"id", principal.actor->to_string()}, {"name", principal.actor_name}};
  json::object user{{"id", principal.user.to_string()},
                    {"name", principal.name},
                    {"locale", principal.locale},
                    {"administrator", principal.administrator},
                    {"department", nullptr}};
  if (principal.department) user["department"] = principal.department->to_string();
  return {{"user", std::move(user)},
          {"tenant", {{"id", principal.tenant}, {"name", principal.tenant}, {"demo", app.demo}}},
          {"permissions", names_of(principal)},
          {"session", std::move(session)}};
}

CookiePolicy cookie_of(const App& app, const http::Request& request) noexcept {
  return app.cookie.over(request.transport());
}

Result<> put_cookie(http::Response& response, const CookiePolicy& policy, const std::string& token,
                    std::optional<std::chrono::seconds> max_age) {
  TENON_ASSIGN(cookie, http::set_cookie(http::Cookie{.name = std::string(policy.name()),
                                                     .value = token,
                                                     .secure = policy.secure,
                                                     .max_age = max_age}));
  response.add("Set-Cookie", cookie);
  return {};
}

namespace {

/// Who asked to be remembered keeps the cookie over the browser's end, as long as the session can
/// last at most.
std::optional<std::chrono::seconds> age_for(const App& app, identity::Remember remember) {
  if (remember == identity::Remember::no) return std::nullopt;
  return app.identity.sessions.limits().absolute;
}

Result<identity::Attempt> decode(const RequestContext& context, const http::Request& request) {
  TENON_ASSIGN(body, json_object(request));
  Fields fields(body);
  identity::Attempt attempt{
      .company = fields.required("company"),
      .user = fields.required("user"),
      .password = Secret<std::string>(fields.required("password")),
      .code = fields.text("code"),
      .remember = fields.flag("remember") ? identity::Remember::yes : identity::Remember::no,
      .address = context.address,
      .agent = context.agent,
      .trace = context.trace_id};
  TENON_TRY(fields.done());
  return attempt;
}

Task<http::Response> sign_in(const App* app, RequestContext context, http::Request request) {
  const auto policy = cookie_of(*app, request);
  TENON_CO_ASSIGN(attempt, decode(context, request));
  TENON_CO_ASSIGN(entered,
                  co_await app->identity.sign_in.run(std::move(attempt), context.deadline));
  // A token from before the sign-in ends with it: nobody can plant a session.
  if (const auto old = http::find_cookie(request, policy.name()))
    (void)co_await app->identity.sessions.close(std::string(*old), context.actor(),
                                                context.deadline);
  auto response = json_response(200, me_json(*app, *entered.principal));
  TENON_CO_TRY(put_cookie(response, policy, entered.token, age_for(*app, entered.remember)));
  co_return response;
}

Task<http::Response> sign_out(const App* app, RequestContext context, http::Request request) {
  const auto policy = cookie_of(*app, request);
  if (const auto token = http::find_cookie(request, policy.name()))
    TENON_CO_TRY(co_await app->identity.sessions.close(std::string(*token), context.actor(),
                                                       context.deadline));
  http::Response response(204);
  TENON_CO_TRY(put_cookie(response, policy, "", std::chrono::seconds(0)));
  co_return response;
}

/// Where a demo is served, the answer to a stranger says how to enter it.
Task<http::Response> who_am_i(const App* app, RequestContext context, http::Request) {
  if (!context.principal) {
    Error error = Error(ErrorCode::denied, "sign in first").because("http.unauthenticated");
    if (app->demo)
      error = std::move(error).with_details(R"({"demo":{"company":"demo","user":"demo"}})");
    co_return std::unexpected(std::move(error));
  }
  co_return json_response(200, me_json(*app, *context.principal));
}

}  // namespace

Table session_routes() {
  using http::Method;
  Table table("session", {"登录与个人", "Sessions"});
  Need leaving(Access::open);
  leaving.while_viewing = true;
  const std::string session = "/api/v1/session";
  table.add(
      Method::post, session, leaving, sign_in,
      {.id = "sign_in",
       .summary = {"登录", "Sign in"},
       .about = {"成功后以 Cookie 保持会话。", "The session is kept by the cookie of the answer."},
       .body = "{company: text(1..), user: text(1..), password: text(1..), code?: text|null, "
               "remember?: bool|null}",
       .replies = {{200, "Me", {"Set-Cookie"}}},
       .types = {{"Me",
                  "{user: {id: uuid, name: text, locale: text, administrator: bool, "
                  "department: uuid|null}, tenant: {id: text, name: text, demo: bool}, "
                  "permissions: [text], session: {read_only: bool, proof: "
                  "'session'|'token', actor?: {id: uuid, name: text}}}"}}});
  table.add(Method::del, session, leaving, sign_out,
            {.id = "sign_out",
             .summary = {"退出登录", "Sign out"},
             .replies = {{204, "", {"Set-Cookie"}}}});
  table.add(Method::get, session, Access::open, who_am_i,
            {.id = "who_am_i",
             .summary = {"当前用户与权限", "Who is signed in, and what he may do"},
             .replies = {{200, "Me"}}});
  table.join(own_session_routes());
  table.join(ticket_routes());
  return table;
}

}  // namespace tenon::api
