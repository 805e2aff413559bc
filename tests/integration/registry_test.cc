// Tenants and plugins as the server holds them, without the server: what a restart finds, what is
// left out, and what happens when a tenant goes.

#include "plugins/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "async/executor_pool.h"
#include "plugins/wasm_events.h"
#include "support/plugin_kit.h"

namespace tenon {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Deadline soon() { return Deadline::after(20s); }

/// One process: what the composition root makes.
struct Process {
  Process(testing::PluginKit& kit, std::vector<std::string>& failures)
      : events(kit.clock()),
        feed(thread.at(0)),
        modules(thread.at(0), kit.clock(), kit.random(), events, feed,
                [&failures](std::string_view tenant, std::string_view module, const Error& error) {
                  failures.push_back(std::string(tenant) + "/" + std::string(module) + " " +
                                     error.reason());
                }),
        registry({.tenants = kit.tenants(),
                  .host = kit.host(),
                  .compilers = compilers,
                  .modules = modules,
                  .events = events,
                  .feed = feed}),
        kit_(kit) {}
  ~Process() {
    EXPECT_TRUE(kit_.wait(registry.stop(soon())));
    EXPECT_TRUE(kit_.wait(events.stop(soon())));
    EXPECT_TRUE(kit_.wait(modules.stop(soon())));
    EXPECT_TRUE(kit_.wait(feed.stop(soon())));
    compilers.stop();
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  ExecutorPool thread{1, "modules"};
  BlockingPool compilers{{.threads = 1, .queue = 16, .name = "compile"}};
  modules::EventBus events;
  modules::LiveFeed feed;
  modules::ModuleRegistry modules;
  plugins::Registry registry;

 private:
  testing::PluginKit& kit_;
};

class RegistryTest : public ::testing::Test {
 protected:
  testing::PluginKit kit_;
  std::vector<std::string> failures_;

  static std::string manifest(const std::string& id, const std::string& more) {
    return "[metadata]\nid = \"" + id +
           "\"\nname = \"Sample\"\nversion = \"1.0.0\"\ncontract = \"v0\"\n" + more;
  }
  plugins::Requester by() {
    return {.principal = std::make_shared<const identity::Principal>(identity::Principal{
                .tenant = "test", .user = {}, .name = "tester", .administrator = true}),
            .trace = "test",
            .trace_id = {},
            .deadline = soon()};
  }
  std::shared_ptr<plugins::Workspace> open(Process& process) {
    EXPECT_TRUE(process.registry.open_all({}));
    auto workspace = process.registry.serving("test");
    EXPECT_TRUE(workspace);
    return workspace ? *workspace : nullptr;
  }
  Result<plugins::PluginHandle> install(Process& process,
                                        const std::shared_ptr<plugins::Workspace>& workspace,
                                        const std::string& text, const std::string& component) {
    return kit_.wait(process.registry.install(
        workspace, {.by = by(), .manifest = text, .component = testing::guest(component)}));
  }
  static std::vector<std::string> served(const std::shared_ptr<plugins::Workspace>& workspace) {
    std::vector<std::string> ids;
    for (const auto& [id, installation] : *workspace->installations()) ids.push_back(id);
    return ids;
  }
};

TEST_F(RegistryTest, a_restart_serves_what_can_be_used_in_order_and_names_the_rest) {
  {
    Process process(kit_, failures_);
    const auto workspace = open(process);
    ASSERT_TRUE(install(process, workspace, manifest("b_base", ""), "cpp_v0"));
    ASSERT_TRUE(install(process, workspace,
                        manifest("a_first", "plugins = [{ id = \"b_base\", version = \"^1.0\" }]"),
                        "cpp_v0"));
    const auto missing = install(
        process, workspace,
        manifest("c_third", "plugins = [{ id = \"b_base\", version = \"^2.0\" }]"), "cpp_v0");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().reason(), "module.version");
    EXPECT_THAT(served(workspace), ElementsAre("a_first", "b_base"));
    EXPECT_EQ(workspace->tenant()->catalog()->plugin("c_third"), nullptr)
        << "nothing of it is left";
  }
  {
    Process process(kit_, failures_);
    const auto workspace = open(process);
    EXPECT_THAT(served(workspace), ElementsAre("a_first", "b_base"));
    EXPECT_TRUE(failures_.empty());
  }
  // Somebody took the base away behind the registry's back.
  ASSERT_TRUE(kit_.wait(kit_.tenant().set_state("b_base", data::PluginState::disabled, soon())));
  Process process(kit_, failures_);
  const auto workspace = open(process);
  EXPECT_TRUE(served(workspace).empty());
  EXPECT_THAT(failures_, ElementsAre("test/a_first module.missing"));
  ASSERT_TRUE(kit_.wait(process.registry.enable(workspace, "b_base", by())));
  ASSERT_TRUE(kit_.wait(process.registry.enable(workspace, "a_first", by())));
  EXPECT_THAT(served(workspace), ElementsAre("a_first", "b_base"));
}

TEST_F(RegistryTest, a_tenant_that_is_retired_is_told_to_its_plugins_and_served_no_more) {
  Process process(kit_, failures_);
  const auto workspace = open(process);
  std::string text =
      testing::read_file(std::string(TENON_SOURCE_DIR) + "/tests/guests/probe/plugin.toml");
  const std::string needs = "plugins = [{ id = \"ground\", version = \"^1.0\" }]\n";
  text.erase(text.find(needs), needs.size());
  const auto installed = install(process, workspace, text, "probe");
  ASSERT_TRUE(installed) << installed.error().for_log();
  EXPECT_THAT(kit_.rows("probe", "note"), HasSubstr("\"created\""));
  const auto retired = kit_.wait(process.registry.retire("test", by()));
  ASSERT_TRUE(retired) << retired.error().for_log();
  EXPECT_THAT(kit_.rows("probe", "note"), HasSubstr("\"deleted\""));
  EXPECT_TRUE(served(workspace).empty());
  EXPECT_EQ(process.registry.serving("test").error().reason(), "tenant.gone");
  EXPECT_EQ(kit_.wait(process.registry.retire("test", by())).error().reason(), "tenant.gone");
  EXPECT_TRUE(failures_.empty());
}

TEST_F(RegistryTest, an_event_brings_fields_only_to_who_was_granted_to_read_them) {
  data::Event event;
  event.type = "crm.customer.created";
  event.aggregate = "crm.customer/0192f000-0000-7000-8000-000000000000";
  event.payload = R"({"version":1,"record":{"name":"secret"}})";
  plugins::Manifest manifest;
  manifest.metadata.id = "other";
  EXPECT_THAT(plugins::event_json(manifest, event), ::testing::Not(HasSubstr("secret")));
  EXPECT_THAT(plugins::event_json(manifest, event), HasSubstr(R"("version":1)"));
  manifest.capabilities.read = {"crm.customer"};
  EXPECT_THAT(plugins::event_json(manifest, event), HasSubstr("secret"));
  manifest.capabilities.read = {};
  manifest.metadata.id = "crm";
  EXPECT_THAT(plugins::event_json(manifest, event), HasSubstr("secret"));
}

}  // namespace
}  // namespace tenon
