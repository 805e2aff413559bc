#include "plugins/registry.h"

#include <mutex>
#include <utility>

#include "async/wait_for.h"

namespace tenon::plugins {
namespace {

/// The enabled plugins of one tenant.
class Stored final : public modules::ModuleSource {
 public:
  using Broken =
      std::function<void(std::string_view tenant, std::string_view plugin, const Error&)>;
  using Make = std::function<std::shared_ptr<modules::ErpModule>(PluginHandle)>;
  Stored(Loader& loader, std::shared_ptr<data::Tenant> tenant, Make make, Broken broken)
      : loader_(loader),
        tenant_(std::move(tenant)),
        make_(std::move(make)),
        broken_(std::move(broken)) {}

  std::vector<std::shared_ptr<modules::ErpModule>> load() override {
    std::vector<std::shared_ptr<modules::ErpModule>> all;
    for (const data::PluginRow& row : tenant_->catalog()->plugins()) {
      if (row.state != data::PluginState::enabled) continue;
      auto loaded = load(row);
      if (loaded)
        all.push_back(make_(*std::move(loaded)));
      else if (broken_)
        broken_(tenant_->name(), row.id, loaded.error());
    }
    return all;
  }

 private:
  Result<PluginHandle> load(const data::PluginRow& row) {
    TENON_ASSIGN(component, tenant_->component(row.id));
    return loader_.load(row.manifest, component);
  }

  Loader& loader_;
  std::shared_ptr<data::Tenant> tenant_;
  Make make_;
  Broken broken_;
};

/// For who waits for the end of a coroutine that cannot fail.
Task<> done(asio::awaitable<void> work) {
  co_await std::move(work);
  co_return Result<>();
}

}  // namespace

Registry::Registry(RegistryParts parts)
    : tenants_(parts.tenants),
      host_(parts.host),
      compilers_(parts.compilers),
      modules_(parts.modules),
      events_(parts.events),
      feed_(parts.feed),
      watching_(parts.host.executor()) {}

Registry::~Registry() = default;

Result<> Registry::open_all(Listener listener) {
  listener_ = std::move(listener);
  TENON_ASSIGN(names, tenants_.list());
  std::map<std::string, Error> failed;  // by server: each is waited for once
  for (const std::string& name : names) {
    auto server = tenants_.address(name);
    if (const auto known = failed.find(server); known != failed.end()) {
      note_away(name, std::move(server), known->second);
      continue;
    }
    auto tenant = tenants_.open(name);
    if (tenant) {
      TENON_TRY(serve(*std::move(tenant)));
    } else if (!server.empty() && may_come_back(tenant.error())) {
      failed.emplace(server, tenant.error());
      note_away(name, std::move(server), tenant.error());
    } else {
      return std::unexpected(std::move(tenant.error()));
    }
  }
  watching_.spawn(watch());
  return {};
}

Result<std::shared_ptr<Workspace>> Registry::create(std::string_view name,
                                                    const std::string& database) {
  TENON_ASSIGN(tenant, tenants_.create(name, database));
  return serve(tenant);
}

std::shared_ptr<WasmModule> Registry::module_of(const std::shared_ptr<Workspace>& workspace,
                                                PluginHandle plugin) {
  return std::make_shared<WasmModule>(host_, workspace, std::move(plugin),
                                      [this](std::string_view tenant) { committed(tenant); });
}

Result<std::shared_ptr<Workspace>> Registry::serve(std::shared_ptr<data::Tenant> tenant) {
  TENON_TRY(wait_for(modules_.open_tenant(tenant)));
  auto workspace = std::make_shared<Workspace>(tenant);
  const auto source = std::make_shared<Stored>(
      host_.loader(), tenant,
      [&](PluginHandle plugin) { return module_of(workspace, std::move(plugin)); },
      listener_.broken);
  TENON_TRY(wait_for(done(modules_.load_wasm_plugins(tenant->name(), source))));
  feed_.open(tenant);
  events_.open(tenant, host_.executor());
  const std::unique_lock lock(mutex_);
  entries_[tenant->name()] = Entry{.workspace = workspace,
                                   .server = tenants_.address(tenant->name()),
                                   .changes = std::make_shared<PermitPool>(1, 16)};
  return workspace;
}

Result<std::shared_ptr<Workspace>> Registry::serving(std::string_view tenant) const {
  const std::shared_lock lock(mutex_);
  if (const auto entry = entries_.find(tenant); entry != entries_.end())
    return entry->second.workspace;
  if (away_.contains(tenant))
    return fail(Error(ErrorCode::unavailable,
                      "the database of this company cannot be reached now; it is tried again")
                    .because("tenant.away"));
  return fail(
      Error(ErrorCode::unavailable, "this company is not served here now").because("tenant.gone"));
}

bool Registry::knows(std::string_view tenant) const {
  const std::shared_lock lock(mutex_);
  return entries_.contains(tenant) || away_.contains(tenant);
}

Registry::Health Registry::health() const {
  const std::shared_lock lock(mutex_);
  Health health{.served = 0, .away = away_.size()};
  for (const auto& [name, entry] : entries_) {
    if (silent_.contains(entry.server)) {
      ++health.away;
      continue;
    }
    ++health.served;
    const storage::Figures figures = entry.workspace->tenant()->database().figures();
    if (figures.failed) ++health.read_only;
    health.storage.commits += figures.commits;
    health.storage.members += figures.members;
    health.storage.reruns += figures.reruns;
  }
  return health;
}

void Registry::committed(std::string_view tenant) {
  events_.committed(tenant);
  feed_.committed(tenant);
}

Task<> Registry::retire(std::string tenant, Requester by) {
  std::shared_ptr<Workspace> workspace;
  {
    const std::unique_lock lock(mutex_);
    auto node = entries_.extract(tenant);
    if (node.empty())
      co_return fail(
          Error(ErrorCode::not_found, "this company is not served here").because("tenant.gone"));
    workspace = node.mapped().workspace;
  }
  auto closed = co_await events_.close(tenant, by.deadline);
  co_await modules_.tenant_deleted({.tenant = workspace->tenant(),
                                    .principal = by.principal,
                                    .trace = by.trace,
                                    .deadline = by.deadline});
  co_await modules_.close_tenant(tenant);
  feed_.close(tenant);
  co_return closed;
}

Task<> Registry::stop(Deadline deadline) {
  TENON_CO_TRY(co_await watching_.stop(deadline));
  const std::unique_lock lock(mutex_);
  entries_.clear();
  co_return Result<>();
}

}  // namespace tenon::plugins
