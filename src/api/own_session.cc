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
  if (!context.principal->administrator)
    co_return fail(
        Error(ErrorCode::denied, "only an administrator may do this").because("permission"));
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

std::vector<http::Route> own_session_routes(const App& app, const Gate& gate) {
  RouteList routes(app, gate);
  Need leaving(Access::in_person);
  leaving.while_viewing = true;
  routes.add(http::Method::patch, "/api/v1/session", Access::signed_in, change_self);
  routes.add(http::Method::get, "/api/v1/sessions", Access::in_person, list);
  routes.add(http::Method::del, "/api/v1/sessions", Access::in_person, end_others);
  routes.add(http::Method::del, "/api/v1/sessions/{id}", Access::in_person, end_one);
  routes.add(http::Method::post, "/api/v1/session/password", Access::in_person, change_password);
  routes.add(http::Method::post, "/api/v1/session/totp", Access::in_person, begin_totp);
  routes.add(http::Method::put, "/api/v1/session/totp", Access::in_person, confirm_totp);
  routes.add(http::Method::post, "/api/v1/session/totp/remove", Access::in_person, remove_totp);
  routes.add(http::Method::post, "/api/v1/session/view-as", Access::in_person, view_as);
  routes.add(http::Method::del, "/api/v1/session/view-as", leaving, end_view_as);
  return routes.take();
}

}  // namespace tenon::api
