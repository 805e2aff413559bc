// The edge alone: a GET answered with 300 bytes over 16 kept connections, driven by wrk (Debian
// package of that name) from one thread. The product needs 15,000 requests/s with a database read,
// so the edge has to leave most of a core free: the bar is 60,000.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "http/client.h"
#include "http/security_headers.h"
#include "http/server.h"

namespace tenon::http {
namespace {

asio::awaitable<Response> answer(Request request) {
  std::string body(300, 'x');
  body.replace(0, 8, request.parameter("id").substr(0, 8));
  co_return Response::json(200, std::move(body));
}

// The text wrk prints; empty when it cannot be run.
std::string run_wrk(std::uint16_t port, int seconds) {
  const std::string command = fmt::format(
      "wrk -t1 -c16 -d{}s --latency http://127.0.0.1:{}/api/v1/crm/customer/00000001 2>&1", seconds,
      port);
  const auto close = [](std::FILE* file) { ::pclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> pipe(::popen(command.c_str(), "r"), close);
  std::string text;
  std::array<char, 512> piece{};
  while (pipe && std::fgets(piece.data(), piece.size(), pipe.get()) != nullptr)
    text += piece.data();
  return text;
}

double number_after(const std::string& text, std::string_view label) {
  const std::size_t at = text.find(label);
  return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + label.size(), nullptr);
}

void bench(benchmark::State& state, Hooks hooks, std::size_t slow_clients = 0) {
  Router router;
  Options options;
  options.connections_per_address = 4096;
  options.requests_per_connection = 1'000'000'000;
  if (!router.replace("bench", {{Method::get, "/api/v1/{plugin}/{entity}/{id}", answer}})) return;
  Server server(options, std::move(hooks), router);
  if (!server.start()) return state.SkipWithError("cannot listen");
  std::vector<std::unique_ptr<Client>> slow;
  for (std::size_t i = 0; i < slow_clients; ++i) {
    slow.push_back(std::make_unique<Client>(server.port()));
    if (!slow.back()->connect() || !slow.back()->write("GET /a HTTP/1.1\r\nHost: h\r\nX: ")) {
      return state.SkipWithError("cannot connect");
    }
  }
  for (auto _ : state) {
    const std::string text = run_wrk(server.port(), slow_clients > 0 ? 8 : 3);
    const double rate = number_after(text, "Requests/sec:");
    if (rate == 0 || text.contains("Non-2xx")) return state.SkipWithError("wrk failed");
    state.counters["requests_per_second"] = rate;
    state.counters["connections_left"] = static_cast<double>(server.connections());
    state.counters["p99_microseconds"] =
        number_after(text, "99%") *
        (text.find("us", text.find("99%")) < text.find('\n', text.find("99%")) ? 1 : 1000);
  }
}

// Slowloris: connections that never finish their heads; the sweep closes them after head_time.
void get_300_bytes_beside_2000_slow_clients(benchmark::State& state) {
  const rlimit files{.rlim_cur = 16'384, .rlim_max = 16'384};
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) return state.SkipWithError("too few descriptors");
  bench(state, {}, 2000);
}
BENCHMARK(get_300_bytes_beside_2000_slow_clients)->Iterations(1)->Unit(benchmark::kSecond);

void get_300_bytes(benchmark::State& state) { bench(state, {}); }
BENCHMARK(get_300_bytes)->Iterations(1)->Unit(benchmark::kSecond)->Repetitions(3);

void get_300_bytes_with_security_headers(benchmark::State& state) {
  bench(state, {.answer = add_security_headers});
}
BENCHMARK(get_300_bytes_with_security_headers)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace tenon::http
