// From the commit that causes an event to the call of its handler, on an idle tenant, with the hint
// that follows every commit; and what a worker delivers under load.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "async/executor_pool.h"
#include "data/outbox_worker.h"
#include "data/stage_bench.h"

namespace tenon::data {
namespace {

Deadline later() { return Deadline::after(std::chrono::minutes(5)); }

struct Stage {
  tenon::testing::ScratchDirectory directory;
  BlockingPool pool{{.threads = 2}};
  SystemClock clock;
  SystemRandom random;
  Tenants tenants{directory.path(), pool, clock, random};
  std::shared_ptr<Tenant> tenant = *tenants.create("bench", bench::address(bench::place()));
  ExecutorPool executors{1, "worker"};
  std::atomic<int> handled = 0;
  std::atomic<std::int64_t> at = 0;
  OutboxWorker worker{executors.at(0),
                      tenant->outbox(),
                      clock,
                      [this](Event) { return handle(); },
                      {.batch = 16, .look = std::chrono::milliseconds(500)}};

  ~Stage() {
    (void)tenon::testing::run(worker.stop(later()));
    executors.stop();
  }
  Task<> handle() {
    at = std::chrono::steady_clock::now().time_since_epoch().count();
    ++handled;
    co_return Result<>();
  }
  void publish(int count) {
    auto done = tenon::testing::run(run_unit(
        tenant, Viewer{}, Origin{.plugin = "b"}, later(), [&](UnitOfWork& unit) -> Result<> {
          for (int i = 0; i < count; ++i)
            TENON_TRY(unit.publish("t", "k" + std::to_string(i % 100), "{}"));
          return {};
        }));
    bench::must(done);
  }
  void until(int count) const {
    while (handled < count) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
};

void commit_to_handler(benchmark::State& state) {
  Stage stage;
  stage.worker.start();
  std::vector<std::int64_t> spans;
  int count = 0;
  for (auto _ : state) {
    stage.publish(1);
    const auto committed = std::chrono::steady_clock::now().time_since_epoch().count();
    stage.worker.wake();
    stage.until(++count);
    spans.push_back(stage.at - committed);
    state.PauseTiming();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // idle again
    state.ResumeTiming();
  }
  std::ranges::sort(spans);
  const auto part = [&](double share) {
    return static_cast<double>(
               spans[static_cast<std::size_t>(share * static_cast<double>(spans.size() - 1))]) /
           1e6;
  };
  state.counters["p50_ms"] = part(0.5);
  state.counters["p99_ms"] = part(0.99);
}
BENCHMARK(commit_to_handler)->Iterations(500)->UseRealTime()->Unit(benchmark::kMillisecond);

void deliver_10000(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    Stage stage;
    stage.publish(10'000);
    state.ResumeTiming();
    stage.worker.start();
    stage.until(10'000);
  }
  state.counters["events/s"] =
      benchmark::Counter(10'000, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(deliver_10000)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tenon::data
