// More than the server can take: what is refused is refused at once, and the rest is answered.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "http/client.h"
#include "http/server.h"

namespace tenon::http {
namespace {

using namespace std::chrono_literals;

asio::awaitable<Response> says_ok(Request) { co_return Response::text(200, "ok"); }

/// Keeps the I/O thread busy, as a read that runs on it does.
asio::awaitable<Response> burns(Request) {
  const auto until = std::chrono::steady_clock::now() + 5ms;
  while (std::chrono::steady_clock::now() < until) continue;
  co_return Response::text(200, "burnt");
}

asio::awaitable<Response> waits(Request) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 30s);
  co_await timer.async_wait(asio::use_awaitable);
  co_return Response::text(200, "waited");
}

class OverloadTest : public testing::Test {
 protected:
  void start() {
    options_.sweep_time = 10ms;
    const auto added = router_.replace(
        "test",
        {{Method::get, "/ok", says_ok},
         {Method::get, "/burn", burns},
         {Method::get, "/wait", waits},
         {.method = Method::get, .pattern = "/health", .handler = says_ok, .sheddable = false}});
    ASSERT_TRUE(added.has_value());
    server_ = std::make_unique<Server>(options_, hooks_, router_);
    const auto started = server_->start();
    ASSERT_TRUE(started.has_value()) << started.error().message();
  }

  template <class Condition>
  static void wait_until(Condition condition) {
    const Deadline deadline = Deadline::after(10s);
    while (!condition() && !deadline.passed()) std::this_thread::sleep_for(1ms);
    EXPECT_TRUE(condition());
  }

  /// `count` clients that ask all at once, while the I/O thread is busy.
  std::vector<std::unique_ptr<Client>> crowd(int count, std::string_view target) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<Client>(server_->port()));
      EXPECT_TRUE(clients.back()->connect().has_value());
    }
    wait_until([&] { return server_->connections() == static_cast<std::size_t>(count); });
    for (const auto& client : clients)
      EXPECT_TRUE(
          client->write("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n").has_value());
    return clients;
  }

  static std::unique_ptr<Client> ask(std::uint16_t port, std::string_view target) {
    auto client = std::make_unique<Client>(port);
    EXPECT_TRUE(client->connect().has_value());
    EXPECT_TRUE(
        client->write("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n").has_value());
    return client;
  }

  Options options_;
  Hooks hooks_;
  Router router_;
  std::unique_ptr<Server> server_;
};

TEST_F(OverloadTest, refuses_with_retry_after_what_waited_too_long_and_answers_the_rest) {
  options_.queue_time = 10ms;
  options_.standing_queue_time = 10ms;
  start();
  const auto clients = crowd(40, "/burn");
  int answered = 0;
  int refused = 0;
  for (const auto& client : clients) {
    const auto response = client->read_response();
    ASSERT_TRUE(response.has_value());
    if (response->status == 200) ++answered;
    if (response->status != 503) continue;
    ++refused;
    EXPECT_EQ(response->header("retry-after"), "1");
    EXPECT_EQ(response->header("connection"), "") << "the connection goes on";
    EXPECT_EQ(client->get("/ok")->status, 200);
  }
  EXPECT_GT(answered, 0);
  EXPECT_GT(refused, 0) << "40 requests of 5 ms do not all start within 10 ms";
  EXPECT_EQ(answered + refused, 40);
  EXPECT_EQ(server_->figures().shed, static_cast<std::uint64_t>(refused));
}

TEST_F(OverloadTest, a_burst_that_fits_the_queue_time_is_answered_whole) {
  options_.queue_time = 10s;
  options_.standing_queue_time = 10s;
  start();
  const auto clients = crowd(40, "/burn");
  for (const auto& client : clients) EXPECT_EQ(client->read_response()->status, 200);
  EXPECT_EQ(server_->figures().shed, 0U);
}

TEST_F(OverloadTest, a_queue_has_a_bound) {
  options_.queue_time = options_.standing_queue_time = 10s;
  options_.queue = 4;
  start();
  const auto clients = crowd(60, "/burn");
  int refused = 0;
  for (const auto& client : clients) refused += client->read_response()->status == 503 ? 1 : 0;
  EXPECT_GT(refused, 0);
}

TEST_F(OverloadTest, runs_so_many_requests_at_once_and_answers_health_all_the_same) {
  options_.requests_in_flight = 3;
  start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(ask(server_->port(), "/wait"));
  wait_until([&] { return server_->figures().in_flight == 3; });
  Client client(server_->port());
  const auto refused = client.get("/ok");
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->header("retry-after"), "1");
  EXPECT_EQ(client.get("/health")->status, 200);
  EXPECT_EQ(server_->figures().in_flight, 3U);
}

TEST_F(OverloadTest, nearly_full_it_closes_idle_connections_and_lets_others_wait_outside) {
  options_.connections = 10;
  options_.accept_pause_percent = 50;
  options_.client_check_time = 1ms;
  start();
  std::vector<std::unique_ptr<Client>> busy;
  for (int i = 0; i < 4; ++i) busy.push_back(ask(server_->port(), "/wait"));
  Client idle(server_->port());
  EXPECT_EQ(idle.get("/ok")->status, 200);
  EXPECT_EQ(*idle.read_all(), "") << "its place was needed";
  busy.push_back(ask(server_->port(), "/wait"));
  wait_until([&] { return server_->connections() == 5; });
  const auto outside = ask(server_->port(), "/ok");
  wait_until([&] { return server_->figures().pauses > 0; });
  EXPECT_EQ(server_->connections(), 5U) << "the sixth waits in the backlog";
  busy.pop_back();
  EXPECT_EQ(outside->read_response()->status, 200);
}

TEST_F(OverloadTest, believes_a_trusted_proxy_and_nobody_else_about_the_client) {
  std::vector<std::string> seen;
  hooks_.exchange = [&](const Exchange& exchange) {
    seen.push_back(std::string(exchange.remote_address) + " " +
                   (exchange.transport == Transport::tls ? "tls" : "plain"));
  };
  const std::vector<HeaderField> fields = {{"X-Forwarded-For", "203.0.113.7"},
                                           {"X-Forwarded-Proto", "https"}};
  start();
  EXPECT_EQ(Client(server_->port()).get("/ok", fields)->status, 200);
  ASSERT_TRUE(server_->stop(Deadline::after(1s)).has_value());
  options_.trusted_proxies = {"127.0.0.0/8"};
  options_.connections_per_address = 1;
  server_ = std::make_unique<Server>(options_, hooks_, router_);
  ASSERT_TRUE(server_->start().has_value());
  Client first(server_->port());
  Client second(server_->port());
  EXPECT_EQ(first.get("/ok", fields)->status, 200);
  EXPECT_EQ(second.get("/ok", {{"X-Forwarded-For", "198.51.100.1, 127.0.0.2"}})->status, 200)
      << "a proxy's connections are not counted as one address";
  EXPECT_EQ(first.get("/ok", {{"X-Forwarded-For", "nonsense"}})->status, 200);
  ASSERT_TRUE(server_->stop(Deadline::after(1s)).has_value());
  EXPECT_EQ(seen, (std::vector<std::string>{"127.0.0.1 plain", "203.0.113.7 tls",
                                            "198.51.100.1 plain", "127.0.0.1 plain"}));
}

TEST_F(OverloadTest, a_wrong_proxy_or_a_missing_certificate_stops_the_start_by_name) {
  options_.trusted_proxies = {"10.0.0.0/8", "10.0.0.0/99"};
  Server wrong(options_, hooks_, router_);
  const auto started = wrong.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().reason(), "http.trusted_proxies");
  EXPECT_NE(started.error().message().find("10.0.0.0/99"), std::string::npos);
  options_.trusted_proxies.clear();
  options_.tls = {.certificate = "/nowhere/cert.pem", .key = "/nowhere/key.pem"};
  Server without(options_, hooks_, router_);
  const auto tls = without.start();
  ASSERT_FALSE(tls.has_value());
  EXPECT_EQ(tls.error().reason(), "tls.key");
}

}  // namespace
}  // namespace tenon::http
