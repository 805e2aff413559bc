// What a plugin call costs on its guest thread: the whole path of Host (permit, limits, context,
// bill, outcome) against the bare engine call of the same guest. The difference is ours. No data is
// touched, so no database is waited for.

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "async/executor_pool.h"
#include "async/wait_for.h"
#include "plugins/host.h"
#include "plugins/registry.h"

namespace tenon::plugins {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Engine, tenant and the v0 sample; for the life of the process.
struct Bench {
  Bench() : pool({.threads = 1, .queue = 64, .name = "blocking"}) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tenon-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder = pattern;
    engine = wasm::Engine::create().value();
    tenants = std::make_unique<data::Tenants>(folder.string(), pool, clock, random);
    host = Host::create(*engine, clock, NativeCache(), 1, {}).value();
    workspace = std::make_shared<Workspace>(tenants->create("bench").value());
    workspace->enable(host->loader()
                          .load("[metadata]\nid = \"sample\"\nname = \"Sample\"\nversion = "
                                "\"1.0.0\"\ncontract = \"v0\"\n",
                                read_file(std::string(TENON_GUESTS) + "/cpp_v0.wasm"))
                          .value());
    installations = workspace->installations();
    principal = std::make_shared<const identity::Principal>(
        identity::Principal{.tenant = "bench", .user = {}, .name = "bench", .administrator = true});
  }
  ~Bench() {
    host->stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  std::filesystem::path folder;
  SystemClock clock;
  SystemRandom random;
  BlockingPool pool;
  std::unique_ptr<wasm::Engine> engine;
  std::unique_ptr<data::Tenants> tenants;
  std::unique_ptr<Host> host;
  std::shared_ptr<Workspace> workspace;                  // shared as everywhere
  std::shared_ptr<const Installations> installations;    // shared as everywhere
  std::shared_ptr<const identity::Principal> principal;  // shared as everywhere
};

Bench& bench() {
  static Bench made;
  return made;
}

/// Calls `init` (one host call, no data) until the state says stop, on this thread.
asio::awaitable<bool> whole_path(benchmark::State* state) {
  Bench& kit = bench();
  data::UnitOfWork work = kit.workspace->tenant()->unit(data::Viewer{}, data::Origin{});
  const CallOrigin origin{.workspace = kit.workspace,
                          .installations = kit.installations,
                          .principal = kit.principal,
                          .trace = "bench",
                          .deadline = Deadline::never()};
  for (auto _ : *state) {
    auto outcome = co_await kit.host->init(
        {.installation = kit.installations->begin()->second, .work = work, .origin = origin});
    if (!outcome.result) state->SkipWithError(outcome.result.error().for_log().c_str());
  }
  co_return true;
}

asio::awaitable<bool> bare_engine(benchmark::State* state) {
  Bench& kit = bench();
  const Plugin& plugin = *kit.installations->begin()->second.plugin;
  data::UnitOfWork work = kit.workspace->tenant()->unit(data::Viewer{}, data::Origin{});
  const CallOrigin origin{.workspace = kit.workspace,
                          .installations = kit.installations,
                          .principal = kit.principal,
                          .trace = "bench",
                          .deadline = Deadline::never()};
  const wasm::Export init = plugin.exports.v0_init->item();
  GuestContext context{.host = *kit.host,
                       .plugin = plugin,
                       .origin = origin,
                       .work = work,
                       .now = kit.clock.now(),
                       .meter = Meter(Limits{}),
                       .log = {}};
  for (auto _ : *state) {
    context.meter = Meter(Limits{});
    context.log.clear();
    wasm::Call call(plugin.program, wasm::Limits{}, &context);
    auto reply = co_await call.run(init, {});
    if (!reply) state->SkipWithError(reply.error().for_log().c_str());
  }
  co_return true;
}

void BM_host_call_whole_path(benchmark::State& state) { (void)wait_for(whole_path(&state)); }
void BM_host_call_bare_engine(benchmark::State& state) { (void)wait_for(bare_engine(&state)); }

/// Bytes of one more installed plugin of one more tenant, idle: the code is shared, so it is an
/// entry and its permits.
void BM_host_idle_installation(benchmark::State& state) {
  Bench& kit = bench();
  const PluginHandle plugin = kit.installations->begin()->second.plugin;
  const auto resident = [] {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0, pages = 0;
    file >> total >> pages;
    return pages * 4096;
  };
  constexpr std::size_t kPairs = 10'000;
  for (auto _ : state) {
    const std::size_t before = resident();
    std::vector<std::unique_ptr<Workspace>> workspaces;
    for (std::size_t i = 0; i < kPairs; ++i) {
      workspaces.push_back(std::make_unique<Workspace>(kit.workspace->tenant()));
      workspaces.back()->enable(plugin);
    }
    state.counters["bytes_per_pair"] = static_cast<double>(resident() - before) / kPairs;
  }
}

/// The crm module into a fresh tenant: manifest checked, component compiled, tables made, `init`
/// called, all of it durable.
void BM_install(benchmark::State& state) {
  Bench& kit = bench();
  BlockingPool compilers({.threads = 1, .queue = 64, .name = "compile"});
  ExecutorPool thread(1, "modules");
  modules::EventBus events(kit.clock);
  modules::LiveFeed feed(thread.at(0));
  modules::ModuleRegistry modules(thread.at(0), kit.clock, kit.random, events, feed, {});
  Registry registry({.tenants = *kit.tenants,
                     .host = *kit.host,
                     .compilers = compilers,
                     .modules = modules,
                     .events = events,
                     .feed = feed});
  const std::string manifest = read_file("plugins/crm/plugin.toml");
  const std::string component = read_file(std::string(TENON_GUESTS) + "/crm.wasm");
  static int tenants = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto workspace = registry.create("install-" + std::to_string(tenants++)).value();
    state.ResumeTiming();
    auto installed = wait_for(registry.install(workspace, {.by = {.principal = kit.principal,
                                                                  .trace = "bench",
                                                                  .trace_id = {},
                                                                  .deadline = Deadline::never()},
                                                           .manifest = manifest,
                                                           .component = component}));
    if (!installed) state.SkipWithError(installed.error().for_log().c_str());
  }
  const auto soon = Deadline::after(std::chrono::seconds(5));
  (void)wait_for(registry.stop(soon));
  (void)wait_for(events.stop(soon));
  (void)wait_for(modules.stop(soon));
  (void)wait_for(feed.stop(soon));
}

BENCHMARK(BM_host_call_bare_engine);
BENCHMARK(BM_host_call_whole_path);
BENCHMARK(BM_host_idle_installation)->Iterations(1);
BENCHMARK(BM_install)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(20);

}  // namespace
}  // namespace tenon::plugins
