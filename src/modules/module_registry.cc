#include "modules/module_registry.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace tenon::modules {
namespace {

std::vector<Needs> needs_of(const auto& entries) {
  std::vector<Needs> needs;
  for (const auto& entry : entries) needs.push_back(Needs::of(*entry->module));
  return needs;
}

}  // namespace

ModuleRegistry::ModuleRegistry(Executor executor, const Clock& clock, Random& random,
                               EventBus& events, LiveFeed& feed, Failed failed, ModuleTimes times)
    : context_{.executor = executor,
               .clock = clock,
               .random = random,
               .events = events,
               .feed = feed,
               .tenants = *this,
               .jobs = &jobs_},
      failed_(std::move(failed)),
      times_(times),
      calls_(std::move(executor)) {}

ModuleRegistry::~ModuleRegistry() = default;

void ModuleRegistry::told(std::string_view tenant, std::string_view module,
                          const Error& error) const {
  if (failed_) failed_(tenant, module, error);
}

Result<> ModuleRegistry::add(std::shared_ptr<ErpModule> module) {
  const std::unique_lock lock(mutex_);
  for (const auto& entry : natives_)
    if (entry->module->id() == module->id())
      return fail(
          Error(ErrorCode::conflict, "there are two modules \"" + std::string(module->id()) + "\"")
              .because("module.taken"));
  natives_.push_back(std::make_shared<Entry>());
  natives_.back()->module = std::move(module);
  return {};
}

Result<std::vector<std::string>> ModuleRegistry::topological_sort() const {
  const std::shared_lock lock(mutex_);
  auto order = order_modules(needs_of(natives_));
  if (!order.refused.empty())
    return std::unexpected<Error>(std::move(order.refused.begin()->second));
  return std::move(order.sorted);
}

asio::awaitable<void> ModuleRegistry::start() {
  Entries sorted;
  Order order;
  {
    const std::unique_lock lock(mutex_);
    order = order_modules(needs_of(natives_));
    for (const auto& id : order.sorted)
      sorted.push_back(*std::ranges::find(
          natives_, id, [](const auto& entry) { return std::string(entry->module->id()); }));
    for (const auto& entry : natives_)
      if (std::ranges::find(sorted, entry) == sorted.end()) sorted.push_back(entry);
    natives_ = sorted;
  }
  for (const auto& entry : sorted) {
    const std::string id(entry->module->id());
    Result<> begun;
    if (const auto refused = order.refused.find(id); refused != order.refused.end())
      begun = std::unexpected<Error>(refused->second);
    for (const auto& needed : entry->module->dependencies())
      for (const auto& other : sorted)
        if (begun && other->module->id() == needed.id && other->problem)
          begun = fail(Error(ErrorCode::conflict,
                             "\"" + id + "\" needs \"" + needed.id + "\", which did not start")
                           .because("module.blocked"));
    if (begun) begun = co_await begin(entry);
    if (begun) continue;
    told({}, id, begun.error());
    const std::unique_lock lock(mutex_);
    entry->problem = std::move(begun.error());
  }
}

Task<> ModuleRegistry::begin(EntryHandle entry) {
  const Deadline deadline = Deadline::after(times_.start);
  TENON_CO_TRY(co_await attempt(calls_, entry->module->on_startup(context_), deadline));
  auto subscriptions = entry->module->register_event_handlers(context_.events);
  if (!subscriptions) {
    (void)co_await attempt(calls_, entry->module->on_shutdown(deadline), deadline);
    co_return std::unexpected(std::move(subscriptions.error()));
  }
  auto routes = entry->module->public_routes();
  const auto open = routes.size();
  for (auto& route : entry->module->protected_routes()) routes.push_back(std::move(route));
  const std::unique_lock lock(mutex_);
  entry->subscriptions = *std::move(subscriptions);
  if (!entry->routes.empty()) co_return Result<>();  // in use already: it starts again
  entry->routes = std::move(routes);
  entry->open = open;
  co_return Result<>();
}

asio::awaitable<void> ModuleRegistry::end(std::string tenant, EntryHandle entry) {
  const Deadline deadline = Deadline::after(times_.stop);
  std::vector<Subscription> subscriptions;
  {
    const std::unique_lock lock(mutex_);
    subscriptions = std::exchange(entry->subscriptions, {});
  }
  for (auto& subscription : subscriptions) {
    const auto closed = co_await subscription.close(deadline);
    if (!closed) told(tenant, entry->module->id(), closed.error());
  }
  const auto ended = co_await attempt(calls_, entry->module->on_shutdown(deadline), deadline);
  if (!ended) told(tenant, entry->module->id(), ended.error());
}

ModuleRegistry::Entries ModuleRegistry::running() const {
  const std::shared_lock lock(mutex_);
  Entries found;
  for (const auto& entry : natives_)
    if (!entry->problem) found.push_back(entry);
  return found;
}

ModuleRegistry::Entries ModuleRegistry::modules_of(std::string_view tenant) const {
  const std::shared_lock lock(mutex_);
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return {};
  Entries entries;
  for (const auto& [id, entry] : found->second.modules) entries.push_back(entry);
  // Nothing is refused: what is in use was checked when it came.
  Entries sorted;
  for (const auto& id : order_modules(needs_of(entries), needs_of(natives_)).sorted)
    sorted.push_back(found->second.modules.at(id));
  return sorted;
}

Task<> ModuleRegistry::stop(Deadline deadline) {
  std::vector<std::string> names;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [name, entry] : tenants_) names.push_back(name);
  }
  publish_through({}, {});  // nobody asks any more
  for (auto& name : names) co_await close_tenant(std::move(name));
  auto natives = running();
  {
    const std::unique_lock lock(mutex_);
    natives_.clear();
  }
  for (const auto& entry : natives | std::views::reverse) co_await end({}, entry);
  co_return co_await calls_.stop(deadline);
}

Result<> ModuleRegistry::check(std::string_view tenant, const ErpModule& module) const {
  const std::string id(module.id());
  const std::shared_lock lock(mutex_);
  const auto found = tenants_.find(tenant);
  std::vector<Needs> needs{Needs::of(module)};
  if (found != tenants_.end())
    for (const auto& [other, entry] : found->second.modules)
      if (other != id) needs.push_back(Needs::of(*entry->module));
  for (const auto& entry : natives_)
    if (entry->module->id() == id)
      return fail(Error(ErrorCode::conflict, "\"" + id + "\" is the id of a part of the platform")
                      .because("module.taken"));
  const auto order = order_modules(needs, needs_of(natives_));
  if (const auto refused = order.refused.find(id); refused != order.refused.end())
    return std::unexpected<Error>(refused->second);
  if (order.refused.empty()) return {};
  // Somebody who is in use now could not be used any more.
  const auto& [other, why] = *order.refused.begin();
  return fail(
      Error(ErrorCode::conflict, "this version does not fit what is installed: " + why.message())
          .because("module.needed_version")
          .with_details(std::string(why.details())));
}

ModuleRegistry::EntryHandle ModuleRegistry::swap(const std::string& tenant, std::string_view id,
                                                 EntryHandle entry) {
  const std::unique_lock lock(mutex_);
  auto& modules = tenants_[tenant].modules;
  auto before = std::exchange(modules[std::string(id)], std::move(entry));
  if (modules.find(id)->second == nullptr) modules.erase(modules.find(id));
  return before;
}

Task<> ModuleRegistry::install(std::string tenant, std::shared_ptr<ErpModule> module) {
  TENON_CO_TRY(check(tenant, *module));
  const auto entry = std::make_shared<Entry>();
  entry->module = std::move(module);
  TENON_CO_TRY(co_await begin(entry));
  const auto id = entry->module->id();
  const auto before = swap(tenant, id, entry);
  auto published = publish();
  if (published) {
    if (before) co_await end(tenant, before);
    co_return Result<>();
  }
  (void)swap(tenant, id, before);
  co_await end(tenant, entry);
  if (before) (void)co_await begin(before);
  co_return published;
}

std::vector<std::string> ModuleRegistry::needed_by(std::string_view tenant,
                                                   std::string_view id) const {
  return needing(needs_of(modules_of(tenant)), id);
}

Task<> ModuleRegistry::remove(std::string tenant, std::string id) {
  const auto needed = needed_by(tenant, id);
  if (!needed.empty()) co_return fail(still_needed(id, needed));
  const auto entry = swap(tenant, id, nullptr);
  if (!entry)
    co_return fail(Error(ErrorCode::not_found, "the module \"" + id + "\" is not in use")
                       .because("module.unknown"));
  TENON_CO_TRY(publish());
  co_await end(std::move(tenant), entry);
  co_return Result<>();
}

Error still_needed(std::string_view id, const std::vector<std::string>& by) {
  std::string names;
  json::array list;
  for (const auto& one : by) {
    names.append(names.empty() ? "" : ", ").append(one);
    list.emplace_back(one);
  }
  return Error(ErrorCode::conflict,
               "\"" + std::string(id) + "\" is needed by " + names + "; remove those first")
      .because("module.needed")
      .with_details(json::serialize(json::object{{"needed_by", std::move(list)}}));
}

}  // namespace tenon::modules
