#include <benchmark/benchmark.h>

#include "base/id.h"

namespace tenon {
namespace {

void make_id(benchmark::State& state) {
  SystemRandom random;
  const SystemClock clock;
  for (auto _ : state) benchmark::DoNotOptimize(RecordId::make(clock, random));
}
BENCHMARK(make_id);

void write_and_read_id(benchmark::State& state) {
  SeededRandom random(1);
  const auto id = RecordId::make(SystemClock(), random);
  for (auto _ : state) benchmark::DoNotOptimize(RecordId::parse(id.to_string()));
}
BENCHMARK(write_and_read_id);

}  // namespace
}  // namespace tenon
