#include "api/endpoint.h"

#include <span>
#include <utility>

#include "api/problem.h"
#include "base/hash.h"
#include "base/json.h"
#include "http/cookie.h"
#include "identity/usage.h"

namespace tenon::api {
namespace {

bool writes(http::Method method) noexcept {
  return method != http::Method::get && method != http::Method::head &&
         method != http::Method::options;
}

std::string_view host_of_origin(std::string_view origin) noexcept {
  const auto scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view{} : origin.substr(scheme + 3);
}

/// A browser says where a write comes from; other programs say nothing and carry no ambient cookie.
Result<> check_same_site(const http::Request& request) {
  if (!writes(request.method())) return {};
  const auto site = request.header("Sec-Fetch-Site");
  const auto origin = request.header("Origin");
  const bool foreign_site = site && *site != "same-origin" && *site != "none";
  const bool foreign_origin = origin && host_of_origin(*origin) != request.host();
  if (foreign_site || foreign_origin)
    return fail(Error(ErrorCode::denied, "writes from another site are refused")
                    .because("http.cross_site"));
  return {};
}

std::unexpected<Error> denied(std::string_view reason, std::string text) {
  return fail(Error(ErrorCode::denied, std::move(text)).because(std::string(reason)));
}

Result<> check_access(const Need& need, const RequestContext& context, http::Method method) {
  const auto* principal = context.principal.get();
  if (principal != nullptr && principal->read_only() && writes(method) && !need.while_viewing)
    return denied("session.read_only",
                  "You look with another user's rights and change nothing; end that first.");
  if (need.access == Access::open) return {};
  if (need.access == Access::operator_token) {
    if (!context.operator_.empty()) return {};
    return denied(principal == nullptr ? "http.unauthenticated" : "permission",
                  "This is for the operator of the server: send an operator's token.");
  }
  if (principal == nullptr) return denied("http.unauthenticated", "sign in first");
  if (need.access == Access::in_person && principal->proof != identity::Proof::session)
    return denied("permission", "A token cannot do this; sign in yourself.");
  if (need.access == Access::administrator && !principal->administrator)
    return denied("permission", "only an administrator may do this");
  if (!need.permission.empty() && !principal->has(need.permission))
    return denied("permission", "this needs the right " + need.permission);
  return {};
}

/// The text behind `Bearer `, or nothing.
std::optional<std::string> bearer_of(const http::Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto header = request.header("Authorization");
  if (!header || !header->starts_with(kScheme)) return std::nullopt;
  return std::string(header->substr(kScheme.size()));
}

/// How long to wait, where the failure says so.
std::string retry_after(const Error& error) {
  const auto details = json::parse_object(error.details());
  const json::value* seconds = details ? details->if_contains("retry_after") : nullptr;
  return seconds != nullptr && seconds->is_int64() ? std::to_string(seconds->get_int64()) : "1";
}

}  // namespace

Gate::Gate(identity::Identity& identity, const identity::Operators& operators, CookiePolicy cookie,
           Random& random, FailureSink on_failure)
    : identity_(identity),
      operators_(operators),
      cookie_(cookie),
      random_(random),
      on_failure_(std::move(on_failure)) {}

std::string Gate::locale_of(const http::Request& request) {
  const auto wanted = request.header("Accept-Language").value_or("");
  const auto english = wanted.find("en");
  const auto chinese = wanted.find("zh");
  return english < chinese ? "en" : "zh-CN";
}

RequestContext Gate::context_of(const http::Request& request) const {
  RequestContext context;
  random_.fill(std::as_writable_bytes(std::span(context.trace_id.value.bytes)));
  context.trace = hex(context.trace_id.value.bytes);
  context.deadline = request.deadline();
  context.address = request.remote_address();
  context.agent = request.header("User-Agent").value_or("");
  context.locale = locale_of(request);
  return context;
}

Task<RequestContext> Gate::identify(RequestContext context, const http::Request* request) const {
  if (const auto bearer = bearer_of(*request)) {
    context.operator_ = operators_.name_of(*bearer);
    if (context.operator_.empty()) {
      TENON_CO_ASSIGN(found, co_await identity_.sessions.find(*bearer, identity::Proof::token,
                                                              context.deadline));
      // Silence would make a program with a dead token look like a stranger at an open door.
      if (found == nullptr) co_return denied("http.token", "This token is unknown or has ended.");
      context.principal = std::move(found);
    }
  } else if (const auto cookie = http::find_cookie(*request, cookie_.name())) {
    TENON_CO_ASSIGN(found, co_await identity_.sessions.find(
                               std::string(*cookie), identity::Proof::session, context.deadline));
    context.principal = std::move(found);
  }
  if (context.principal && !request->header("Accept-Language"))
    context.locale = context.principal->locale;
  co_return context;
}

Task<> Gate::check_room(const RequestContext& context, http::Method method) const {
  const bool grows = writes(method) && method != http::Method::del;
  if (!grows || context.principal == nullptr) co_return Result<>();
  auto realm = identity_.realms.find(context.principal->tenant);
  if (!realm) co_return Result<>();  // the endpoint says so, if it needs the tenant
  co_return co_await identity::check_storage(*std::move(realm), identity_.tools.clock.instant());
}

void Gate::note_refusal(const Error& error, const RequestContext& context, std::string what) const {
  const bool right = error.reason() == "permission" || error.reason() == "data.scope" ||
                     error.reason().ends_with(".escalation");
  if (!right || context.principal == nullptr) return;
  auto realm = identity_.realms.find(context.principal->tenant);
  if (!realm) return;
  identity_.trail.push({.realm = *std::move(realm),
                        .user = context.principal->responsible(),
                        .what = "permission_refused",
                        .name = std::move(what),
                        .address = context.address,
                        .trace = context.trace_id});
}

http::Response Gate::problem(const Error& error, std::string_view locale, std::string_view trace) {
  const auto status = static_cast<int>(http_status(error));
  auto response = http::Response::json(status, problem_json(error, locale, trace),
                                       "application/problem+json; charset=utf-8");
  response.set("Content-Language", locale);
  if (status == 429 || status == 503) response.set("Retry-After", retry_after(error));
  if (status == 401) response.set("WWW-Authenticate", "Bearer realm=\"tenon\"");
  return response;
}

http::Handler Gate::handler(Need need, Endpoint endpoint) const {
  struct Kept {
    Need need;
    Endpoint endpoint;
  };
  // The capturing lambda is not a coroutine: it calls one whose parameters are all by value.
  struct Run {
    static Task<http::Response> answer(const Gate* gate, const Kept* kept, RequestContext* context,
                                       http::Request request) {
      TENON_CO_TRY(check_same_site(request));
      TENON_CO_ASSIGN(known, co_await gate->identify(*context, &request));
      *context = std::move(known);
      TENON_CO_TRY(check_access(kept->need, *context, request.method()));
      TENON_CO_TRY(co_await gate->check_room(*context, request.method()));
      co_return co_await kept->endpoint(*context, std::move(request));
    }
    static asio::awaitable<http::Response> run(const Gate* gate, const Kept* kept,
                                               http::Request request) {
      RequestContext context = gate->context_of(request);
      auto what = std::string(http::to_string(request.method())) + " " +
                  std::string(request.path().substr(0, 200));
      auto done = co_await answer(gate, kept, &context, std::move(request));
      if (!done) {
        gate->on_failure_(done.error(), context.trace);
        gate->note_refusal(done.error(), context, std::move(what));
        done = problem(done.error(), context.locale, context.trace);
      }
      done->set_default("Cache-Control", "no-store");
      co_return *std::move(done);
    }
  };
  return [this, kept = std::make_shared<const Kept>(Kept{std::move(need), std::move(endpoint)})](
             http::Request request) { return Run::run(this, kept.get(), std::move(request)); };
}

}  // namespace tenon::api
