// API tokens: a user makes them for the own programs. A token makes no tokens and opens no session.

#include "api/people.h"
#include "api/routes.h"
#include "identity/api_tokens.h"

namespace tenon::api {
namespace {

using identity::Change;

json::object to_json(const identity::ApiToken& token) {
  json::object object{{"id", token.id.to_string()},
                      {"name", token.name},
                      {"scopes", nullptr},
                      {"created_at", to_rfc3339(token.created)},
                      {"expires_at", to_rfc3339(token.expires)},
                      {"used_at", nullptr}};
  if (token.scopes) {
    json::array scopes;
    for (const auto& scope : *token.scopes) scopes.emplace_back(scope);
    object["scopes"] = std::move(scopes);
  }
  if (token.used) object["used_at"] = to_rfc3339(*token.used);
  return object;
}

Task<http::Response> list(const App* app, RequestContext context, http::Request) {
  TENON_CO_ASSIGN(tokens, co_await look_for(*app, context, [&](storage::Session& session) {
                    return identity::api_tokens_of(session, context.principal->user);
                  }));
  json::array all;
  for (const auto& token : tokens) all.push_back(to_json(token));
  co_return json_response(200, all);
}

Task<http::Response> create(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  identity::NewApiToken token{.user = context.principal->user,
                              .name = fields.required("name"),
                              .scopes = fields.texts("scopes")};
  if (const auto until = fields.text("expires_at"); !until.empty()) {
    if (const auto time = from_rfc3339(until))
      token.lifetime = std::chrono::floor<std::chrono::seconds>(*time - app->clock.now());
    else
      fields.wrong("expires_at", "type", "is a time as 2026-11-23T04:05:06Z");
  }
  for (const auto& scope : token.scopes.value_or(std::vector<std::string>()))
    if (!context.principal->has(scope))
      fields.wrong("scopes", "option", "names a right that you do not have: " + scope);
  TENON_CO_TRY(fields.done());
  TENON_CO_ASSIGN(made, co_await change_for(*app, context, [&](Change& change) {
                    return identity::make_api_token(change, token);
                  }));
  auto object = to_json(made.token);
  object["token"] = made.text;  // here and never again
  auto response = json_response(201, object);
  response.set("Location", "/api/v1/tokens/" + made.token.id.to_string());
  co_return response;
}

Task<http::Response> erase(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<identity::TokenId>(request, "token"));
  TENON_CO_TRY(co_await change_for(*app, context, [&](Change& change) {
    return identity::end_api_token(change, context.principal->user, id);
  }));
  co_return http::Response(204);
}

}  // namespace

Table token_routes() {
  using http::Method;
  Table table("tokens", {"API 令牌", "API tokens"});
  const std::string tokens = "/api/v1/tokens";
  constexpr std::string_view kMembers =
      "id: uuid, name: text, scopes: [text]|null, created_at: time, expires_at: time, used_at: "
      "time|null";
  table.add(Method::get, tokens, Access::in_person, list,
            {.id = "list_tokens",
             .summary = {"自己的 API 令牌", "The own API tokens"},
             .replies = {{200, "[Token]"}},
             .types = {{"Token", "{" + std::string(kMembers) + "}"}}});
  table.add(Method::post, tokens, Access::in_person, create,
            {.id = "create_token",
             .summary = {"新建 API 令牌", "Create an API token"},
             .about = {"令牌只在此回答中出现一次。",
                       "The token is shown in this answer and never again."},
             .body = "{name: text(1..), scopes?: [text]|null, expires_at?: time|''|null}",
             .replies = {{201, "{" + std::string(kMembers) + ", token: text}", {"Location"}}},
             .failures = {409},
             .links = {{"delete_token", {{"token", "$response.body#/id"}}}}});
  table.add(
      Method::del, tokens + "/{token}", Access::in_person, erase,
      {.id = "delete_token", .summary = {"停用 API 令牌", "End an API token"}, .replies = {{204}}});
  return table;
}

}  // namespace tenon::api
