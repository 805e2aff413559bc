// Durable writes through this room. What SQLite takes for the same is measured in bench/raw.
#include <benchmark/benchmark.h>
#include <time.h>

#include <atomic>

#include "data/stage_bench.h"

namespace tenon::data::bench {
namespace {

/// Processor time of this process from here on, shown per row: on a machine that is busy with other
/// things it says more than rows per second.
class Cost {
 public:
  void show(benchmark::State& state, double rows) const {
    state.counters["rows/s"] = benchmark::Counter(rows, benchmark::Counter::kIsRate);
    state.counters["cpu_us/row"] = (now() - start_) / rows;
  }

 private:
  static double now() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
  }
  double start_ = now();
};

void durable_creates(benchmark::State& state, Entity (*entity)()) {
  const auto members = static_cast<std::size_t>(state.range(0));
  const auto threads = static_cast<std::size_t>(state.range(1));
  constexpr int kEach = 250;
  Stage stage(0, entity());
  std::atomic<int> acknowledged = 0;
  int from = 0;
  const Cost cost;
  for (auto _ : state) {
    tenon::testing::run_all(threads, members, [&](std::size_t i) {
      return create(stage.tenant, from + static_cast<int>(i) * kEach, kEach, &acknowledged);
    });
    from += static_cast<int>(members) * kEach;
  }
  const auto figures = stage.tenant->database().figures();
  cost.show(state, acknowledged);
  state.counters["rows/commit"] =
      static_cast<double>(figures.members) / static_cast<double>(figures.commits);
}
BENCHMARK_CAPTURE(durable_creates, two_indexes, customer)
    ->Args({1, 1})
    ->Args({16, 1})
    ->Args({16, 2})
    ->Args({32, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(durable_creates, seven_indexes, indexed)
    ->Args({32, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(durable_creates, searchable, searched)
    ->Args({32, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// In units of a thousand rows: a larger one may outlast its lease on a server.
void fill_10000(benchmark::State& state, Entity (*entity)()) {
  Stage stage(0, entity());
  int from = 0;
  for (auto _ : state)
    for (const int end = from + 10'000; from < end; from += 1000) stage.fill(from, from + 1000);
}
BENCHMARK_CAPTURE(fill_10000, plain, customer)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(fill_10000, searchable, searched)->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
}  // namespace tenon::data::bench
