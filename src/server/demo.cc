#include "server/demo.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "identity/rights.h"
#include "identity/users.h"
#include "plugins/records.h"
#include "server/demo_customers.h"

namespace tenon::server {
namespace {

constexpr std::size_t kBatch = 500;
constexpr std::chrono::minutes kPatience{5};

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file || content.empty())
    return fail(ErrorCode::unavailable,
                "--demo needs " + path.string() + "; build it, or name its folder by --plugins");
  return content;
}

/// Rows of one batch in one transaction, each through the hook.
Task<> insert_batch(plugins::Host& host, std::shared_ptr<plugins::Workspace> workspace,
                    std::shared_ptr<const identity::Principal> principal, DemoCustomers& customers,
                    std::size_t count) {
  const auto installations = workspace->installations();
  const auto catalog = workspace->tenant()->catalog();
  TENON_CO_ASSIGN(entity, catalog->entity("crm", "customer"));
  data::UnitOfWork work =
      workspace->tenant()->unit(data::Viewer{.user = principal->user}, data::Origin{});
  plugins::CallOrigin origin{.workspace = workspace,
                             .installations = installations,
                             .principal = std::move(principal),
                             .trace = "demo",
                             .deadline = Deadline::after(kPatience)};
  for (std::size_t i = 0; i < count; ++i)
    TENON_CO_TRY(co_await plugins::insert_record(host, {.work = work, .origin = origin}, *entity,
                                                 customers.next()));
  co_return co_await work.commit();
}

}  // namespace

Task<> make_demo(const Config& config, plugins::Registry& registry, plugins::Host& host,
                 identity::Identity& identity) {
  if (registry.knows("demo")) co_return Result<>();
  const auto folder = config.plugins / "crm";
  TENON_CO_ASSIGN(manifest, read_file(folder / "plugin.toml"));
  TENON_CO_ASSIGN(component, read_file(folder / "plugin.wasm"));
  TENON_CO_ASSIGN(words, read_file(folder / "demo" / "words.json"));
  TENON_CO_ASSIGN(customers, DemoCustomers::read(words, host.clock().now()));
  TENON_CO_ASSIGN(workspace, registry.create("demo", config.demo_database));
  const Deadline deadline = Deadline::after(kPatience);
  // The one password that keeps no rule: it is shown to everybody, and listens on loopback only.
  TENON_CO_ASSIGN(hash, co_await identity.passwords.hash(Secret<std::string>("demo"), deadline));
  TENON_CO_ASSIGN(
      user, co_await identity::change(
                identity.tools, identity.realms.of(workspace->tenant()),
                identity::Actor{.by = "demo"}, deadline, [&hash](identity::Change& change) {
                  return identity::create_user(
                      change,
                      {.name = "demo", .roles = {identity::kAdministratorRole}, .password = hash});
                }));
  const auto principal = std::make_shared<const identity::Principal>(
      identity::Principal{.tenant = "demo", .user = user, .name = "demo", .administrator = true});
  TENON_CO_TRY(co_await registry.install(
      workspace,
      plugins::InstallRequest{.by = {.principal = principal, .trace = "demo", .deadline = deadline},
                              .manifest = std::move(manifest),
                              .component = std::move(component)}));
  for (std::size_t done = 0; done < config.demo_rows; done += kBatch)
    TENON_CO_TRY(co_await insert_batch(host, workspace, principal, customers,
                                       std::min(kBatch, config.demo_rows - done)));
  co_return Result<>();
}

}  // namespace tenon::server
