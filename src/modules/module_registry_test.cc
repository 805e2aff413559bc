// Modules that start, fail, hang, come and go, seen from the registry.
#include "modules/module_registry.h"

#include <gmock/gmock.h>

#include "async/executor_pool.h"
#include "async/timer.h"
#include "data/durably.h"
#include "data/test_fixture.h"
#include "modules/live_feed.h"

namespace tenon::modules {
namespace {

using data::testing::soon;
using tenon::testing::run;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What happened, in order. Thread: any.
class Diary {
 public:
  void note(const std::string& line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(line);
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// What a fake module does when it is called.
enum class Manner : std::uint8_t { good, fails, hangs, throws };

Task<> behave(Manner manner) {
  switch (manner) {
    case Manner::good:
      break;
    case Manner::fails:
      co_return fail(Error(ErrorCode::unavailable, "as asked").because("test.asked"));
    case Manner::hangs:
      co_return co_await sleep_until(Deadline::never());
    case Manner::throws:
      throw std::runtime_error("as asked");
  }
  co_return Result<>();
}

struct Script {
  std::string id;
  std::string version = "1.0.0";
  std::vector<std::pair<std::string, std::string>> needs = {};
  Manner starts = Manner::good, stops = Manner::good, checks = Manner::good, greets = Manner::good;
  std::vector<std::pair<http::Method, std::string>> public_routes = {}, protected_routes = {};
  std::vector<std::string> hears = {};
};

class FakeModule final : public ErpModule {
 public:
  FakeModule(Script script, Diary& diary) : script_(std::move(script)), diary_(diary) {}

  std::string_view id() const noexcept override { return script_.id; }
  data::Localized name() const override { return {{"en", script_.id}}; }
  Version version() const override { return *Version::parse(script_.version); }
  std::vector<Dependency> dependencies() const override {
    std::vector<Dependency> all;
    for (const auto& [id, range] : script_.needs)
      all.push_back({.id = id, .version = *VersionRange::parse(range)});
    return all;
  }
  Task<> on_startup(ModuleContext) override { return told("start", script_.starts); }
  Task<> on_shutdown(Deadline) override { return told("stop", script_.stops); }
  Task<Health> health_check(Deadline) override { return check(script_.checks); }
  std::vector<Route> public_routes() override { return made(script_.public_routes); }
  std::vector<Route> protected_routes() override { return made(script_.protected_routes); }
  Migrations migrations() const override {
    if (script_.id != "notes") return {};
    return {.version = 1,
            .scripts = {{.number = 1,
                         .name = "notes",
                         .sqlite = "CREATE TABLE note(text TEXT NOT NULL) STRICT",
                         .postgres = "CREATE TABLE note(text TEXT NOT NULL)"}},
            .entities = {}};
  }
  Result<std::vector<Subscription>> register_event_handlers(EventBus& bus) override {
    std::vector<Subscription> all;
    if (script_.hears.empty()) return all;
    TENON_ASSIGN(made, bus.subscribe_filtered(script_.id, {script_.hears},
                                              [this](DeliveryHandle delivery, data::UnitOfWork&) {
                                                return told("hear " + delivery->event.type,
                                                            Manner::good);
                                              }));
    all.push_back(std::move(made));
    return all;
  }
  Task<> on_tenant_created(TenantContext context) override {
    return told("greet " + context.tenant->name(), script_.greets);
  }
  Task<> on_tenant_deleted(TenantContext context) override {
    return told("leave " + context.tenant->name(), script_.greets);
  }

  Script script_;

 private:
  Task<> told(const std::string& what, Manner manner) {
    diary_.note(script_.id + " " + what);
    return behave(manner);
  }
  static Task<Health> check(Manner manner) {
    TENON_CO_TRY(co_await behave(manner));
    co_return Health{.status = Health::Status::healthy, .message = {}, .details = {{"runs", 1}}};
  }
  std::vector<Route> made(const std::vector<std::pair<http::Method, std::string>>& list) const {
    std::vector<Route> routes;
    for (const auto& [method, pattern] : list)
      routes.push_back({.method = method,
                        .pattern = pattern,
                        .handler = [version = script_.version](
                                       RouteCall, http::Request) { return answer(version); },
                        .permission = {}});
    return routes;
  }
  static Task<http::Response> answer(std::string text) {
    co_return http::Response::text(200, std::move(text));
  }

  Diary& diary_;
};

class ModuleRegistryTest : public data::testing::TenantTest {
 protected:
  ExecutorPool thread_{1, "modules"};
  EventBus bus_{clock_};
  LiveFeed feed_{thread_.at(0)};
  Diary diary_;
  Diary failures_;
  ModuleRegistry registry_{
      thread_.at(0),
      clock_,
      random_,
      bus_,
      feed_,
      [this](std::string_view tenant, std::string_view module, const Error& error) {
        failures_.note(std::string(tenant) + "/" + std::string(module) + " " + error.reason());
      },
      {.start = std::chrono::milliseconds(50),
       .stop = std::chrono::milliseconds(50),
       .tenant = std::chrono::milliseconds(5000),
       .health = std::chrono::milliseconds(50)}};

  void TearDown() override {
    EXPECT_TRUE(run(registry_.stop(soon())));
    EXPECT_TRUE(run(bus_.stop(soon())));
    EXPECT_TRUE(run(feed_.stop(soon())));
  }
  std::shared_ptr<FakeModule> add(Script script) {
    auto made = std::make_shared<FakeModule>(std::move(script), diary_);
    EXPECT_TRUE(registry_.add(made));
    return made;
  }
  void start() {
    struct Start {
      static asio::awaitable<bool> run(ModuleRegistry* registry) {
        co_await registry->start();
        co_return true;
      }
    };
    EXPECT_TRUE(run(Start::run(&registry_)));
  }
  Result<> install(Script script, const std::string& tenant = "acme") {
    return run(registry_.install(tenant, std::make_shared<FakeModule>(std::move(script), diary_)));
  }
  std::string health(const std::string& tenant = {}) {
    std::string text;
    for (const auto& one :
         run(tenant.empty() ? registry_.health_check_all() : registry_.health_check(tenant)))
      text += one.id + " " + std::string(to_string(one.health.status)) +
              (one.health.message.empty() ? "" : ": " + one.health.message) + "\n";
    return text;
  }
};

TEST_F(ModuleRegistryTest, starts_in_the_order_of_needs_and_stops_in_the_reverse) {
  add({.id = "mail", .needs = {{"jobs", "^1.0"}, {"files", "*"}}});
  add({.id = "jobs", .needs = {{"files", ">=1.0 <2.0"}}});
  add({.id = "files"});
  EXPECT_FALSE(registry_.add(std::make_shared<FakeModule>(Script{.id = "jobs"}, diary_)));
  EXPECT_THAT(*registry_.topological_sort(), ElementsAre("files", "jobs", "mail"));
  start();
  EXPECT_THAT(diary_.take(), ElementsAre("files start", "jobs start", "mail start"));
  ASSERT_TRUE(run(registry_.stop(soon())));
  EXPECT_THAT(diary_.take(), ElementsAre("mail stop", "jobs stop", "files stop"));
  ASSERT_TRUE(run(registry_.stop(soon()))) << "a second time is nothing";
  EXPECT_TRUE(diary_.take().empty());
}

TEST_F(ModuleRegistryTest, a_module_that_fails_or_hangs_is_named_and_the_others_run) {
  add({.id = "broken", .starts = Manner::fails});
  add({.id = "stuck", .starts = Manner::hangs});
  add({.id = "buggy", .starts = Manner::throws});
  add({.id = "needs_stuck", .needs = {{"stuck", "*"}}});
  add({.id = "old", .needs = {{"fine", "^2.0"}}});
  add({.id = "fine"});
  EXPECT_EQ(registry_.topological_sort().error().reason(), "module.version");
  start();
  EXPECT_THAT(failures_.take(),
              ElementsAre("/broken test.asked", "/stuck deadline", "/buggy module.exception",
                          "/needs_stuck module.blocked", "/old module.version"));
  EXPECT_THAT(diary_.take(),
              ElementsAre("broken start", "stuck start", "buggy start", "fine start"));
  const auto text = health();
  EXPECT_THAT(text, HasSubstr("broken failing: it is not used: as asked\n"));
  EXPECT_THAT(text, HasSubstr("stuck failing: it is not used: it does not answer in time"));
  EXPECT_THAT(text, HasSubstr("needs_stuck failing"));
  EXPECT_THAT(text, HasSubstr("fine healthy\n"));
}

TEST_F(ModuleRegistryTest, a_health_check_that_hangs_or_fails_is_an_answer_of_its_own) {
  add({.id = "stuck", .checks = Manner::hangs});
  add({.id = "failing", .checks = Manner::fails});
  add({.id = "buggy", .checks = Manner::throws});
  add({.id = "fine"});
  start();
  for (int time = 0; time < 2; ++time)
    EXPECT_EQ(health(),
              "stuck failing: it does not answer in time; restart the server if that stays so\n"
              "failing failing: as asked\n"
              "buggy failing: the module failed in an unexpected way\n"
              "fine healthy\n");
}

TEST_F(ModuleRegistryTest, a_stop_that_hangs_holds_up_the_others_for_its_time_only) {
  add({.id = "files"});
  add({.id = "stuck", .needs = {{"files", "*"}}, .stops = Manner::hangs});
  start();
  (void)diary_.take();
  ASSERT_TRUE(run(registry_.stop(soon())));
  EXPECT_THAT(diary_.take(), ElementsAre("stuck stop", "files stop"));
  EXPECT_THAT(failures_.take(), ElementsAre("/stuck deadline"));
}

TEST_F(ModuleRegistryTest, tables_are_made_and_a_module_meets_each_tenant_once) {
  add({.id = "notes"});
  auto shy = add({.id = "shy", .greets = Manner::fails});
  start();
  (void)diary_.take();
  ASSERT_TRUE(run(registry_.open_tenant(tenant_)));
  EXPECT_THAT(diary_.take(), ElementsAre("notes greet acme", "shy greet acme"));
  EXPECT_THAT(failures_.take(), ElementsAre("acme/shy test.asked"));
  plainly("INSERT INTO note(text) VALUES('there')");
  EXPECT_THAT(registry_.served(), ElementsAre(tenant_));
  // Another start of the program: who failed is tried again, the rest is known.
  shy->script_.greets = Manner::good;
  ASSERT_TRUE(run(registry_.open_tenant(tenant_)));
  ASSERT_TRUE(run(registry_.open_tenant(tenant_)));
  EXPECT_THAT(diary_.take(), ElementsAre("shy greet acme"));
}

TEST_F(ModuleRegistryTest, a_deleted_tenant_is_told_to_all_in_reverse_order) {
  add({.id = "files"});
  add({.id = "jobs", .needs = {{"files", "*"}}});
  start();
  ASSERT_TRUE(run(registry_.open_tenant(tenant_)));
  ASSERT_TRUE(install({.id = "crm", .needs = {{"jobs", "*"}}}));
  ASSERT_TRUE(install({.id = "broken", .needs = {{"crm", "*"}}, .greets = Manner::fails}));
  (void)diary_.take();
  struct Delete {
    static asio::awaitable<bool> run(ModuleRegistry* registry, TenantContext context) {
      co_await registry->tenant_deleted(std::move(context));
      co_return true;
    }
  };
  run(Delete::run(&registry_, {.tenant = tenant_, .principal = {}, .trace = {}}));
  EXPECT_THAT(diary_.take(), ElementsAre("broken leave acme", "crm leave acme", "jobs leave acme",
                                         "files leave acme"));
  EXPECT_THAT(failures_.take(), ElementsAre("acme/broken test.asked"));
}

TEST_F(ModuleRegistryTest, a_tenants_module_is_refused_with_what_it_lacks_and_who_is_in_the_way) {
  add({.id = "files", .version = "0.3.0"});
  start();
  ASSERT_TRUE(run(registry_.open_tenant(tenant_)));
  EXPECT_EQ(install({.id = "files"}).error().reason(), "module.taken");
  EXPECT_EQ(install({.id = "sales", .needs = {{"crm", "^1.2"}}}).error().reason(),
            "module.missing");
  ASSERT_TRUE(install({.id = "crm", .version = "1.4.0", .needs = {{"files", "^0.3"}}}));
  ASSERT_TRUE(install({.id = "sales", .needs = {{"crm", "^1.2"}}}));
  const auto newer = install({.id = "crm", .version = "2.0.0"});
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().reason(), "module.needed_version");
  EXPECT_THAT(newer.error().message(), HasSubstr("\"sales\" needs \"crm\" ^1.2"));
  const auto circle = install({.id = "crm", .version = "1.5.0", .needs = {{"sales", "*"}}});
  ASSERT_FALSE(circle);
  EXPECT_EQ(circle.error().reason(), "module.cycle");
  EXPECT_THAT(circle.error().message(), HasSubstr("crm → sales → crm"));
  ASSERT_TRUE(install({.id = "crm", .version = "1.5.0"}));
  const auto removed = run(registry_.remove("acme", "crm"));
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().reason(), "module.needed");
  EXPECT_EQ(removed.error().details(), R"({"needed_by":["sales"]})");
  EXPECT_TRUE(run(registry_.remove("acme", "sales")));
  EXPECT_TRUE(run(registry_.remove("acme", "crm")));
  EXPECT_EQ(run(registry_.remove("acme", "crm")).error().reason(), "module.unknown");
}

TEST_F(ModuleRegistryTest, one_that_does_not_start_leaves_the_one_before_in_use) {
  start();
  ASSERT_TRUE(run(registry_.open_tenant(tenant_)));
  ASSERT_TRUE(install({.id = "crm", .hears = {"crm.*"}}));
  (void)diary_.take();
  const auto failed = install({.id = "crm", .version = "1.1.0", .starts = Manner::fails});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().reason(), "test.asked");
  EXPECT_THAT(diary_.take(), ElementsAre("crm start"));
  ASSERT_TRUE(install({.id = "crm", .version = "1.2.0", .hears = {"crm.*"}}));
  EXPECT_THAT(diary_.take(), ElementsAre("crm start", "crm stop"));
}

TEST_F(ModuleRegistryTest, deliveries_end_when_a_module_goes) {
  start();
  ASSERT_TRUE(run(registry_.open_tenant(tenant_)));
  ASSERT_TRUE(install({.id = "crm", .hears = {"crm.company.*"}}));
  (void)diary_.take();
  const auto deliver = [&](std::string_view name) {
    ASSERT_TRUE(insert("company", R"({"name":")" + std::string(name) + "\"}"));
    auto events = run(tenant_->outbox().exchange({}, 10, clock_.now(), soon()));
    ASSERT_TRUE(events);
    data::Settlement done;
    for (const auto& event : *events) {
      ASSERT_TRUE(run(bus_.deliver(tenant_, event, soon())));
      done.delivered.push_back(event.claim);
    }
    ASSERT_TRUE(run(tenant_->outbox().exchange(std::move(done), 0, clock_.now(), soon())));
  };
  deliver("one");
  EXPECT_THAT(diary_.take(), ElementsAre("crm hear crm.company.created"));
  ASSERT_TRUE(run(registry_.remove("acme", "crm")));
  deliver("two");
  EXPECT_THAT(diary_.take(), ElementsAre("crm stop"));
}

TEST_F(ModuleRegistryTest, plugins_of_a_tenant_are_started_in_order_and_what_cannot_be_is_told) {
  struct Source final : ModuleSource {
    explicit Source(Diary& diary) : diary_(diary) {}
    std::vector<std::shared_ptr<ErpModule>> load() override {
      std::vector<std::shared_ptr<ErpModule>> all;
      for (Script script : {Script{.id = "sales", .needs = {{"crm", "^1.0"}}},
                            Script{.id = "lost", .needs = {{"nowhere", "*"}}},
                            Script{.id = "report", .needs = {{"stuck", "*"}}},
                            Script{.id = "stuck", .starts = Manner::hangs}, Script{.id = "crm"}})
        all.push_back(std::make_shared<FakeModule>(std::move(script), diary_));
      return all;
    }
    Diary& diary_;
  };
  start();
  ASSERT_TRUE(run(registry_.open_tenant(tenant_)));
  struct Load {
    static asio::awaitable<bool> run(ModuleRegistry* registry,
                                     std::shared_ptr<ModuleSource> source) {
      co_await registry->load_wasm_plugins("acme", std::move(source));
      co_return true;
    }
  };
  run(Load::run(&registry_, std::make_shared<Source>(diary_)));
  EXPECT_THAT(diary_.take(), ElementsAre("crm start", "sales start", "stuck start"));
  EXPECT_THAT(failures_.take(), ElementsAre("acme/lost module.missing", "acme/stuck deadline",
                                            "acme/report module.missing"));
  EXPECT_EQ(health("acme"), "crm healthy\nsales healthy\n");
  EXPECT_THAT(registry_.needed_by("acme", "crm"), ElementsAre("sales"));
}

/// A router of one tenant's view: what build_routes() gave last.
class ModuleRoutesTest : public ModuleRegistryTest {
 protected:
  std::vector<http::Route> published_;
  bool taken_ = false;  // the next table is refused

  void SetUp() override {
    ModuleRegistryTest::SetUp();
    registry_.publish_through(
        [](FindRoute find) -> http::Handler {
          return [find = std::move(find)](http::Request request) {
            const auto who = request.header("Tenant").value_or("");
            return bound(find(who, request), std::move(request));
          };
        },
        [this](std::vector<http::Route> routes) -> Result<> {
          if (std::exchange(taken_, false))
            return fail(Error(ErrorCode::conflict, "taken").because("route.taken"));
          published_ = std::move(routes);
          return {};
        });
  }
  static asio::awaitable<http::Response> bound(Result<FoundRoute> found, http::Request request) {
    if (!found) co_return http::Response::text(404, found.error().reason());
    auto answer = co_await found->route->handler({}, std::move(request));
    co_return std::move(answer).value();
  }
  /// The body that `tenant` gets at the published pattern, or why it gets none.
  std::string ask(http::Method method, const std::string& pattern, const std::string& path,
                  const std::string& tenant) {
    for (const auto& route : published_)
      if (route.method == method && route.pattern == pattern) {
        std::vector<http::HeaderField> fields;
        if (!tenant.empty()) fields.push_back({"Tenant", tenant});
        auto request = http::Request::make(method, path, fields);
        return std::string(run(route.handler(std::move(request).value())).body());
      }
    return "unpublished";
  }
};

TEST_F(ModuleRoutesTest, native_routes_are_open_or_for_those_signed_in) {
  add({.id = "files",
       .public_routes = {{http::Method::get, "/logo"}},
       .protected_routes = {{http::Method::get, "/api/v1/files/{id}"}}});
  add({.id = "broken", .starts = Manner::fails, .public_routes = {{http::Method::get, "/no"}}});
  start();
  ASSERT_TRUE(registry_.publish());
  EXPECT_EQ(ask(http::Method::get, "/logo", "/logo", ""), "1.0.0");
  EXPECT_EQ(ask(http::Method::get, "/api/v1/files/{id}", "/api/v1/files/7", "acme"), "1.0.0");
  EXPECT_EQ(ask(http::Method::get, "/api/v1/files/{id}", "/api/v1/files/7", ""),
            "http.unauthenticated");
  EXPECT_EQ(ask(http::Method::get, "/no", "/no", ""), "unpublished");
}

TEST_F(ModuleRoutesTest, a_plugins_routes_come_with_it_are_of_its_tenant_and_go_with_it) {
  start();
  ASSERT_TRUE(run(registry_.open_tenant(tenant_)));
  auto other = tenants_.create("globex");
  ASSERT_TRUE(other);
  ASSERT_TRUE(run(registry_.open_tenant(*other)));
  const auto get = [&](const std::string& tenant) {
    return ask(http::Method::get, "/x/crm/city/{p3}", "/x/crm/city/wuhan", tenant);
  };
  EXPECT_EQ(get("acme"), "unpublished");
  ASSERT_TRUE(
      install({.id = "crm", .protected_routes = {{http::Method::get, "/x/crm/city/{name}"}}}));
  EXPECT_EQ(get("acme"), "1.0.0");
  EXPECT_EQ(get("globex"), "http.not_found");
  EXPECT_EQ(get(""), "http.unauthenticated");
  EXPECT_EQ(ask(http::Method::post, "/x/crm/city/{p3}", "/x/crm/city/wuhan", "acme"),
            "http.method");
  EXPECT_EQ(ask(http::Method::post, "/x/crm/city/{p3}", "/x/crm/city/wuhan", "globex"),
            "http.not_found")
      << "what another tenant has is nobody's business";

  ASSERT_TRUE(install({.id = "crm",
                       .version = "1.1.0",
                       .protected_routes = {{http::Method::get, "/x/crm/city/{town}"},
                                            {http::Method::get, "/x/crm/city/all"}}},
                      "globex"));
  EXPECT_EQ(get("acme"), "1.0.0");
  EXPECT_EQ(get("globex"), "1.1.0");
  EXPECT_EQ(ask(http::Method::get, "/x/crm/city/all", "/x/crm/city/all", "acme"), "1.0.0")
      << "the parameter of its own version";

  ASSERT_TRUE(run(registry_.remove("acme", "crm")));
  EXPECT_EQ(get("acme"), "http.not_found");
  EXPECT_EQ(get("globex"), "1.1.0");
  ASSERT_TRUE(run(registry_.remove("globex", "crm")));
  EXPECT_EQ(get("globex"), "unpublished");
}

TEST_F(ModuleRoutesTest, an_install_whose_routes_are_refused_leaves_what_was_there) {
  start();
  ASSERT_TRUE(run(registry_.open_tenant(tenant_)));
  ASSERT_TRUE(install({.id = "crm", .protected_routes = {{http::Method::get, "/x/crm/city"}}}));
  taken_ = true;
  const auto refused = install(
      {.id = "crm", .version = "2.0.0", .protected_routes = {{http::Method::get, "/x/crm/town"}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "route.taken");
  EXPECT_EQ(ask(http::Method::get, "/x/crm/city", "/x/crm/city", "acme"), "1.0.0");
}

}  // namespace
}  // namespace tenon::modules
