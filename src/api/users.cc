// The people of a company: list, invite, change, roles, deactivate and hand over, reset.

#include "identity/users.h"

#include <charconv>
#include <utility>

#include "api/describe.h"
#include "api/people.h"
#include "api/routes.h"
#include "http/query.h"
#include "identity/hand_over.h"
#include "identity/second_factor.h"
#include "identity/session_rows.h"
#include "identity/tickets.h"

namespace tenon::api {
namespace {

using identity::Change;
using identity::RoleId;

constexpr std::string_view kRead = "tenon.users.read";
constexpr std::string_view kManage = "tenon.users.manage";
/// How long one request hands records over before it answers how many are left to do.
constexpr std::chrono::seconds kHandOver{5};

constexpr std::string_view kUserMembers =
    "id: uuid, name: text, full_name: text, email: text|null, locale: text, department: uuid|null, "
    "state: 'invited'|'active'|'deactivated', has_password: bool, has_totp: bool, successor: "
    "uuid|null, version: int(1..), created_at: time, updated_at: time";

Result<identity::UserQuery> query_of(const http::Request& request) {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  identity::UserQuery query;
  std::vector<FieldError> errors;
  for (const auto& pair : pairs) {
    const auto wrong = [&](std::string_view code, std::string_view text) {
      errors.push_back({"/query/" + pair.name, std::string(code), std::string(text)});
    };
    if (pair.name == "q") {
      query.text = pair.value.substr(0, 100);
    } else if (pair.name == "after") {
      query.after = pair.value;
    } else if (pair.name == "state") {
      query.state = identity::user_state_from(pair.value);
      if (!query.state) wrong("option", "is invited, active or deactivated");
    } else if (pair.name == "department") {
      query.department = DepartmentId::parse(pair.value);
      if (!query.department) wrong("format", "is not an id");
    } else if (pair.name == "limit") {
      const auto* end = pair.value.data() + pair.value.size();
      const auto read = std::from_chars(pair.value.data(), end, query.limit);
      if (read.ec != std::errc{} || read.ptr != end || query.limit < 1 || query.limit > 200)
        wrong("range", "is 1 to 200");
    } else {
      wrong("unknown", "is no parameter here");
    }
  }
  if (errors.empty()) return query;
  return fail(Error(ErrorCode::invalid, "The question is wrong.")
                  .because("query.parameter")
                  .with_fields(std::move(errors)));
}

Result<json::object> user_json(storage::Session& session, UserId id) {
  TENON_ASSIGN(user, identity::get_user(session, id));
  TENON_ASSIGN(roles, identity::roles_of(session, id));
  auto object = to_json(user);
  json::array ids;
  for (const auto role : roles) ids.emplace_back(role.to_string());
  object["roles"] = std::move(ids);
  return object;
}

/// The same question behind the last name of this page.
Result<std::string> next_link(const http::Request& request, const std::string& after) {
  TENON_ASSIGN(pairs, http::parse_query(request.query()));
  std::string link = "<" + std::string(request.path()) + "?";
  for (const auto& pair : pairs)
    if (pair.name != "after")
      link += http::percent_encode(pair.name) + "=" + http::percent_encode(pair.value) + "&";
  return link + "after=" + http::percent_encode(after) + ">; rel=\"next\"";
}

Task<http::Response> list(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(query, query_of(request));
  TENON_CO_ASSIGN(page, co_await look_for(*app, context, [&](storage::Session& session) {
                    return identity::list_users(session, query);
                  }));
  json::array users;
  for (const auto& user : page.users) users.push_back(to_json(user));
  auto response = json_response(200, users);
  if (!page.next.empty()) {
    TENON_CO_ASSIGN(link, next_link(request, page.next));
    response.add("Link", link);
  }
  co_return response;
}

Task<http::Response> get(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<UserId>(request, "user"));
  TENON_CO_ASSIGN(user, co_await look_for(*app, context, [&](storage::Session& session) {
                    return user_json(session, id);
                  }));
  const auto version = user.at("version").as_uint64();
  co_return versioned(200, user, version);
}

json::object ticket_json(const App& app, const http::Request& request,
                         const identity::Ticket& ticket) {
  // Behind the hash: browsers and proxies write that part into no log.
  return {{"purpose", to_string(ticket.purpose)},
          {"link", origin_of(app, request) + "/welcome#" + ticket.token},
          {"token", ticket.token},
          {"expires_at", to_rfc3339(ticket.expires)}};
}

Task<http::Response> create(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  identity::NewUser user{.name = fields.required("name"),
                         .full_name = fields.text("full_name"),
                         .email = fields.text("email"),
                         .department = fields.id<DepartmentId>("department"),
                         .roles = fields.ids<RoleId>("roles")};
  if (const auto locale = fields.text("locale"); !locale.empty()) user.locale = locale;
  const Secret<std::string> password(fields.text("password"));
  TENON_CO_TRY(fields.done());
  if (!password.reveal().empty()) {
    const std::array<std::string_view, 2> own{user.name, context.principal->tenant};
    TENON_CO_TRY(identity::check_password(password, own));
    TENON_CO_ASSIGN(hash, co_await app->identity.passwords.hash(password, context.deadline));
    user.password = std::move(hash);
  }
  struct Made {
    json::object user;
    std::optional<identity::Ticket> ticket;
  };
  TENON_CO_ASSIGN(made, co_await change_for(*app, context, [&](Change& change) -> Result<Made> {
                    Made result;
                    TENON_ASSIGN(id, identity::create_user(change, user));
                    if (user.password.empty()) {
                      TENON_ASSIGN(ticket, identity::make_ticket(change, id));
                      result.ticket = std::move(ticket);
                    }
                    TENON_ASSIGN(object, user_json(change.session(), id));
                    result.user = std::move(object);
                    return std::move(result);
                  }));
  const auto id = std::string(made.user.at("id").as_string());
  if (made.ticket) made.user["invitation"] = ticket_json(*app, request, *made.ticket);
  auto response = versioned(201, made.user, 1);
  response.set("Location", "/api/v1/users/" + id);
  co_return response;
}

Task<http::Response> patch(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<UserId>(request, "user"));
  TENON_CO_ASSIGN(version, if_match(request));
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const identity::UserPatch change_to{.name = fields.change("name"),
                                      .full_name = fields.change("full_name"),
                                      .email = fields.change("email"),
                                      .locale = fields.change("locale"),
                                      .department = fields.id_change<DepartmentId>("department")};
  TENON_CO_TRY(fields.done());
  TENON_CO_ASSIGN(user,
                  co_await change_for(*app, context, [&](Change& change) -> Result<json::object> {
                    TENON_TRY(identity::change_user(change, id, change_to, version));
                    return user_json(change.session(), id);
                  }));
  const auto now = user.at("version").as_uint64();
  co_return versioned(200, user, now);
}

Task<http::Response> put_roles(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<UserId>(request, "user"));
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const auto roles = fields.ids<RoleId>("roles");
  if (!body.contains("roles") || body.at("roles").is_null())
    fields.wrong("roles", "required", "must be filled in");
  TENON_CO_TRY(fields.done());
  TENON_CO_ASSIGN(user,
                  co_await change_for(*app, context, [&](Change& change) -> Result<json::object> {
                    TENON_TRY(identity::set_roles(change, id, roles));
                    return user_json(change.session(), id);
                  }));
  co_return json_response(200, user);
}

/// 200 when all is handed over, 202 when some is left: the same call goes on with it.
Task<http::Response> hand_over_now(const App* app, RequestContext context, UserId from, UserId to) {
  TENON_CO_ASSIGN(realm, realm_of(*app, context));
  TENON_CO_ASSIGN(done,
                  co_await identity::hand_over(realm->tenant(), context.principal->user, from, to,
                                               Deadline::after(kHandOver).min(context.deadline)));
  app->registry.committed(context.principal->tenant);
  co_return json_response(done.complete ? 200 : 202, json::object{{"id", from.to_string()},
                                                                  {"state", "deactivated"},
                                                                  {"successor", to.to_string()},
                                                                  {"handed_over", done.records},
                                                                  {"complete", done.complete}});
}

Task<http::Response> deactivate(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<UserId>(request, "user"));
  TENON_CO_ASSIGN(body, json_object(request));
  Fields fields(body);
  const auto successor = fields.id<UserId>("hand_over_to");
  TENON_CO_TRY(fields.done());
  TENON_CO_TRY(co_await change_for(*app, context, [&](Change& change) {
    return identity::deactivate_user(change, id, successor);
  }));
  if (successor) co_return co_await hand_over_now(app, context, id, *successor);
  co_return json_response(200, json::object{{"id", id.to_string()}, {"state", "deactivated"}});
}

Task<http::Response> reactivate(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<UserId>(request, "user"));
  TENON_CO_ASSIGN(user,
                  co_await change_for(*app, context, [&](Change& change) -> Result<json::object> {
                    TENON_TRY(identity::reactivate_user(change, id));
                    return user_json(change.session(), id);
                  }));
  co_return json_response(200, user);
}

Task<http::Response> make_link(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<UserId>(request, "user"));
  TENON_CO_ASSIGN(ticket, co_await change_for(*app, context, [&](Change& change) {
                    return identity::make_ticket(change, id);
                  }));
  co_return json_response(201, ticket_json(*app, request, ticket));
}

Task<http::Response> reset_totp(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<UserId>(request, "user"));
  TENON_CO_TRY(co_await change_for(*app, context, [&](Change& change) -> Result<> {
    TENON_TRY(identity::get_user(change.session(), id));
    TENON_TRY(identity::check_may_manage(change, id));
    TENON_TRY(identity::end_sessions(change, id, {}));
    return identity::remove_totp(change, id);
  }));
  co_return http::Response(204);
}

Task<http::Response> end_sessions(const App* app, RequestContext context, http::Request request) {
  TENON_CO_ASSIGN(id, id_in<UserId>(request, "user"));
  TENON_CO_ASSIGN(
      count, co_await change_for(*app, context, [&](Change& change) -> Result<std::int64_t> {
        TENON_TRY(identity::get_user(change.session(), id));
        TENON_TRY(identity::check_may_manage(change, id));
        TENON_ASSIGN(ended, identity::end_sessions(change, id, {}));
        TENON_TRY(change.audit("user", id.value, "sessions_ended", {}, {{"count", ended}}));
        return ended;
      }));
  co_return json_response(200, json::object{{"ended", count}});
}

}  // namespace

Table user_routes() {
  using http::Method;
  Table table("users", {"用户", "Users"});
  const std::string all = "/api/v1/users";
  const std::string one = all + "/{user}";
  const modules::OperationLink here{"get_user", {{"user", "$response.body#/id"}}};
  table.add(Method::get, all, Need(kRead), list,
            {.id = "list_users",
             .summary = {"列出用户", "List users"},
             .query = {{"q", "text"},
                       {"after", "text"},
                       {"state", "'invited'|'active'|'deactivated'"},
                       {"department", "uuid"},
                       {"limit", "int(1..200)"}},
             .replies = {{200, "[User]", {"Link?"}}},
             .links = {{"get_user", {{"user", "$response.body#/0/id"}}}},
             .types = {{"User", "{" + std::string(kUserMembers) + "}"},
                       {"UserWithRoles",
                        "{" + std::string(kUserMembers) + ", roles: [uuid], invitation?: Ticket}"},
                       {"Ticket", kTicketType}}});
  table.add(Method::post, all, Need(kManage), create,
            {.id = "create_user",
             .summary = {"新建或邀请用户", "Create a user, or invite one"},
             .about = {"没有密码的用户会得到一个邀请链接。",
                       "A user without a password gets an invitation."},
             .body = "{name: text(1..), full_name?: text|null, email?: text|null, department?: "
                     "uuid|null, roles?: [uuid]|null, locale?: 'zh-CN'|'en'|''|null, password?: "
                     "text|null}",
             .replies = {{201, "UserWithRoles", {"ETag", "Location"}}},
             .failures = {404, 409},
             .links = {here,
                       {"change_user", {{"user", "$response.body#/id"}}},
                       {"deactivate_user", {{"user", "$response.body#/id"}}}}});
  table.add(Method::get, one, Need(kRead), get,
            {.id = "get_user",
             .summary = {"查看用户", "One user"},
             .replies = {{200, "UserWithRoles", {"ETag"}}}});
  table.add(Method::patch, one, Need(kManage), patch,
            {.id = "change_user",
             .summary = {"修改用户", "Change a user"},
             .headers = {{"If-Match", kIfMatch}},
             .body = "{name?: text(1..), full_name?: text|null, email?: text|null, locale?: "
                     "'zh-CN'|'en', department?: uuid|null}",
             .replies = {{200, "UserWithRoles", {"ETag"}}},
             .failures = {409, 412},
             .links = {here}});
  table.add(Method::put, one + "/roles", Need(kManage), put_roles,
            {.id = "set_roles_of_user",
             .summary = {"设置用户的角色", "Set the roles of a user"},
             .body = "{roles: [uuid]}",
             .replies = {{200, "UserWithRoles"}},
             .failures = {409},
             .links = {here}});
  table.add(
      Method::post, one + "/deactivate", Need(kManage), deactivate,
      {.id = "deactivate_user",
       .summary = {"停用用户并交接记录", "Deactivate a user and hand the records over"},
       .about = {"202 表示还有记录未交接：再次请求即可继续。",
                 "202: some records are left; the same request goes on with them."},
       .body = "{hand_over_to?: uuid|null}",
       .replies = {{200, "Deactivated"}, {202, "Deactivated"}},
       .failures = {409},
       .types = {{"Deactivated",
                  "{id: uuid, state: 'deactivated', successor?: uuid, handed_over?: int(0..), "
                  "complete?: bool}"}}});
  table.add(Method::post, one + "/reactivate", Need(kManage), reactivate,
            {.id = "reactivate_user",
             .summary = {"重新启用用户", "Reactivate a user"},
             .replies = {{200, "UserWithRoles"}},
             .failures = {409},
             .links = {here}});
  table.add(Method::post, one + "/link", Need(kManage), make_link,
            {.id = "make_link_for_user",
             .summary = {"生成一次性链接", "Make a one-time link for a user"},
             .replies = {{201, "Ticket"}},
             .failures = {409},
             .types = {{"Ticket", kTicketType}}});
  table.add(Method::del, one + "/totp", Need(kManage), reset_totp,
            {.id = "reset_totp_of_user",
             .summary = {"重置用户的身份验证器", "Take a user's authenticator app away"},
             .replies = {{204}},
             .failures = {409}});
  table.add(Method::del, one + "/sessions", Need(kManage), end_sessions,
            {.id = "end_sessions_of_user",
             .summary = {"结束用户的全部会话", "End all sessions of a user"},
             .replies = {{200, "Ended"}},
             .types = {{"Ended", "{ended: int(0..)}"}}});
  return table;
}

}  // namespace tenon::api
