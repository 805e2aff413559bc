#include "api/endpoint.h"

#include <algorithm>
#include <utility>

#include "api/credential.h"
#include "api/problem.h"
#include "api/trace.h"
#include "base/json.h"
#include "identity/usage.h"

namespace tenon::api {
namespace {

/// Whether it can be a plugin's id: nothing else of the address gets into the log.
bool is_id(std::string_view text) noexcept {
  constexpr std::size_t kLongest = 40;
  return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

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
  // An unprotected page of this very host may be anybody's.
  const bool downgraded =
      origin && request.transport() == http::Transport::tls && !origin->starts_with("https://");
  const bool foreign_origin = origin && (host_of_origin(*origin) != request.host() || downgraded);
  if (foreign_site || foreign_origin)
    return fail(Error(ErrorCode::denied, "writes from another site are refused")
                    .because("http.cross_site"));
  return {};
}

std::unexpected<Error> denied(std::string_view reason, std::string text) {
  return fail(Error(ErrorCode::denied, std::move(text)).because(std::string(reason)));
}

/// How long to wait, where the failure says so.
std::string retry_after(const Error& error) {
  const auto details = json::parse_object(error.details());
  const json::value* seconds = details ? details->if_contains("retry_after") : nullptr;
  return seconds != nullptr && seconds->is_int64() ? std::to_string(seconds->get_int64()) : "1";
}

}  // namespace

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
  if ((need.administrator || need.access == Access::administrator) && !principal->administrator)
    return denied("permission", "only an administrator may do this");
  if (!need.permission.empty() && !principal->has(need.permission))
    return denied("permission", "this needs the right " + need.permission);
  return {};
}

Gate::Gate(identity::Identity& identity, const identity::Operators& operators, CookiePolicy cookie,
           Random& random, Throttle& throttle, FailureSink on_failure)
    : identity_(identity),
      operators_(operators),
      cookie_(cookie),
      random_(random),
      throttle_(throttle),
      on_failure_(std::move(on_failure)) {}

std::string Gate::locale_of(const http::Request& request) {
  const auto wanted = request.header("Accept-Language").value_or("");
  const auto english = wanted.find("en");
  const auto chinese = wanted.find("zh");
  return english < chinese ? "en" : "zh-CN";
}

RequestContext Gate::context_of(const http::Request& request) const {
  RequestContext context;
  Trace trace = trace_of(request, random_);
  context.trace_id = trace.id;
  context.trace = std::move(trace.text);
  context.deadline = request.deadline();
  context.address = request.remote_address();
  context.agent = request.header("User-Agent").value_or("");
  context.locale = locale_of(request);
  return context;
}

Task<> Gate::identify(RequestContext* context, const http::Request* request) const {
  auto credential = credential_of(*request, cookie_);
  if (!credential) co_return Result<>();
  const bool program = credential->proof == identity::Proof::token;
  if (program) context->operator_ = operators_.name_of(credential->token);
  if (!context->operator_.empty()) co_return Result<>();
  TENON_CO_ASSIGN(found, co_await identity_.sessions.find(std::move(credential->token),
                                                          credential->proof, context->deadline));
  // Silence would make a program with a dead token look like a stranger at an open door.
  if (found == nullptr && program)
    co_return denied("http.token", "This token is unknown or has ended.");
  context->principal = std::move(found);
  if (context->principal == nullptr) co_return Result<>();
  if (!request->header("Accept-Language")) context->locale = context->principal->locale;
  request->note("tenant", context->principal->tenant);
  // Who really asks, whoever's eyes he uses.
  request->note("user", context->principal->responsible().to_string());
  co_return Result<>();
}

Task<> Gate::check_room(const RequestContext* context, http::Method method) const {
  const bool grows = writes(method) && method != http::Method::del;
  if (!grows || context->principal == nullptr) co_return Result<>();
  auto realm = identity_.realms.find(context->principal->tenant);
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

http::Response Gate::problem(const Error& error, std::string_view locale, std::string_view trace,
                             int status) {
  if (status == 0) status = static_cast<int>(http_status(error));
  auto response = http::Response::json(status, problem_json(error, locale, trace, status),
                                       "application/problem+json; charset=utf-8");
  response.set("Content-Language", locale);
  if (status == 429 || status == 503) response.set("Retry-After", retry_after(error));
  if (status == 401) response.set("WWW-Authenticate", "Bearer realm=\"tenon\"");
  return response;
}

Task<http::Response> Gate::answer(const Kept* kept, RequestContext* context,
                                  http::Request request) const {
  // Strangers are counted before anything is looked up for them.
  TENON_CO_TRY(throttle_.admit(request.remote_address(), request.received_at()));
  TENON_CO_TRY(check_same_site(request));
  TENON_CO_TRY(co_await identify(context, &request));
  TENON_CO_TRY(check_access(kept->need, *context, request.method()));
  Throttle::Place place;  // until the answer is made
  if (context->principal) {
    TENON_CO_ASSIGN(given, throttle_.admit(*context->principal, std::chrono::steady_clock::now()));
    place = std::move(given);
  }
  TENON_CO_TRY(co_await check_room(context, request.method()));
  co_return co_await kept->endpoint(*context, std::move(request));
}

asio::awaitable<http::Response> Gate::run(const Kept* kept, http::Request request) const {
  RequestContext context = context_of(request);
  request.note("trace", context.trace);
  if (const auto plugin = request.parameter("plugin"); is_id(plugin))
    request.note("plugin", std::string(plugin));
  auto what = std::string(http::to_string(request.method())) + " " +
              std::string(request.path().substr(0, 200));
  auto answered = co_await answer(kept, &context, std::move(request));
  if (!answered) {
    on_failure_(answered.error(), context.trace);
    note_refusal(answered.error(), context, std::move(what));
    answered = problem(answered.error(), context.locale, context.trace);
  }
  answered->set_default("Cache-Control", "no-store");
  answered->set("Traceresponse", traceparent_of(context.trace, random_));
  co_return *std::move(answered);
}

http::Handler Gate::handler(Need need, Endpoint endpoint) const {
  return [this, kept = std::make_shared<const Kept>(Kept{std::move(need), std::move(endpoint)})](
             http::Request request) { return run(kept.get(), std::move(request)); };
}

}  // namespace tenon::api
