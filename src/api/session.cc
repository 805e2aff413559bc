// Sign-in, sign-out and who am I.

#include <utility>

#include "api/json_body.h"
#include "api/routes.h"
#include "http/cookie.h"

namespace tenon::api {
namespace {

http::Response me(const App& app, const identity::Principal& principal) {
  return http::Response::json(
      200,
      json::serialize(json::object{
          {"user",
           {{"id", principal.user.to_string()},
            {"name", principal.name},
            {"locale", principal.locale},
            {"administrator", principal.administrator}}},
          {"tenant", {{"id", principal.tenant}, {"name", principal.tenant}, {"demo", app.demo}}}}));
}

Result<> put_cookie(http::Response& response, const std::string& token,
                    std::optional<std::chrono::seconds> max_age) {
  TENON_ASSIGN(cookie, http::set_cookie(http::Cookie{.name = std::string(kSessionCookie),
                                                     .value = token,
                                                     .secure = false,
                                                     .max_age = max_age}));
  response.add("Set-Cookie", cookie);
  return {};
}

Task<http::Response> sign_in(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  TENON_CO_ASSIGN(company, required_text(body, "company"));
  TENON_CO_ASSIGN(user, required_text(body, "user"));
  TENON_CO_ASSIGN(typed, required_text(body, "password"));
  const Secret<std::string> password(std::move(typed));
  const auto workspace = app->registry.serving(company);
  if (!workspace && workspace.error().reason() != "tenant.gone")
    co_return std::unexpected(Error(workspace.error()));
  auto principal = workspace
                       ? co_await app->users.authenticate((*workspace)->tenant(), user, password,
                                                          context.deadline)
                       : co_await app->users.refuse_unknown_tenant(password, context.deadline);
  if (!principal) co_return std::unexpected(std::move(principal.error()));
  // A token from before the sign-in ends with it: nobody can plant a session.
  if (const auto old = http::find_cookie(request, kSessionCookie)) app->sessions.close(*old);
  auto response = me(*app, **principal);
  TENON_CO_TRY(put_cookie(response, app->sessions.open(*principal), std::nullopt));
  co_return response;
}

Task<http::Response> sign_out(const App* app, RequestContext, http::Request request) {
  if (const auto token = http::find_cookie(request, kSessionCookie)) app->sessions.close(*token);
  http::Response response(204);
  TENON_CO_TRY(put_cookie(response, "", std::chrono::seconds(0)));
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
  co_return me(*app, *context.principal);
}

}  // namespace

std::vector<http::Route> session_routes(const App& app, const Gate& gate) {
  const auto bind = [app = &app](auto function) {
    return [app, function](RequestContext context, http::Request request) {
      return function(app, std::move(context), std::move(request));
    };
  };
  return {
      {.method = http::Method::post,
       .pattern = "/api/v1/session",
       .handler = gate.handler(Access::open, bind(sign_in))},
      {.method = http::Method::del,
       .pattern = "/api/v1/session",
       .handler = gate.handler(Access::open, bind(sign_out))},
      {.method = http::Method::get,
       .pattern = "/api/v1/session",
       .handler = gate.handler(Access::open, bind(who_am_i))},
  };
}

}  // namespace tenon::api
