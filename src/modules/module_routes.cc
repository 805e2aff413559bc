// How the registry hands the routes of all modules to the edge.
#include <algorithm>
#include <array>
#include <set>

#include "modules/module_registry.h"
#include "modules/route_match.h"

namespace tenon::modules {
namespace {

// A tenant's module is asked for each of them, so that the answer of a wrong method is of the
// tenant's own version.
constexpr std::array kMethods = {http::Method::get, http::Method::post, http::Method::put,
                                 http::Method::patch, http::Method::del};

std::unexpected<Error> nothing_here() {
  return fail(Error(ErrorCode::not_found, "there is no such address").because("http.not_found"));
}

std::unexpected<Error> sign_in_first() {
  return fail(Error(ErrorCode::denied, "sign in first").because("http.unauthenticated"));
}

}  // namespace

void ModuleRegistry::publish_through(Binder binder, Publisher publisher) {
  const std::lock_guard lock(publishing_);
  binder_ = std::move(binder);
  publisher_ = std::move(publisher);
}

Result<> ModuleRegistry::publish() {
  const std::lock_guard lock(publishing_);
  ++generation_;
  if (!publisher_) return {};
  return publisher_(build_routes());
}

std::vector<OfferedRoute> ModuleRegistry::offered_to(std::string_view tenant) const {
  std::vector<OfferedRoute> offered;
  const auto add = [&](const Entry& entry) {
    for (std::size_t i = 0; i < entry.routes.size(); ++i)
      offered.push_back({.module = std::string(entry.module->id()),
                         .name = entry.module->name(),
                         .open = i < entry.open,
                         .route = entry.routes[i]});
  };
  const std::shared_lock lock(mutex_);
  for (const auto& entry : natives_)
    if (!entry->problem) add(*entry);
  if (const auto owner = tenants_.find(tenant); owner != tenants_.end())
    for (const auto& [id, entry] : owner->second.modules) add(*entry);
  return offered;
}

Result<FoundRoute> ModuleRegistry::find_of_tenant(std::string_view id, std::string_view tenant,
                                                  const http::Request& request) const {
  // Before sign-in nobody says which tenant is meant, so there is no public route either.
  if (tenant.empty()) return sign_in_first();
  const std::shared_lock lock(mutex_);
  const auto owner = tenants_.find(tenant);
  if (owner == tenants_.end()) return nothing_here();
  const auto module = owner->second.modules.find(id);
  if (module == owner->second.modules.end()) return nothing_here();
  const auto choice = choose_route(module->second->routes, request);
  if (choice.route != nullptr) return FoundRoute{.module = module->second, .route = choice.route};
  if (choice.allow.empty()) return nothing_here();
  return fail(Error(ErrorCode::invalid, "the method is not allowed here")
                  .because("http.method")
                  .with_details(json::serialize(json::object{{"allow", choice.allow}})));
}

std::vector<http::Route> ModuleRegistry::build_routes() const {
  std::vector<http::Route> built;
  const std::shared_lock lock(mutex_);
  for (const auto& entry : natives_) {
    if (entry->problem) continue;
    for (std::size_t i = 0; i < entry->routes.size(); ++i) {
      const auto& route = entry->routes[i];
      auto find = [entry, &route, open = i < entry->open](
                      std::string_view tenant, const http::Request&) -> Result<FoundRoute> {
        if (tenant.empty() && !open) return sign_in_first();
        return FoundRoute{.module = entry, .route = &route};
      };
      built.push_back({.method = route.method,
                       .pattern = route.pattern,
                       .handler = binder_(std::move(find)),
                       .body_bytes = route.body_bytes,
                       .streams_body = route.streams_body});
    }
  }
  struct Place {
    std::map<std::string, std::size_t> bodies;  // by shape: the largest that anybody takes
  };
  std::map<std::string, Place, std::less<>> places;  // by module
  for (const auto& [name, tenant] : tenants_)
    for (const auto& [id, entry] : tenant.modules)
      for (const auto& route : entry->routes) {
        auto& bytes = places[id].bodies[shape_of(route.pattern)];
        bytes = std::max(bytes, route.body_bytes);
      }
  for (const auto& [id, place] : places) {
    const auto handler = binder_([this, id](std::string_view tenant, const http::Request& request) {
      return find_of_tenant(id, tenant, request);
    });
    for (const auto& [pattern, bytes] : place.bodies)
      for (const auto method : kMethods)
        built.push_back(
            {.method = method, .pattern = pattern, .handler = handler, .body_bytes = bytes});
  }
  return built;
}

}  // namespace tenon::modules
