#include <algorithm>
#include <array>

#include "plugins/manifest/codes.h"
#include "plugins/manifest/read.h"
#include "plugins/manifest/sections.h"

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;

constexpr std::array kMethods = {"GET"sv, "POST"sv, "PUT"sv, "PATCH"sv, "DELETE"sv};
constexpr std::size_t kLongestPath = 200;

bool is_word(std::string_view text, std::string_view more) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != more.npos;
  });
}

/// `/summary/{city}`, and the same with every parameter written `{}`; empty when it is no path.
std::string shape_of(std::string_view path) {
  if (path.size() > kLongestPath || !path.starts_with('/') || path.size() < 2) return {};
  std::string shape;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (path == "/") return {};
    const bool is_parameter = segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
    if (!is_word(is_parameter ? segment.substr(1, segment.size() - 2) : segment,
                 is_parameter ? "_" : "_-"))
      return {};
    shape.append("/").append(is_parameter ? "{}" : segment);
  }
  return shape;
}

void read_access(TableReader& table, Route& route, Draft& draft) {
  route.is_public = table.boolean("public", false);
  const auto permission = table.text("permission", Need::optional);
  if (permission) {
    must_be_permission(*permission, draft);
    route.permission = permission->text;
  }
  if (route.is_public && permission)
    draft.issues.add(permission->spot, codes::kContradiction,
                     "a route is public or asks for a permission, not both");
  if (!route.is_public && !permission && table.any("permission") == nullptr)
    draft.issues.add(table.spot(), codes::kMissing,
                     "a route needs permission = \"…\" or public = true");
}

}  // namespace

void read_routes(TableReader& root, Draft& draft) {
  UniqueNames unique("route", draft.issues);
  for (auto& table : root.tables("routes", ManifestLimits::kItems)) {
    Route route;
    const auto method = table.choice("method", Need::required, kMethods);
    const auto path = table.text("path", Need::required);
    const auto shape = path ? shape_of(path->text) : std::string();
    if (path && shape.empty())
      draft.issues.add(path->spot, codes::kPath,
                       quoted(path->text) +
                           " is no path: at most 200 characters, like /summary/{city} of a to z, "
                           "0 to 9, _ and -");
    read_access(table, route, draft);
    table.finish();
    if (!method || shape.empty()) continue;
    if (!unique.add({std::string(kMethods[*method]) + " " + shape, path->spot})) continue;
    route.method = static_cast<RouteMethod>(*method);
    route.path = path->text;
    draft.manifest.routes.push_back(std::move(route));
  }
}

}  // namespace tenon::plugins
