#include "support/plugin_kit.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <fstream>
#include <iterator>

namespace tenon::testing {
namespace {

const Deadline kSoon = Deadline::never();

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().for_log());
  return *std::move(result);
}

/// The frame owns everything the call uses, so that the caller may go on.
template <class Start>
asio::awaitable<Called> run(plugins::Host* host, std::shared_ptr<plugins::Workspace> workspace,
                            std::string plugin, Limits limits, Start start_call) {
  const auto installations = workspace->installations();
  data::UnitOfWork work = workspace->tenant()->unit(data::Viewer{}, data::Origin{.plugin = plugin});
  auto principal = std::make_shared<const identity::Principal>(identity::Principal{
      .tenant = workspace->tenant()->name(), .user = {}, .name = "tester", .administrator = true});
  plugins::CallArguments arguments{
      .installation = installations->at(plugin),
      .work = work,
      .origin = {.workspace = workspace,
                 .installations = installations,
                 .principal = std::move(principal),
                 .trace = "test",
                 .deadline = Deadline::after(std::chrono::seconds(30))},
      .limits = limits};
  Called called{.outcome = co_await start_call(*host, std::move(arguments)), .committed = {}};
  if (called.outcome.result) {
    called.committed = co_await work.commit();
  } else {
    work.rollback();
  }
  co_return called;
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string guest(const std::string& name) {
  return read_file(std::filesystem::path(TENON_GUESTS_DIR) / (name + ".wasm"));
}

std::string manifest_v0(const std::string& id) {
  return "[metadata]\nid = \"" + id + R"("
name = "Sample"
version = "1.0.0"
contract = "v0"

[[schema.entities]]
name = "test_entity"
display_name = "Test"

[[schema.entities.fields]]
name = "name"
field_type = "string"
display_name = "Name"
)";
}

PluginKit::PluginKit() : pool_({.threads = 2, .queue = 256, .name = "blocking"}) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tenon-kit-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  engine_ = must(wasm::Engine::create());
  tenants_ = std::make_unique<data::Tenants>(folder_.string(), pool_, clock_, random_);
  host_ = must(plugins::Host::create(*engine_, clock_, plugins::NativeCache(), 1, {}));
  tenant_ = must(tenants_->create("test"));
  workspace_ = std::make_shared<plugins::Workspace>(tenant_);
}

PluginKit::~PluginKit() {
  host_->stop();
  workspace_.reset();
  tenant_.reset();
  tenants_->close();
  pool_.stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Result<plugins::PluginHandle> PluginKit::install(const std::string& manifest,
                                                 const std::string& component) {
  TENON_ASSIGN(plugin, host_->loader().load(manifest, component));
  TENON_TRY(wait(tenant_->install(data::Package{.id = plugin->id(),
                                                .version = plugin->manifest.metadata.version.text(),
                                                .manifest = manifest,
                                                .component = component,
                                                .sha256 = plugin->sha256,
                                                .entities = plugin->manifest.entities},
                                  kSoon)));
  workspace_->enable(plugin);
  return plugin;
}

template <class Start>
std::future<Called> PluginKit::start(const std::string& plugin, Limits limits, Start start_call) {
  return asio::co_spawn(host_->executor(),
                        run(host_.get(), workspace_, plugin, limits, std::move(start_call)),
                        asio::use_future);
}

std::future<Called> PluginKit::init(const std::string& plugin, Limits limits) {
  return start(plugin, limits, [](plugins::Host& host, plugins::CallArguments arguments) {
    return host.init(std::move(arguments));
  });
}

std::future<Called> PluginKit::handle_event(const std::string& plugin, std::string type,
                                            std::string payload, Limits limits) {
  return start(plugin, limits,
               [type = std::move(type), payload = std::move(payload)](
                   plugins::Host& host, plugins::CallArguments arguments) {
                 return host.handle_event(std::move(arguments), type, payload, payload);
               });
}

std::future<Called> PluginKit::before_save(const std::string& plugin, std::string entity,
                                           std::string after, Limits limits) {
  return start(plugin, limits,
               [entity = std::move(entity), after = std::move(after)](
                   plugins::Host& host, plugins::CallArguments arguments) {
                 return host.before_save(std::move(arguments), entity, "insert",
                                         R"({"before":null,"after":)" + after + "}");
               });
}

std::string PluginKit::rows(const std::string& plugin, const std::string& entity) {
  const auto catalog = tenant_->catalog();
  const auto* info = must(catalog->entity(plugin, entity));
  return must(tenant_->list(*info, data::Query{}, data::Viewer{}, kSoon)).json;
}

}  // namespace tenon::testing
