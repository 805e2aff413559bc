#include "server/edge.h"

#include <memory>
#include <utility>

#include "api/endpoint.h"
#include "api/trace.h"

namespace tenon::server {
namespace {

ErrorCode code_of(int status) {
  switch (status) {
    case 404:
      return ErrorCode::not_found;
    case 500:
      return ErrorCode::internal;
    case 503:
      return ErrorCode::unavailable;
    default:
      return ErrorCode::invalid;
  }
}

/// The reasons that the API tells are words of what a client sees, not of the edge's parts.
std::string reason_of(const http::Problem& problem) {
  if (problem.status == 404) return "http.not_found";
  if (problem.status == 405) return "http.method";
  if (problem.status == 413) return "http.body_too_large";
  if (problem.rule == "time.handler") return "http.timeout";
  return "http." + std::string(problem.rule);
}

std::string trace_of(const http::Problem& problem, Random& random) {
  if (problem.notes == nullptr) return {};
  if (const auto noted = problem.notes->find("trace"); !noted.empty()) return std::string(noted);
  auto trace = problem.request != nullptr ? api::trace_of(*problem.request, random).text
                                          : api::new_trace(random).text;
  problem.notes->set("trace", trace);
  return trace;
}

}  // namespace

http::Response edge_problem(const http::Problem& problem, Random& random) {
  const std::string locale =
      problem.request != nullptr ? api::Gate::locale_of(*problem.request) : "en";
  const std::string trace = trace_of(problem, random);
  if (problem.notes != nullptr) problem.notes->set("reason", reason_of(problem));
  Error error(code_of(problem.status), std::string(problem.text));
  return api::Gate::problem(std::move(error).because(reason_of(problem)), locale, trace,
                            problem.status);
}

namespace {

asio::awaitable<http::Response> readiness(const std::atomic<bool>* leaving,
                                          const http::Handler* usual, http::Request request) {
  if (!*leaving) co_return co_await (*usual)(std::move(request));
  auto response = http::Response::json(503, R"({"status":"stopping"})");
  response.set("Retry-After", "1").set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace

std::vector<http::Route> not_ready_when(const std::atomic<bool>& leaving,
                                        std::vector<http::Route> routes) {
  for (auto& route : routes) {
    if (route.pattern != "/readyz") continue;
    // shared: the route is copied into the router's tables
    auto usual = std::make_shared<const http::Handler>(std::move(route.handler));
    route.handler = [leaving = &leaving, usual](http::Request request) {
      return readiness(leaving, usual.get(), std::move(request));
    };
  }
  return routes;
}

}  // namespace tenon::server
