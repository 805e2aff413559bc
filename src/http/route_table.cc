#include "http/route_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/ascii.h"

namespace tenon::http {
namespace {

template <class Visit>
void for_each_segment(std::string_view pattern, Visit&& visit) {
  for (std::size_t index = 0;; ++index) {
    pattern.remove_prefix(1);
    const std::size_t end = pattern.find('/');
    visit(pattern.substr(0, end), index, end == std::string_view::npos);
    if (end == std::string_view::npos) return;
    pattern.remove_prefix(end);
  }
}

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }
bool is_wildcard(std::string_view segment) { return segment.ends_with("*}"); }

bool is_pattern_segment(std::string_view segment) {
  if (!is_parameter(segment)) {
    return std::ranges::all_of(segment, [](char c) { return is_path_byte(c) && c != '%'; });
  }
  if (!segment.ends_with('}')) return false;
  segment = segment.substr(1, segment.size() - 2);
  if (segment.ends_with('*')) segment.remove_suffix(1);
  return !segment.empty() &&
         std::ranges::all_of(segment, [](char c) { return is_unreserved_byte(c); });
}

}  // namespace

Result<> compile_pattern(Route& route) {
  bool good = route.pattern.starts_with('/') && route.handler != nullptr;
  route.parameters.clear();
  route.wildcard_from = 0;
  if (good) {
    for_each_segment(route.pattern, [&](std::string_view segment, std::size_t index, bool last) {
      good = good && is_pattern_segment(segment) && (last || !is_wildcard(segment));
      if (!good || !is_parameter(segment)) return;
      if (is_wildcard(segment)) {
        route.wildcard_from = index;
      } else {
        route.parameters.emplace_back(segment.substr(1, segment.size() - 2), index);
      }
    });
  }
  if (good) return {};
  return fail(Error(ErrorCode::invalid, fmt::format("{} is not a route pattern", route.pattern))
                  .because("route.pattern"));
}

Result<> RouteTable::add(const std::shared_ptr<const Route>& route) {
  Node* node = &root_;
  ByMethod* place = nullptr;
  for_each_segment(route->pattern, [&](std::string_view segment, std::size_t, bool) {
    if (is_parameter(segment) && is_wildcard(segment)) {
      place = &node->rest;
      return;
    }
    auto& child = is_parameter(segment)
                      ? node->parameter
                      : node->literals.try_emplace(std::string(segment)).first->second;
    if (!child) child = std::make_unique<Node>();
    node = child.get();
    place = &node->here;
  });
  auto& slot = (*place)[static_cast<std::size_t>(route->method)];
  if (slot) {
    return fail(
        Error(ErrorCode::conflict, fmt::format("{} {} is taken by {}", to_string(route->method),
                                               route->pattern, slot->pattern))
            .because("route.taken"));
  }
  slot = route;
  return {};
}

const std::shared_ptr<const Route>* RouteTable::walk(const Node& node, const Head& head,
                                                     std::size_t depth,
                                                     std::array<bool, kMethods>& seen) const {
  const auto take = [&](const ByMethod& routes) -> const std::shared_ptr<const Route>* {
    for (std::size_t i = 0; i < kMethods; ++i) seen[i] = seen[i] || routes[i] != nullptr;
    const auto& exact = routes[static_cast<std::size_t>(head.method)];
    if (exact) return &exact;
    const auto& get = routes[static_cast<std::size_t>(Method::get)];
    return head.method == Method::head && get ? &get : nullptr;
  };
  if (depth == head.segment_count()) {
    return take(node.here);
  }
  const std::string_view segment = head.segment(depth);
  if (const auto literal = node.literals.find(segment); literal != node.literals.end()) {
    if (const auto* found = walk(*literal->second, head, depth + 1, seen)) return found;
  }
  // A path that is known more exactly answers 405: `PATCH /customer/picker` is no change of the
  // record "picker", and the wildcard of a start page catches nothing that has an address.
  const auto known = [&] { return std::ranges::any_of(seen, std::identity{}); };
  if (known()) return nullptr;
  if (node.parameter && !segment.empty()) {
    if (const auto* found = walk(*node.parameter, head, depth + 1, seen)) return found;
  }
  if (known()) return nullptr;
  return take(node.rest);
}

RouteMatch RouteTable::find(const Head& head) const {
  std::array<bool, kMethods> seen{};
  if (head.segment_count() == 0) return {};
  if (const auto* found = walk(root_, head, 0, seen)) return {*found, {}};
  seen[static_cast<std::size_t>(Method::head)] |= seen[static_cast<std::size_t>(Method::get)];
  RouteMatch match;
  for (std::size_t i = 0; i < kMethods; ++i) {
    if (!seen[i]) continue;
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += kMethodNames[i];
  }
  return match;
}

}  // namespace tenon::http
