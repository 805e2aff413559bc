// What crossing the border costs. TENON_BENCH_V0 names another v0 component file to measure.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "wasm/test_program.h"

namespace tenon::wasm {
namespace {

using testing::generous;
using testing::need;

std::string v0_bytes() {
  const char* path = std::getenv("TENON_BENCH_V0");
  return path == nullptr ? testing::guest("v0") : testing::read_file(path);
}

struct V0 {
  std::unique_ptr<Engine> engine = need(Engine::create());
  Linker linker{*engine};
  Program program = [this] {
    testing::define_v0(linker);
    return need(linker.link(need(Component::compile(*engine, v0_bytes()))));
  }();
  Export handle = program.find("erp:plugin/plugin", "handle-event").value();
};

const std::string kPayload(200, '7');

void run(Call& call, Export function, Arguments arguments) {
  const auto reply = need(testing::run_to_end(call, function, arguments));
  if (reply.is_failure()) fatal("the guest failed", std::source_location::current());
}

void warm_v0_handle_event(benchmark::State& state) {
  V0 v0;
  Call call(v0.program, generous(), nullptr);
  const std::array arguments{Value::text("customer.created"), Value::bytes(kPayload)};
  for (auto _ : state) run(call, v0.handle, arguments);
}
BENCHMARK(warm_v0_handle_event);

/// New store, instantiate, call, drop, all limits on; percentiles over single calls.
void cold_v0_handle_event(benchmark::State& state) {
  V0 v0;
  const std::array arguments{Value::text("customer.created"), Value::bytes(kPayload)};
  std::vector<double> micros;
  micros.reserve(1'000'000);
  for (auto _ : state) {
    const auto before = std::chrono::steady_clock::now();
    {
      Call call(v0.program, {}, nullptr);
      run(call, v0.handle, arguments);
    }
    const std::chrono::duration<double, std::micro> took =
        std::chrono::steady_clock::now() - before;
    if (micros.size() < micros.capacity()) micros.push_back(took.count());
  }
  std::ranges::sort(micros);
  const auto size = static_cast<double>(micros.size());
  state.counters["p50_us"] = micros[static_cast<std::size_t>(size * 0.50)];
  state.counters["p99_us"] = micros[static_cast<std::size_t>(size * 0.99)];
}
BENCHMARK(cold_v0_handle_event);

/// The same through the coroutine, as the server calls it.
void cold_v0_handle_event_awaited(benchmark::State& state) {
  V0 v0;
  asio::io_context loop{1};
  const std::array arguments{Value::text("customer.created"), Value::bytes(kPayload)};
  const auto work = [](benchmark::State& bench, V0& guest,
                       std::span<const Value> values) -> asio::awaitable<void> {
    for (auto _ : bench) {
      Call call(guest.program, {}, nullptr);
      benchmark::DoNotOptimize(co_await call.run(guest.handle, values));
    }
  };
  asio::co_spawn(loop, work(state, v0, arguments), testing::HostileProgram::rethrow);
  loop.run();
}

BENCHMARK(cold_v0_handle_event_awaited);

void empty_host_call(benchmark::State& state) {
  testing::HostileProgram guest({});
  Call call(*guest.program, generous(), &guest.host);
  const Export pings = guest.find("pings");
  for (auto _ : state) run(call, pings, {});
  state.SetItemsProcessed(state.iterations() * 1'000);
  state.counters["per_call"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 1'000,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(empty_host_call);

/// A v1-style call: text in, one host call with text in and out, text out.
void warm_v1_text_and_host_call(benchmark::State& state) {
  testing::HostileProgram guest({});
  const Export ask = guest.find("ask");
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  const std::array arguments{Value::text(text)};
  Call call(*guest.program, generous(), &guest.host);
  for (auto _ : state) run(call, ask, arguments);
}
BENCHMARK(warm_v1_text_and_host_call)->Arg(200);

void echo(benchmark::State& state, std::string_view name, bool bytes) {
  testing::HostileProgram guest({});
  const Export function = guest.find(name);
  const std::string data(static_cast<std::size_t>(state.range(0)), 'x');
  std::vector<Value> arguments{Value::text(bytes ? std::string_view("n") : data)};
  if (bytes) arguments.push_back(Value::bytes(data));
  Call call(*guest.program, generous(), &guest.host);
  for (auto _ : state) run(call, function, arguments);
}
void echo_text(benchmark::State& state) { echo(state, "echo", false); }
void echo_bytes(benchmark::State& state) { echo(state, "echo-bytes", true); }
BENCHMARK(echo_text)->Arg(100)->Arg(10'000)->Arg(1 << 20);
BENCHMARK(echo_bytes)->Arg(100)->Arg(10'000)->Arg(1 << 20);

/// A host function that waits: suspended, resumed by the event loop.
void suspended_host_call(benchmark::State& state) {
  testing::HostileProgram guest({});
  guest.host.ask = [](CallState&, std::string text) -> HostReply {
    return [](std::string answer) -> asio::awaitable<Reply> {
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
      co_return Reply::ok(std::move(answer));
    }(std::move(text));
  };
  const std::array arguments{Value::text("question")};
  const Export ask = guest.find("ask");
  const auto work = [](benchmark::State& bench, testing::HostileProgram& program, Export function,
                       std::span<const Value> values) -> asio::awaitable<void> {
    for (auto _ : bench) {
      Call call(*program.program, {}, &program.host);
      benchmark::DoNotOptimize(co_await call.run(function, values));
    }
  };
  asio::co_spawn(guest.loop, work(state, guest, ask, arguments), testing::HostileProgram::rethrow);
  guest.loop.run();
}
BENCHMARK(suspended_host_call);

void compile(benchmark::State& state) {
  const auto engine = need(Engine::create({.allocator = Allocator::on_demand}));
  const std::string bytes = v0_bytes();
  for (auto _ : state) benchmark::DoNotOptimize(need(Component::compile(*engine, bytes)));
}
BENCHMARK(compile)->Unit(benchmark::kMillisecond);

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * 4096;
}

void live_instance_memory(benchmark::State& state) {
  V0 v0;
  const std::array arguments{Value::text("customer.created"), Value::bytes(kPayload)};
  for (auto _ : state) {
    std::vector<std::unique_ptr<Call>> calls;
    const std::size_t before = resident_bytes();
    for (int i = 0; i < 200; ++i) {
      calls.push_back(std::make_unique<Call>(v0.program, Limits{}, nullptr));
      run(*calls.back(), v0.handle, arguments);
    }
    state.counters["bytes"] = static_cast<double>(resident_bytes() - before) / 200;
  }
}
BENCHMARK(live_instance_memory)->Iterations(1);

}  // namespace
}  // namespace tenon::wasm
