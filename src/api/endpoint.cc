#include "api/endpoint.h"

#include <span>
#include <utility>

#include "api/problem.h"
#include "base/hash.h"
#include "http/cookie.h"

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

Gate::Gate(identity::Sessions& sessions, Random& random, FailureSink on_failure)
    : sessions_(sessions), random_(random), on_failure_(std::move(on_failure)) {}

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
  if (const auto token = http::find_cookie(request, kSessionCookie))
    context.principal = sessions_.find(*token);
  context.locale = request.header("Accept-Language") || !context.principal
                       ? locale_of(request)
                       : context.principal->locale;
  return context;
}

http::Response Gate::problem(const Error& error, std::string_view locale, std::string_view trace) {
  const auto status = static_cast<int>(http_status(error));
  auto response = http::Response::json(status, problem_json(error, locale, trace),
                                       "application/problem+json; charset=utf-8");
  response.set("Content-Language", locale);
  if (status == 429 || status == 503) response.set("Retry-After", "1");
  return response;
}

http::Handler Gate::handler(Access access, Endpoint endpoint) const {
  // The capturing lambda is not a coroutine: it calls one whose parameters are all by value.
  struct Run {
    static asio::awaitable<http::Response> run(const Gate* gate, Access access,
                                               const Endpoint* endpoint, http::Request request) {
      RequestContext context = gate->context_of(request);
      const std::string locale = context.locale;
      const std::string trace = context.trace;
      Result<http::Response> answer = http::Response(204);
      auto allowed = check_same_site(request);
      if (allowed) allowed = check_access(access, context);
      if (!allowed) {
        answer = std::unexpected(std::move(allowed.error()));
      } else {
        answer = co_await (*endpoint)(std::move(context), std::move(request));
      }
      if (!answer) {
        gate->on_failure_(answer.error(), trace);
        answer = problem(answer.error(), locale, trace);
      }
      answer->set_default("Cache-Control", "no-store");
      co_return *std::move(answer);
    }
  };
  return [this, access,
          endpoint = std::make_shared<const Endpoint>(std::move(endpoint))](http::Request request) {
    return Run::run(this, access, endpoint.get(), std::move(request));
  };
}

}  // namespace tenon::api
