#include <benchmark/benchmark.h>

#include "async/blocking_pool.h"
#include "async/event.h"
#include "async/permit.h"
#include "async/testing.h"

namespace tenon {
namespace {

Task<> run_times(BlockingPool& pool, int times) {
  for (int i = 0; i < times; ++i)
    TENON_CO_TRY(co_await pool.run([]() -> Result<int> { return 1; }));
  co_return Result<>();
}

void pool_round_trip(benchmark::State& state) {
  constexpr int kTimes = 1000;
  BlockingPool pool({.threads = 1});
  for (auto _ : state)
    if (!testing::run(run_times(pool, kTimes))) state.SkipWithError("refused");
  state.SetItemsProcessed(state.iterations() * kTimes);
}
BENCHMARK(pool_round_trip)->UseRealTime();

Task<> permit_times(PermitPool& pool, int times) {
  for (int i = 0; i < times; ++i)
    TENON_CO_TRY(co_await pool.acquire(Deadline::after(std::chrono::seconds(1))));
  co_return Result<>();
}

void free_permit(benchmark::State& state) {
  constexpr int kTimes = 1000;
  PermitPool pool(1, 1);
  for (auto _ : state)
    if (!testing::run(permit_times(pool, kTimes))) state.SkipWithError("refused");
  state.SetItemsProcessed(state.iterations() * kTimes);
}
BENCHMARK(free_permit)->UseRealTime();

}  // namespace
}  // namespace tenon
