// What somebody does with the own way in: sessions on other devices, password, authenticator app,
// language. An administrator may look with another user's eyes; both leave through a new token.

#include "api/people.h"
#include "api/routes.h"
#include "api/session.h"
#include "http/cookie.h"
#include "identity/rights.h"
#include "identity/second_factor.h"
#include "identity/session_rows.h"
#include "identity/users.h"

namespace tenon::api {
namespace {

using identity::Change;
using identity::SessionId;

json::object to_json(const identity::SessionRow& row, SessionId own) {
  return {{"id", row.id.to_string()},
          {"current", row.id == own},
          {"opened_at", to_rfc3339(row.opened)},
          {"seen_at", to_rfc3339(row.seen)},
          {"address", row.address},
          {"agent", row.agent}};
}

/// Whose sessions, password and app are meant: the real person's, whoever's eyes he uses.
UserId self(const RequestContext& context) { return context.principal->responsible(); }

Task<http::Response> list(const App* app, RequestContext context, http::Request) {
  TENON_CO_ASSIGN(rows, co_await look_for(*app, context, [&](storage::Session& session) {
                    return identity::sessions_of(session, self(context));
                  }));
  json::array all;
  for (const auto& row : rows)
    if (!row.expired(app->clock.now(), app->identity.sessions.limits()))
      all.push_back(to_json(row, context.principal->session));
  co_return json_response(200, all);
}

Task<http::Response> end_one(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<SessionId>(request, "id"));
  TENON_CO_TRY(co_await change_for(*app, context, [&](Change& change) -> Result<> {
    TENON_ASSIGN(ended, identity::end_session(change, self(context), id));
    if (ended == 0)
      return fail(
          Error(ErrorCode::not_found, "There is no such session.").because("http.not_found"));
    return change.audit("session", id.value, "ended", {}, {{"user", self(context).to_string()}});
  }));
  co_return http::Response(204);
}

Task<http::Response> end_others(const App* app, RequestContext context, http::Request) {
  TENON_CO_ASSIGN(
      count, co_await change_for(*app, context, [&](Change& change) -> Result<std::int64_t> {
        TENON_ASSIGN(ended,
                     identity::end_sessions(change, self(context), context.principal->session));
        TENON_TRY(
            change.audit("session", self(context).value, "others_ended", {}, {{"count", ended}}));
        return ended;
      }));
  co_return json_response(200, json::object{{"ended", count}});
}

/// A new token in the place of the one that came: what it opens has changed. Everything else of
/// the session (when it began, for how long it may rest) stays.
Result<std::string> rotate(const App* app, Change& change, const std::string& old,
                           std::optional<UserId> view_as, const RequestContext& context) {
  TENON_ASSIGN(row, identity::find_session(change.session(), sha256(old)));
  if (!row) return fail(Error(ErrorCode::denied, "sign in first").because("http.unauthenticated"));
  const auto& limits = app->identity.sessions.limits();
  TENON_TRY(identity::end_session(change, row->user, row->id));
  return app->identity.sessions.open(
      change, {.user = row->user,
               .remember = row->idle == limits.remembered ? identity::Remember::yes
                                                          : identity::Remember::no,
               .view_as = view_as,
               .address = context.address,
               .agent = context.agent,
               .opened = row->opened});
}

/// Answers with the cookie of the new token. It dies with the browser, unless that was to be
/// remembered; the server ends it in time either way.
Result<http::Response> with_token(const App* app, const http::Request& request,
                                  http::Response response, const std::string& token) {
  TENON_TRY(put_cookie(response, cookie_of(*app, request), token, std::nullopt));
  return response;
}

std::string token_of(const App* app, const http::Request& request) {
  return std::string(http::find_cookie(request, cookie_of(*app, request).name()).value_or(""));
}

Task<http::Response> change_password(const App* app, RequestContext context,
                                     http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const Secret<std::string> now(fields.required("password"));
  const Secret<std::string> next(fields.required("new_password"));
  TENON_CO_TRY(fields.done());
  TENON_CO_ASSIGN(realm, realm_of(*app, context));
  TENON_CO_TRY(co_await app->identity.sign_in.confirm(realm, self(context), now, context.address,
                                                      context.deadline));
  const std::array<std::string_view, 2> own{context.principal->name, context.principal->tenant};
  TENON_CO_TRY(identity::check_password(next, own));
  TENON_CO_ASSIGN(hash, co_await app->identity.passwords.hash(next, context.deadline));
  TENON_CO_ASSIGN(token,
                  co_await change_for(*app, context, [&](Change& change) -> Result<std::string> {
                    TENON_ASSIGN(made, rotate(app, change, token_of(app, request), {}, context));
                    TENON_ASSIGN(row, identity::find_session(change.session(), sha256(made)));
                    TENON_TRY(identity::set_password(change, self(context), hash, row->id));
                    return std::move(made);
                  }));
  co_return with_token(app, request, http::Response(204), token);
}

Task<http::Response> begin_totp(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const Secret<std::string> password(fields.required("password"));
  TENON_CO_TRY(fields.done());
  TENON_CO_ASSIGN(realm, realm_of(*app, context));
  TENON_CO_TRY(co_await app->identity.sign_in.confirm(realm, self(context), password,
                                                      context.address, context.deadline));
  TENON_CO_ASSIGN(offered, co_await change_for(*app, context, [&](Change& change) {
                    return identity::begin_totp(change, app->identity.key, self(context));
                  }));
  co_return json_response(200,
                          json::object{{"secret", offered.secret}, {"address", offered.address}});
}

Task<http::Response> confirm_totp(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const auto code = fields.required("code");
  TENON_CO_TRY(fields.done());
  struct Done {
    std::vector<std::string> codes;
    std::string token;
  };
  TENON_CO_ASSIGN(
      done, co_await change_for(*app, context, [&](Change& change) -> Result<Done> {
        TENON_ASSIGN(codes, identity::confirm_totp(change, app->identity.key, self(context), code));
        TENON_ASSIGN(token, rotate(app, change, token_of(app, request), {}, context));
        TENON_ASSIGN(row, identity::find_session(change.session(), sha256(token)));
        TENON_TRY(identity::end_sessions(change, self(context), row->id));
        return Done{.codes = std::move(codes), .token = std::move(token)};
      }));
  json::array codes;
  for (const auto& one : done.codes) codes.emplace_back(one);
  co_return with_token(app, request,
                       json_response(200, json::object{{"recovery_codes", std::move(codes)}}),
                       done.token);
}

Task<http::Response> remove_totp(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const Secret<std::string> password(fields.required("password"));
  const auto code = fields.required("code");
  TENON_CO_TRY(fields.done());
  TENON_CO_ASSIGN(realm, realm_of(*app, context));
  TENON_CO_TRY(co_await app->identity.sign_in.confirm(realm, self(context), password,
                                                      context.address, context.deadline));
  TENON_CO_TRY(co_await change_for(*app, context, [&](Change& change) -> Result<> {
    TENON_TRY(identity::use_code(change, app->identity.key, self(context), code));
    return identity::remove_totp(change, self(context));
  }));
  co_return http::Response(204);
}

Task<http::Response> change_self(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const auto locale = fields.change("locale");
  const auto full_name = fields.change("full_name");
  TENON_CO_TRY(fields.done());
  TENON_CO_TRY(co_await change_for(*app, context, [&](Change& change) {
    return identity::change_user(change, self(context), {.full_name = full_name, .locale = locale});
  }));
  co_return http::Response(204);
}

Task<http::Response> view_as(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const auto user = fields.id<UserId>("user");
  if (!user && !body.contains("user")) fields.wrong("user", "required", "must be filled in");
  TENON_CO_TRY(fields.done());
  TENON_CO_ASSIGN(
      token, co_await change_for(*app, context, [&](Change& change) -> Result<std::string> {
        TENON_ASSIGN(seen,
                     identity::read_principal(change.session(), context.principal->tenant, *user));
        if (seen == nullptr)
          return fail(
              Error(ErrorCode::not_found, "There is no such active user.").because("user.unknown"));
        TENON_TRY(
            change.audit("session", user->value, "view_as_begun", {}, {{"user", seen->name}}));
        return rotate(app, change, token_of(app, request), *user, context);
      }));
  co_return with_token(app, request, http::Response(204), token);
}

Task<http::Response> end_view_as(const App* app, RequestContext context, http::Request request) {
  if (!context.principal->read_only()) co_return http::Response(204);
  TENON_CO_ASSIGN(
      token, co_await change_for(*app, context, [&](Change& change) -> Result<std::string> {
        TENON_TRY(change.audit("session", context.principal->user.value, "view_as_ended", {},
                               {{"user", context.principal->name}}));
        return rotate(app, change, token_of(app, request), {}, context);
      }));
  co_return with_token(app, request, http::Response(204), token);
}

}  // namespace

Table own_session_routes() {
  using http::Method;
  Table table("session", {});
  Need leaving(Access::in_person);
  leaving.while_viewing = true;
  Need looking(Access::in_person);
  looking.administrator = true;
  const std::string session = "/api/v1/session";
  const std::string sessions = "/api/v1/sessions";
  table.add(Method::patch, session, Access::signed_in, change_self,
            {.id = "change_me",
             .summary = {"修改自己的姓名和语言", "Change the own full name and language"},
             .body = "{locale?: 'zh-CN'|'en', full_name?: text|null}",
             .replies = {{204}}});
  table.add(Method::get, sessions, Access::in_person, list,
            {.id = "list_sessions",
             .summary = {"自己的登录会话", "The own sessions"},
             .replies = {{200, "[Session]"}},
             .types = {{"Session",
                        "{id: uuid, current: bool, opened_at: time, seen_at: time, "
                        "address: text, agent: text}"}}});
  table.add(Method::del, sessions, Access::in_person, end_others,
            {.id = "end_other_sessions",
             .summary = {"结束其他会话", "End all other sessions"},
             .replies = {{200, "Ended"}},
             .types = {{"Ended", "{ended: int(0..)}"}}});
  table.add(
      Method::del, sessions + "/{id}", Access::in_person, end_one,
      {.id = "end_session", .summary = {"结束一个会话", "End one session"}, .replies = {{204}}});
  table.add(Method::post, session + "/password", Access::in_person, change_password,
            {.id = "change_password",
             .summary = {"修改密码", "Change the password"},
             .body = "{password: text(1..), new_password: text(1..)}",
             .replies = {{204, "", {"Set-Cookie"}}}});
  table.add(Method::post, session + "/totp", Access::in_person, begin_totp,
            {.id = "begin_totp",
             .summary = {"获取身份验证器密钥", "Get a key for an authenticator app"},
             .body = "{password: text(1..)}",
             .replies = {{200, "{secret: text, address: text}"}},
             .failures = {409}});
  table.add(Method::put, session + "/totp", Access::in_person, confirm_totp,
            {.id = "confirm_totp",
             .summary = {"启用身份验证器", "Switch the authenticator app on"},
             .body = "{code: text(1..)}",
             .replies = {{200, "{recovery_codes: [text]}", {"Set-Cookie"}}},
             .failures = {409}});
  table.add(Method::post, session + "/totp/remove", Access::in_person, remove_totp,
            {.id = "remove_totp",
             .summary = {"停用身份验证器", "Switch the authenticator app off"},
             .body = "{password: text(1..), code: text(1..)}",
             .replies = {{204}},
             .failures = {409}});
  table.add(Method::post, session + "/view-as", looking, view_as,
            {.id = "view_as",
             .summary = {"以他人视角查看", "Look with another user's rights"},
             .body = "{user: uuid}",
             .replies = {{204, "", {"Set-Cookie"}}},
             .failures = {404}});
  table.add(Method::del, session + "/view-as", leaving, end_view_as,
            {.id = "end_view_as",
             .summary = {"退出他人视角", "Look with the own rights again"},
             .replies = {{204, "", {"Set-Cookie?"}}}});
  return table;
}

}  // namespace tenon::api
