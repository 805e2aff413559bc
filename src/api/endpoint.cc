#include "api/endpoint.h"

#include <algorithm>
#include <utility>

#include "api/problem.h"
#include "api/trace.h"
#include "http/cookie.h"

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
  const bool downgraded = origin && request.transport() == http::Transport::tls &&
                          !origin->starts_with("https://");
  const bool foreign_origin = origin && (host_of_origin(*origin) != request.host() || downgraded);
  if (foreign_site || foreign_origin)
    return fail(Error(ErrorCode::denied, "writes from another site are refused")
                    .because("http.cross_site"));
  return {};
}

Result<> check_access(Access access, const RequestContext& context) {
  if (access == Access::open) return {};
  if (!context.principal)
    return fail(Error(ErrorCode::denied, "sign in first").because("http.unauthenticated"));
  if (access == Access::administrator && !context.principal->administrator)
    return fail(
        Error(ErrorCode::denied, "only an administrator may do this").because("permission"));
  return {};
}

}  // namespace

Gate::Gate(identity::Sessions& sessions, Random& random, Throttle& throttle, FailureSink on_failure)
    : sessions_(sessions),
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
  context.locale = locale_of(request);
  return context;
}

void Gate::identify(RequestContext& context, const http::Request& request) const {
  const auto token = http::find_cookie(request, kSessionCookie);
  if (token) context.principal = sessions_.find(*token);
  if (!context.principal) return;
  if (!request.header("Accept-Language")) context.locale = context.principal->locale;
  request.note("tenant", context.principal->tenant);
  request.note("user", context.principal->user.to_string());
}

http::Response Gate::problem(const Error& error, std::string_view locale, std::string_view trace,
                             int status) {
  if (status == 0) status = static_cast<int>(http_status(error));
  auto response = http::Response::json(status, problem_json(error, locale, trace, status),
                                       "application/problem+json; charset=utf-8");
  response.set("Content-Language", locale);
  if (status == 429 || status == 503) response.set("Retry-After", "1");
  return response;
}

Task<http::Response> Gate::answer(Access access, const Endpoint* endpoint, RequestContext context,
                                  http::Request request) const {
  TENON_CO_TRY(check_same_site(request));
  TENON_CO_TRY(check_access(access, context));
  Throttle::Place place;  // until the answer is made
  if (context.principal) {
    TENON_CO_ASSIGN(given, throttle_.admit(*context.principal, request.received_at()));
    place = std::move(given);
  }
  co_return co_await (*endpoint)(std::move(context), std::move(request));
}

asio::awaitable<http::Response> Gate::run(Access access, const Endpoint* endpoint,
                                          http::Request request) const {
  RequestContext context = context_of(request);
  const std::string trace = context.trace;
  request.note("trace", trace);
  if (const auto plugin = request.parameter("plugin"); is_id(plugin))
    request.note("plugin", std::string(plugin));
  // Strangers are counted before anything is looked up for them.
  auto admitted = throttle_.admit(request.remote_address(), request.received_at());
  if (admitted) identify(context, request);
  const std::string locale = context.locale;
  Result<http::Response> answered = http::Response();
  if (admitted) {
    answered = co_await answer(access, endpoint, std::move(context), std::move(request));
  } else {
    answered = std::unexpected(std::move(admitted.error()));
  }
  if (!answered) {
    on_failure_(answered.error(), trace);
    answered = problem(answered.error(), locale, trace);
  }
  answered->set_default("Cache-Control", "no-store");
  answered->set("Traceresponse", traceparent_of(trace, random_));
  co_return *std::move(answered);
}

http::Handler Gate::handler(Access access, Endpoint endpoint) const {
  return [this, access, endpoint = std::make_shared<const Endpoint>(std::move(endpoint))](
             http::Request request) { return run(access, endpoint.get(), std::move(request)); };
}

}  // namespace tenon::api
