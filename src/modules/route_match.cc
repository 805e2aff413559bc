#include "modules/route_match.h"

#include <algorithm>
#include <array>

namespace tenon::modules {
namespace {

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }
bool is_rest(std::string_view segment) { return segment.ends_with("*}"); }

/// Takes `/segment` off `pattern`.
std::string_view take(std::string_view& pattern) {
  pattern.remove_prefix(1);
  const auto segment = pattern.substr(0, pattern.find('/'));
  pattern.remove_prefix(segment.size());
  return segment;
}

/// Whether `left` says more exactly what it takes; both fit the same path.
bool more_exact(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    const bool a = is_parameter(take(left));
    const bool b = is_parameter(take(right));
    if (a != b) return b;
  }
  return false;
}

}  // namespace

bool fits(std::string_view pattern, const http::Request& request) {
  std::size_t at = 0;
  for (; pattern.starts_with('/'); ++at) {
    const auto wanted = take(pattern);
    if (is_parameter(wanted) && is_rest(wanted)) return true;
    if (at == request.segment_count()) return false;
    const auto segment = request.segment(at);
    if (is_parameter(wanted) ? segment.empty() : wanted != segment) return false;
  }
  return at == request.segment_count();
}

RouteChoice choose_route(const std::vector<Route>& routes, const http::Request& request) {
  RouteChoice choice;
  std::array<bool, http::kMethods> methods{};
  for (const auto& route : routes) {
    if (!fits(route.pattern, request)) continue;
    methods[static_cast<std::size_t>(route.method)] = true;
    if (route.method == http::Method::get)
      methods[static_cast<std::size_t>(http::Method::head)] = true;
    const bool head = request.method() == http::Method::head && route.method == http::Method::get;
    if (route.method != request.method() && !head) continue;
    if (choice.route == nullptr || more_exact(route.pattern, choice.route->pattern))
      choice.route = &route;
  }
  for (std::size_t i = 0; i < methods.size(); ++i)
    if (methods[i])
      choice.allow.append(choice.allow.empty() ? "" : ", ").append(http::kMethodNames[i]);
  return choice;
}

std::string shape_of(std::string_view pattern) {
  std::string shape;
  for (std::size_t at = 0; pattern.starts_with('/'); ++at) {
    const auto segment = take(pattern);
    shape += '/';
    if (!is_parameter(segment))
      shape += segment;
    else
      shape += is_rest(segment) ? "{rest*}" : "{p" + std::to_string(at) + "}";
  }
  return shape;
}

}  // namespace tenon::modules
