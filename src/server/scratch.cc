#include "server/scratch.h"

#include <stdlib.h>

#include <filesystem>
#include <utility>

#include "async/wait_for.h"
#include "data/tenant.h"
#include "plugins/workspace.h"

namespace tenon::server {
namespace {

constexpr std::string_view kManifestV0 = R"([metadata]
id = "scratch"
name = "Scratch"
version = "0.0.0"
contract = "v0"

[[schema.entities]]
name = "test_entity"
display_name = "Test"

[[schema.entities.fields]]
name = "name"
field_type = "string"
display_name = "Name"
)";

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "tenon-scratch-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Without a manifest the component says itself which contract it was built against.
Result<plugins::PluginHandle> load(plugins::Loader& loader, const ScratchCall& call) {
  if (call.manifest) return loader.load(*call.manifest, call.component);
  auto v0 = loader.load(kManifestV0, call.component);
  if (v0 || v0.error().reason() != "plugin.export") return v0;
  std::string v1(kManifestV0);
  v1.replace(v1.find("\"v0\""), 4, "\"v1.0\"");
  return loader.load(v1, call.component);
}

std::string argument(const ScratchCall& call, std::size_t index,
                     std::string_view otherwise = "{}") {
  return index < call.arguments.size() ? call.arguments[index] : std::string(otherwise);
}

Result<> check(const ScratchCall& call) {
  struct Form {
    std::string_view function;
    std::size_t least, most;
  };
  constexpr Form forms[] = {{"init", 0, 0},
                            {"handle-event", 1, 2},
                            {"before-save", 3, 3},
                            {"action", 1, 2},
                            {"route", 1, 1}};
  for (const Form& form : forms)
    if (call.function == form.function) {
      if (call.arguments.size() >= form.least && call.arguments.size() <= form.most) return {};
      return fail(Error(ErrorCode::invalid, call.function + " takes " + std::to_string(form.least) +
                                                " to " + std::to_string(form.most) + " arguments")
                      .because("call.arguments"));
    }
  return fail(
      Error(ErrorCode::invalid, "there is no function \"" + call.function +
                                    "\"; choose init, handle-event, before-save, action or route")
          .because("call.arguments"));
}

asio::awaitable<plugins::Outcome> dispatch(plugins::Host& host, const ScratchCall& call,
                                           plugins::CallArguments to) {
  if (call.function == "init") co_return co_await host.init(std::move(to));
  if (call.function == "handle-event") {
    const std::string payload = argument(call, 1);
    std::string event =
        R"({"id":"","type":")" + argument(call, 0) + R"(","hop":0,"payload":)" + payload + "}";
    co_return co_await host.handle_event(std::move(to), argument(call, 0), payload,
                                         std::move(event));
  }
  if (call.function == "before-save")
    co_return co_await host.before_save(std::move(to), argument(call, 0), argument(call, 1),
                                        argument(call, 2));
  if (call.function == "action")
    co_return co_await host.run_action(std::move(to), argument(call, 0), argument(call, 1));
  co_return co_await host.handle_route(std::move(to), argument(call, 0));
}

Task<ScratchReport> run(plugins::Host& host, plugins::PluginHandle plugin,
                        std::shared_ptr<data::Tenant> tenant, const ScratchCall& call) {
  const Deadline deadline = Deadline::after(std::chrono::seconds(60));
  TENON_CO_TRY(co_await tenant->install(
      data::Package{.id = plugin->id(),
                    .version = plugin->manifest.metadata.version.text(),
                    .manifest = call.manifest.value_or(std::string(kManifestV0)),
                    .component = call.component,
                    .sha256 = plugin->sha256,
                    .entities = plugin->manifest.entities},
      deadline));
  auto workspace = std::make_shared<plugins::Workspace>(tenant);
  workspace->enable(plugin);
  const auto installations = workspace->installations();
  Limits limits = Limits::sync_call();
  if (call.fuel) limits.fuel = *call.fuel;
  auto principal = std::make_shared<const identity::Principal>(identity::Principal{
      .tenant = tenant->name(), .user = {}, .name = "author", .administrator = true});

  data::UnitOfWork work = tenant->unit(data::Viewer{}, data::Origin{.plugin = plugin->id()});
  ScratchReport report{.outcome = co_await dispatch(host, call,
                                                    {.installation = installations->begin()->second,
                                                     .work = work,
                                                     .origin = {.workspace = workspace,
                                                                .installations = installations,
                                                                .principal = std::move(principal),
                                                                .trace = "scratch",
                                                                .deadline = deadline},
                                                     .limits = limits}),
                       .rows = {}};
  if (report.outcome.result) {
    TENON_CO_TRY(co_await work.commit());
  } else {
    work.rollback();
  }
  const auto catalog = tenant->catalog();
  for (const data::EntityInfo* entity : catalog->entities()) {
    TENON_CO_ASSIGN(page, tenant->list(*entity, data::Query{}, data::Viewer{}, deadline));
    report.rows.emplace_back(entity->name(), std::move(page.json));
  }
  co_return report;
}

}  // namespace

Result<ScratchReport> run_scratch(const ScratchCall& call) {
  TENON_TRY(check(call));
  const TemporaryFolder folder;
  if (folder.path().empty()) return fail(ErrorCode::unavailable, "no temporary folder can be made");
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool({.threads = 1, .queue = 64, .name = "blocking"});
  TENON_ASSIGN(engine, wasm::Engine::create());
  data::Tenants tenants(folder.path().string(), pool, clock, random);
  TENON_ASSIGN(host, plugins::Host::create(*engine, clock, plugins::NativeCache(), 1, {}));
  TENON_ASSIGN(plugin, load(host->loader(), call));
  TENON_ASSIGN(tenant, tenants.create("scratch"));
  auto report = wait_for(run(*host, plugin, tenant, call));
  host->stop();
  return report;
}

}  // namespace tenon::server
