#include "http/router.h"

#include "http/route_table.h"

namespace tenon::http {

Router::Router() : table_(std::make_shared<const RouteTable>()) {}
Router::~Router() = default;

Result<> Router::replace(std::string_view owner, std::vector<Route> routes) {
  Routes compiled;
  for (Route& route : routes) {
    TENON_TRY(compile_pattern(route));
    compiled.push_back(std::make_shared<const Route>(std::move(route)));
  }
  const std::scoped_lock lock(mutex_);
  auto table = std::make_shared<RouteTable>();
  for (const auto& [name, owned] : owners_) {
    if (name == owner) continue;
    for (const auto& route : owned) TENON_TRY(table->add(route));
  }
  for (const auto& route : compiled) TENON_TRY(table->add(route));
  owners_.insert_or_assign(std::string(owner), std::move(compiled));
  publish(std::move(table));
  return {};
}

void Router::remove(std::string_view owner) {
  // Taking routes away cannot conflict, so the result is always good.
  const auto done = replace(owner, {});
  TENON_ASSERT(done.has_value());
}

void Router::publish(std::shared_ptr<const RouteTable> table) {
  table_ = std::move(table);
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const RouteTable> Router::table() const {
  const std::scoped_lock lock(mutex_);
  return table_;
}

RouteMatch Router::find(const Head& head) const { return table()->find(head); }

std::vector<PublishedRoute> Router::list() const {
  std::vector<PublishedRoute> all;
  const std::scoped_lock lock(mutex_);
  for (const auto& [owner, routes] : owners_)
    for (const auto& route : routes)
      all.push_back({.owner = owner, .method = route->method, .pattern = route->pattern});
  return all;
}

RouteMatch Router::Reader::find(const Head& head) {
  const std::uint64_t version = router_->version_.load(std::memory_order_acquire);
  if (version != seen_) {
    table_ = router_->table();
    seen_ = version;
  }
  return table_->find(head);
}

}  // namespace tenon::http
