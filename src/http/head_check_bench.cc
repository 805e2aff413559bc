#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "http/request_reader.h"
#include "http/router.h"

namespace tenon::http {
namespace {

const std::string kBrowser =
    "GET /api/v1/crm/customer?select=id,name&order=name.asc&limit=20 HTTP/1.1\r\n"
    "Host: erp.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36\r\n"
    "Accept: application/json\r\nAccept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\nReferer: https://erp.example.com/crm/customer\r\n"
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
    "Cookie: __Host-sid=0123456789abcdef0123456789abcdef0123456789a\r\n"
    "Connection: keep-alive\r\n\r\n";

void head_check(benchmark::State& state) {
  const HeadLimits limits;
  for (auto _ : state) benchmark::DoNotOptimize(check_head(kBrowser, limits));
}
BENCHMARK(head_check);

void reader_with_second_parser(benchmark::State& state) {
  const Options options;
  RequestReader reader(options);
  for (auto _ : state) {
    std::memcpy(reader.space().data(), kBrowser.data(), kBrowser.size());
    reader.filled(kBrowser.size());
    while (reader.next() == RequestReader::Step::head) reader.begin_body(0);
    benchmark::DoNotOptimize(reader.take_head());
  }
}
BENCHMARK(reader_with_second_parser);

asio::awaitable<Response> nothing(Request) { co_return Response(204); }

void route_lookup(benchmark::State& state) {
  Router router;
  std::vector<Route> routes;
  for (int i = 0; i < 200; ++i) {
    routes.push_back({Method::get, "/api/v1/route" + std::to_string(i), nothing});
  }
  routes.push_back({Method::get, "/api/v1/{plugin}/{entity}", nothing});
  if (!router.replace("bench", std::move(routes))) return;
  Router::Reader reader(router);
  const auto head = check_head(kBrowser, HeadLimits{});
  for (auto _ : state) benchmark::DoNotOptimize(reader.find(*head));
}
BENCHMARK(route_lookup);

}  // namespace
}  // namespace tenon::http
