#include <benchmark/benchmark.h>

#include "base/json.h"

namespace tenon::json {
namespace {

constexpr std::string_view kCustomer =
    R"({"id":"0192f0c1-2b3c-7d4e-8f50-617283940516","name":"上海榫卯科技有限公司","level":"gold",)"
    R"("credit":"120000.00","contacts":[{"name":"王芳","phone":"13800000000"}],"active":true,"version":7})";

void parse_200_bytes(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse(kCustomer));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kCustomer.size()));
}
BENCHMARK(parse_200_bytes);

void write_200_bytes(benchmark::State& state) {
  const auto customer = parse(kCustomer).value();
  for (auto _ : state) benchmark::DoNotOptimize(serialize(customer));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kCustomer.size()));
}
BENCHMARK(write_200_bytes);

}  // namespace
}  // namespace tenon::json
