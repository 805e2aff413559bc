// One test of all fifteen methods of a module, that a native module and a WebAssembly plugin both
// pass: whoever uses a module cannot tell which it is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "async/executor_pool.h"
#include "base/json.h"
#include "modules/live_feed.h"
#include "modules/module_registry.h"
#include "plugins/wasm_module.h"
#include "support/native_probe.h"
#include "support/plugin_kit.h"

namespace tenon {
namespace {

using namespace std::chrono_literals;
using modules::Health;
using ::testing::ElementsAre;

Deadline soon() { return Deadline::after(20s); }

/// What the probe needs: a module of the program.
class Ground final : public modules::ErpModule {
 public:
  std::string_view id() const noexcept override { return "ground"; }
  data::Localized name() const override { return {{"en", "Ground"}}; }
  Version version() const override { return {.major = 1, .minor = 4, .patch = 0}; }
};

Task<> done(asio::awaitable<void> work) {
  co_await std::move(work);
  co_return Result<>();
}

enum class Kind : std::uint8_t { native, wasm };

class ModuleContract : public ::testing::TestWithParam<Kind> {
 protected:
  testing::PluginKit kit_;
  ExecutorPool thread_{1, "modules"};
  modules::EventBus bus_{kit_.clock()};
  modules::LiveFeed feed_{thread_.at(0)};
  modules::ModuleRegistry registry_{thread_.at(0), kit_.clock(), kit_.random(), bus_, feed_, {}};
  std::shared_ptr<modules::ErpModule> probe_;
  std::vector<http::Route> published_;
  std::shared_ptr<const identity::Principal> administrator_ =
      std::make_shared<const identity::Principal>(identity::Principal{
          .tenant = "test", .user = {}, .name = "tester", .administrator = true});

  const std::shared_ptr<data::Tenant>& tenant() { return kit_.tenant_handle(); }
  modules::TenantContext context() {
    return {.tenant = tenant(), .principal = administrator_, .trace = "test", .deadline = soon()};
  }

  void SetUp() override {
    registry_.publish_through(
        [this](modules::FindRoute find) -> http::Handler {
          return [this, find = std::move(find)](http::Request request) {
            return bound(find("test", request), std::move(request));
          };
        },
        [this](std::vector<http::Route> routes) -> Result<> {
          published_ = std::move(routes);
          return {};
        });
    ASSERT_TRUE(registry_.add(std::make_shared<Ground>()));
    if (GetParam() == Kind::native) {
      probe_ = std::make_shared<testing::NativeProbe>();
      ASSERT_TRUE(registry_.add(probe_));
    }
    ASSERT_TRUE(kit_.wait(done(registry_.start())));
    ASSERT_TRUE(kit_.wait(registry_.open_tenant(tenant())));
    if (GetParam() == Kind::wasm) {
      const auto manifest =
          testing::read_file(std::string(TENON_SOURCE_DIR) + "/tests/guests/probe/plugin.toml");
      const auto component = testing::guest("probe");
      const auto plugin = kit_.host().loader().load(manifest, component);
      ASSERT_TRUE(plugin) << plugin.error().for_log();
      probe_ = std::make_shared<plugins::WasmModule>(kit_.host(), kit_.workspace(), *plugin,
                                                     [](std::string_view) {});
      ASSERT_TRUE(kit_.wait(tenant()->install({.id = "probe",
                                               .version = "1.2.3",
                                               .manifest = manifest,
                                               .component = component,
                                               .sha256 = (*plugin)->sha256,
                                               .entities = probe_->migrations().entities},
                                              soon())));
      const auto met = kit_.wait(registry_.introduce(probe_, context()));
      ASSERT_TRUE(met) << met.error().for_log();
      const auto installed = kit_.wait(registry_.install("test", probe_));
      ASSERT_TRUE(installed) << installed.error().for_log();
    }
    ASSERT_TRUE(registry_.publish());
  }

  void TearDown() override {
    EXPECT_TRUE(kit_.wait(bus_.stop(soon())));
    EXPECT_TRUE(kit_.wait(registry_.stop(soon())));
    EXPECT_TRUE(kit_.wait(feed_.stop(soon())));
    probe_.reset();
  }

  asio::awaitable<http::Response> bound(Result<modules::FoundRoute> found, http::Request request) {
    if (!found) co_return http::Response::text(404, found.error().reason());
    auto answer = co_await found->route->handler(
        {.tenant = tenant(), .principal = administrator_, .viewer = {}, .deadline = soon()},
        std::move(request));
    if (!answer) co_return http::Response::text(500, answer.error().for_log());
    co_return *std::move(answer);
  }
  http::Response ask(http::Method method, std::string_view path) {
    for (const auto& route : published_) {
      auto request = http::Request::make(method, path).value();
      if (route.method == method && modules_fit(route.pattern, request))
        return kit_.wait(route.handler(std::move(request)));
    }
    return http::Response::text(404, "unpublished");
  }
  static bool modules_fit(std::string_view pattern, const http::Request& request);

  /// How many notes of this text the probe has left, as its own route says.
  std::string notes(const std::string& text) {
    return std::string(ask(http::Method::get, "/x/probe/notes/" + text).body());
  }
  /// One event of a module `ground`, brought to all subscribers.
  void deliver(std::string_view type) {
    auto unit = tenant()->unit({}, {.plugin = "ground", .trace = {}});
    ASSERT_TRUE(kit_.wait(unit.acquire(soon())));
    ASSERT_TRUE(unit.publish(type, "", "{}"));
    ASSERT_TRUE(kit_.wait(unit.commit()));
    auto events = kit_.wait(tenant()->outbox().exchange({}, 10, kit_.clock().now(), soon()));
    ASSERT_TRUE(events);
    data::Settlement settled;
    for (const auto& event : *events) {
      const auto delivered = kit_.wait(bus_.deliver(tenant(), event, soon()));
      EXPECT_TRUE(delivered) << delivered.error().for_log();
      settled.delivered.push_back(event.claim);
    }
    ASSERT_TRUE(
        kit_.wait(tenant()->outbox().exchange(std::move(settled), 0, kit_.clock().now(), soon())));
  }
  modules::ModuleHealth health() {
    for (auto& one : kit_.wait(registry_.health_check("test")))
      if (one.id == "probe") return one;
    return {};
  }
};

INSTANTIATE_TEST_SUITE_P(Modules, ModuleContract, ::testing::Values(Kind::native, Kind::wasm),
                         [](const auto& info) {
                           return info.param == Kind::native ? "native" : "wasm";
                         });

TEST_P(ModuleContract, all_fifteen_methods_do_what_they_say) {
  // id, name, version, module_type, dependencies
  EXPECT_EQ(probe_->id(), "probe");
  EXPECT_EQ(probe_->name().at("en"), "Probe");
  EXPECT_EQ(probe_->name().at("zh-CN"), "探针");
  EXPECT_EQ(probe_->version().text(), "1.2.3");
  EXPECT_EQ(probe_->module_type(),
            GetParam() == Kind::native ? modules::ModuleType::native : modules::ModuleType::wasm);
  ASSERT_EQ(probe_->dependencies().size(), 1U);
  EXPECT_EQ(probe_->dependencies()[0].id, "ground");
  EXPECT_EQ(probe_->dependencies()[0].version.text(), "^1.0");

  // on_startup has run; health_check says so.
  auto how = health();
  EXPECT_EQ(how.health.status, Health::Status::healthy) << how.health.message;
  EXPECT_EQ(how.version.text(), "1.2.3");
  EXPECT_TRUE(how.health.details.contains("notes"));

  // migrations: there are tables, or nothing below would work. config_schema.
  const auto migrations = probe_->migrations();
  EXPECT_EQ(migrations.version, 1U);
  EXPECT_NE(migrations.scripts.empty(), migrations.entities.empty());
  ASSERT_EQ(probe_->config_schema().size(), 1U);
  EXPECT_EQ(probe_->config_schema()[0].name, "greeting");
  EXPECT_EQ(probe_->config_schema()[0].default_value, "\"hello\"");

  // public_routes, protected_routes
  ASSERT_EQ(probe_->public_routes().size(), 1U);
  EXPECT_EQ(probe_->public_routes()[0].pattern, "/x/probe/hello");
  ASSERT_EQ(probe_->protected_routes().size(), 2U);
  EXPECT_EQ(probe_->protected_routes()[0].permission, "probe.note.list");
  EXPECT_EQ(probe_->protected_routes()[1].permission, "probe.note.manage");
  EXPECT_EQ(ask(http::Method::get, "/x/probe/hello").body(), R"({"hello":"probe"})");
  EXPECT_EQ(notes("mine"), R"({"count":0})");
  EXPECT_EQ(ask(http::Method::post, "/x/probe/notes/mine").status(), 201);
  EXPECT_EQ(notes("mine"), R"({"count":1})");

  // on_tenant_created has run once, and does not run again.
  EXPECT_EQ(notes("created"), R"({"count":1})");
  ASSERT_TRUE(kit_.wait(registry_.introduce(probe_, context())));
  EXPECT_EQ(notes("created"), R"({"count":1})");

  // register_event_handlers
  deliver("stone.created");
  deliver("sand.created");
  EXPECT_EQ(notes("heard%20ground.stone.created"), R"({"count":1})");
  EXPECT_EQ(notes("heard%20ground.sand.created"), R"({"count":0})");

  // on_tenant_deleted
  ASSERT_TRUE(kit_.wait(done(registry_.tenant_deleted(context()))));
  EXPECT_EQ(notes("deleted"), R"({"count":1})");

  // on_shutdown: its routes are gone, nothing is delivered, it says that it does not run.
  if (GetParam() == Kind::wasm) {
    ASSERT_TRUE(kit_.wait(registry_.remove("test", "probe")));
    EXPECT_EQ(ask(http::Method::get, "/x/probe/hello").status(), 404);
    EXPECT_FALSE(kit_.workspace()->installations()->contains("probe"));
  } else {
    ASSERT_TRUE(kit_.wait(probe_->on_shutdown(soon())));
    EXPECT_EQ(health().health.status, Health::Status::failing);
  }
}

bool ModuleContract::modules_fit(std::string_view pattern, const http::Request& request) {
  std::size_t at = 0;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const auto segment = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(segment.size());
    if (at == request.segment_count()) return false;
    if (!segment.starts_with('{') && segment != request.segment(at)) return false;
    ++at;
  }
  return at == request.segment_count();
}

}  // namespace
}  // namespace tenon
