#include "http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <thread>

#include "http/client.h"
#include "http/framing_vectors.h"
#include "http/security_headers.h"

namespace tenon::http {
namespace {

using namespace std::chrono_literals;

asio::awaitable<Response> echo(Request request) {
  std::string text(to_string(request.method()));
  text.append(" ").append(request.target()).append(" ").append(request.body());
  co_return Response::text(200, std::move(text));
}

asio::awaitable<Response> throws(Request) { throw std::runtime_error("boom"); }

asio::awaitable<void> wait(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<Response> waits(Request request) {
  co_await wait(request.target() == "/wait/long" ? 60s : 150ms);
  co_return Response::text(200, "waited");
}

// Swallows its cancellation, as work on another thread does.
asio::awaitable<Response> ignores(Request) {
  for (int i = 0; i < 12; ++i) {
    try {
      co_await wait(50ms);
    } catch (const std::exception&) {
      continue;
    }
  }
  co_return Response::text(200, "late");
}

asio::awaitable<Response> large(Request) {
  co_return Response::text(200, std::string(3 << 20, 'x'));
}

asio::awaitable<void> write_events(BodyStream& stream) {
  for (int i = 0; i < 3; ++i) {
    if (!co_await stream.write(server_sent_event("tick", std::to_string(i)))) co_return;
  }
}

asio::awaitable<void> write_for_ever(BodyStream& stream) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (co_await stream.write("tick\n")) {
    timer.expires_after(10ms);
    boost::system::error_code ended;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  }
}

asio::awaitable<void> write_and_throw(BodyStream& stream) {
  static_cast<void>(co_await stream.write("half"));
  throw std::runtime_error("no more");
}

asio::awaitable<void> write_nothing(BodyStream&) { co_await wait(60s); }

asio::awaitable<Response> events(Request request) {
  if (request.target() == "/events/silent") co_return Response::events(write_nothing);
  if (request.target() == "/events/ever") co_return Response::events(write_for_ever);
  if (request.target() == "/events/half") co_return Response::events(write_and_throw);
  co_return Response::events(write_events);
}

class ServerTest : public testing::Test {
 protected:
  void start() {
    const auto added = router_.replace("test", {{Method::get, "/a", echo},
                                                {Method::post, "/a", echo},
                                                {Method::get, "/canary", canary()},
                                                {Method::get, "/throws", throws},
                                                {Method::get, "/wait/{kind}", waits},
                                                {Method::get, "/ignores", ignores},
                                                {Method::get, "/large", large},
                                                {Method::get, "/events/{kind}", events},
                                                {Method::post, "/upload", echo, 2 << 20}});
    ASSERT_TRUE(added.has_value());
    options_.sweep_time = 10ms;
    server_ = std::make_unique<Server>(options_, hooks_, router_);
    const auto started = server_->start();
    ASSERT_TRUE(started.has_value()) << started.error().message();
  }

  Handler canary() {
    return [this](Request request) {
      ++canaries_;
      return echo(std::move(request));
    };
  }

  // Everything the server says to `bytes` until it closes.
  std::string all_of(std::string_view bytes) {
    Client client(server_->port());
    EXPECT_TRUE(client.connect().has_value());
    EXPECT_TRUE(client.write(bytes).has_value());
    const auto answer = client.read_all();
    return answer ? *answer : "ERROR " + answer.error().message();
  }

  int get(std::string_view target) {
    Client client(server_->port());
    const auto response = client.get(target);
    return response ? response->status : -1;
  }

  // The server tells nobody when it accepts or closes, so this looks until it has.
  void wait_for_connections(std::size_t count) {
    const Deadline deadline = Deadline::after(10s);
    while (server_->connections() != count && !deadline.passed()) std::this_thread::yield();
    EXPECT_EQ(server_->connections(), count);
  }

  Options options_;
  Hooks hooks_;
  Router router_;
  std::atomic<int> canaries_ = 0;
  std::unique_ptr<Server> server_;
};

std::size_t answers_in(std::string_view bytes) {
  constexpr std::string_view kDate = "\r\nDate: ";
  std::size_t count = 0;
  for (auto at = bytes.find(kDate); at != bytes.npos; at = bytes.find(kDate, at + 1)) ++count;
  return count;
}

TEST_F(ServerTest, answers_each_ambiguous_stream_once_and_closes_and_never_runs_the_canary) {
  start();
  for (const FramingVector& vector : refused_vectors()) {
    SCOPED_TRACE(vector.name);
    const std::string answer = all_of(vector.bytes + "GET /canary HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(answers_in(answer), 1U) << answer;
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(vector.status))) << answer;
    EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
  }
  EXPECT_EQ(canaries_, 0);
  EXPECT_EQ(get("/canary"), 200);
}

TEST_F(ServerTest, reads_a_request_that_comes_byte_by_byte) {
  start();
  Client client(server_->port());
  ASSERT_TRUE(client.connect().has_value());
  for (const char c :
       post_with("Content-Length: 5\r\n", "hello") + chunked("1\r\nx\r\n0\r\n\r\n")) {
    ASSERT_TRUE(client.write({&c, 1}).has_value());
  }
  EXPECT_EQ(client.read_response()->body, "POST /a hello");
  EXPECT_EQ(client.read_response()->body, "POST /a x");
}

TEST_F(ServerTest, answers_pipelined_requests_in_order) {
  start();
  Client client(server_->port());
  ASSERT_TRUE(client.connect().has_value());
  std::string bytes;
  for (int i = 0; i < 200; ++i) {
    bytes += with_target(i % 50 == 7 ? "/wait/short" : "/a?" + std::to_string(i));
  }
  ASSERT_TRUE(client.write(bytes).has_value());
  for (int i = 0; i < 200; ++i) {
    const auto response = client.read_response();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->body, i % 50 == 7 ? "waited" : "GET /a?" + std::to_string(i) + " ");
  }
}

TEST_F(ServerTest, keeps_a_connection_until_its_number_of_requests) {
  options_.requests_per_connection = 3;
  start();
  Client client(server_->port());
  EXPECT_EQ(client.get("/a")->header("connection"), "");
  EXPECT_EQ(client.get("/a")->header("connection"), "");
  EXPECT_EQ(client.get("/a")->header("connection"), "close");
}

TEST_F(ServerTest, speaks_1_0_with_close_unless_keep_alive_is_asked_for) {
  start();
  const std::string closed = all_of("GET /a HTTP/1.0\r\nHost: h\r\n\r\n");
  EXPECT_NE(closed.find("Connection: close"), std::string::npos);
  Client client(server_->port());
  ASSERT_TRUE(client.connect().has_value());
  ASSERT_TRUE(
      client.write("GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n").has_value());
  EXPECT_EQ(client.read_response()->header("connection"), "keep-alive");
}

TEST_F(ServerTest, answers_head_without_a_body_and_with_its_length) {
  start();
  Client client(server_->port());
  const auto head = client.send(Method::head, "/a");
  EXPECT_EQ(head->header("content-length"), "8");
  EXPECT_EQ(client.get("/a")->body, "GET /a ");
}

TEST_F(ServerTest, answers_404_and_405_with_allow_and_keeps_the_connection) {
  start();
  Client client(server_->port());
  EXPECT_EQ(client.get("/none")->status, 404);
  const auto response = client.send(Method::del, "/a");
  EXPECT_EQ(response->status, 405);
  EXPECT_EQ(response->header("allow"), "GET, HEAD, POST");
  EXPECT_EQ(client.get("/a")->status, 200);
  const auto unread = client.send(Method::post, "/none", {}, "body");
  EXPECT_EQ(unread->status, 404);
  EXPECT_EQ(unread->header("connection"), "close");
}

TEST_F(ServerTest, turns_a_throwing_handler_into_500_and_goes_on) {
  std::string fault;
  hooks_.fault = [&](std::string_view what) { fault = what; };
  start();
  Client client(server_->port());
  const auto response = client.get("/throws");
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->body.find("boom"), std::string::npos);
  EXPECT_EQ(client.get("/a")->status, 200) << "the same connection";
  EXPECT_EQ(fault, "boom");
}

TEST_F(ServerTest, refuses_a_body_over_the_bound_of_its_route) {
  start();
  Client client(server_->port());
  EXPECT_EQ(client.send(Method::post, "/a", {}, std::string((1 << 20) + 1, 'x'))->status, 413);
  EXPECT_EQ(client.send(Method::post, "/upload", {}, std::string(2 << 20, 'x'))->status, 200);
  EXPECT_EQ(client.send(Method::post, "/upload", {}, std::string((2 << 20) + 1, 'x'))->status, 413);
}

TEST_F(ServerTest, asks_for_the_body_only_when_it_will_take_it) {
  start();
  Client client(server_->port());
  ASSERT_TRUE(client.connect().has_value());
  ASSERT_TRUE(
      client.write(post_with("Expect: 100-continue\r\nContent-Length: 2\r\n", "")).has_value());
  std::thread writer([&] {
    // The answer to come proves the 100, which read_response() skips.
    std::this_thread::sleep_for(20ms);
    static_cast<void>(client.write("hi"));
  });
  EXPECT_EQ(client.read_response()->body, "POST /a hi");
  writer.join();
  const std::string refused =
      all_of(post_with("Expect: 100-continue\r\nContent-Length: 9999999\r\n", ""));
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 413")) << refused;
}

TEST_F(ServerTest, closes_a_client_that_sends_its_head_too_slowly) {
  options_.head_time = 60ms;
  start();
  EXPECT_TRUE(all_of("GET /a HTTP/1.1\r\nHo").starts_with("HTTP/1.1 408"));
  EXPECT_EQ(all_of(""), "") << "without a byte there is nothing to answer";
}

TEST_F(ServerTest, closes_an_idle_connection_silently) {
  options_.idle_time = 60ms;
  start();
  EXPECT_EQ(answers_in(all_of(get_with(""))), 1U);
}

TEST_F(ServerTest, closes_a_client_that_sends_its_body_too_slowly) {
  options_.head_time = 60ms;
  options_.body_bytes_per_second = 1'000'000;
  start();
  const std::string answer = all_of(post_with("Content-Length: 1000\r\n", "some"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408")) << answer;
}

TEST_F(ServerTest, closes_a_client_that_does_not_read) {
  options_.write_time = 60ms;
  options_.body_bytes_per_second = 1'000'000'000;
  options_.linger_time = 10ms;
  start();
  Client client(server_->port());
  ASSERT_TRUE(client.connect().has_value());
  std::string bytes;
  for (int i = 0; i < 20; ++i) bytes += with_target("/large");
  ASSERT_TRUE(client.write(bytes).has_value());
  wait_for_connections(1);
  wait_for_connections(0);
}

TEST_F(ServerTest, answers_503_when_a_handler_takes_too_long) {
  options_.handler_time = 60ms;
  start();
  Client client(server_->port());
  const auto response = client.get("/wait/long");
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_EQ(response->header("retry-after"), "1");
  EXPECT_EQ(client.get("/ignores")->status, 503) << "even when it does not heed its cancellation";
  EXPECT_EQ(client.get("/a")->status, 200);
}

TEST_F(ServerTest, cancels_the_request_of_a_client_that_left) {
  options_.client_check_time = 30ms;
  std::mutex mutex;
  std::vector<int> statuses;
  hooks_.exchange = [&](const Exchange& exchange) {
    const std::scoped_lock lock(mutex);
    statuses.push_back(exchange.status);
  };
  start();
  for (const std::string_view target : {"/wait/long", "/events/silent"}) {
    Client client(server_->port());
    ASSERT_TRUE(client.connect().has_value());
    ASSERT_TRUE(client.write(with_target(target)).has_value());
    wait_for_connections(1);
    client.close();
    wait_for_connections(0);
  }
  ASSERT_TRUE(server_->stop(Deadline::after(1s)).has_value());
  EXPECT_EQ(statuses, (std::vector<int>{0, 200})) << "the stream had begun";
}

TEST_F(ServerTest, turns_away_connections_above_the_bounds) {
  options_.connections_per_address = 2;
  start();
  Client first(server_->port());
  Client second(server_->port());
  ASSERT_EQ(first.get("/a")->status, 200);
  ASSERT_EQ(second.get("/a")->status, 200);
  EXPECT_TRUE(all_of("").starts_with("HTTP/1.1 503"));
  EXPECT_EQ(first.get("/a")->status, 200);
  second.close();
  wait_for_connections(1);
  EXPECT_EQ(get("/a"), 200);
}

TEST_F(ServerTest, sends_a_large_body_whole) {
  start();
  Client client(server_->port());
  EXPECT_EQ(client.get("/large")->body.size(), 3U << 20);
}

TEST_F(ServerTest, streams_events_in_chunks_and_keeps_the_connection) {
  start();
  Client client(server_->port());
  const auto response = client.get("/events/some");
  EXPECT_EQ(response->header("content-type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(response->body,
            "event: tick\ndata: 0\n\nevent: tick\ndata: 1\n\nevent: tick\ndata: 2\n\n");
  EXPECT_EQ(client.get("/a")->status, 200);
  const std::string old = all_of("GET /events/some HTTP/1.0\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(old.ends_with("close\r\n\r\n" + response->body)) << old;
}

TEST_F(ServerTest, cuts_a_stream_whose_writer_throws) {
  start();
  const std::string answer = all_of(with_target("/events/half"));
  EXPECT_TRUE(answer.ends_with("4\r\nhalf\r\n")) << "no last chunk: " << answer;
}

TEST_F(ServerTest, drains_what_runs_and_closes_what_idles) {
  start();
  Client idle(server_->port());
  ASSERT_EQ(idle.get("/a")->status, 200);
  Client streaming(server_->port());
  ASSERT_TRUE(streaming.connect().has_value());
  ASSERT_TRUE(streaming.write(with_target("/events/ever")).has_value());
  Client busy(server_->port());
  ASSERT_TRUE(busy.connect().has_value());
  ASSERT_TRUE(busy.write(with_target("/wait/short")).has_value());
  wait_for_connections(3);
  std::this_thread::sleep_for(30ms);
  Result<> stopped;
  std::thread stopper([&] { stopped = server_->stop(Deadline::after(5s)); });
  const auto response = busy.read_response();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, "waited");
  EXPECT_EQ(response->header("connection"), "close");
  busy.close();
  EXPECT_EQ(*idle.read_all(), "");
  EXPECT_TRUE(streaming.read_all()->ends_with("\r\n0\r\n\r\n"));
  streaming.close();
  stopper.join();
  EXPECT_TRUE(stopped.has_value());
  EXPECT_FALSE(Client(server_->port()).connect().has_value());
  EXPECT_TRUE(server_->stop(Deadline::after(1s)).has_value()) << "idempotent";
}

TEST_F(ServerTest, cuts_what_outlives_the_drain_time) {
  start();
  Client client(server_->port());
  ASSERT_TRUE(client.connect().has_value());
  ASSERT_TRUE(client.write(with_target("/wait/long")).has_value());
  wait_for_connections(1);
  std::this_thread::sleep_for(30ms);
  const auto stopped = server_->stop(Deadline::after(50ms));
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().reason(), "http.cut");
}

TEST_F(ServerTest, says_when_its_address_is_in_use) {
  start();
  Options options;
  options.port = server_->port();
  Server second(options, {}, router_);
  const auto started = second.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().message(),
            "address 127.0.0.1:" + std::to_string(server_->port()) + " is in use");
  EXPECT_EQ(started.error().reason(), "http.in_use");
}

asio::awaitable<Response> around(const Handler& next, Request request) {
  Response response = co_await next(std::move(request));
  response.set("X-Around", "yes");
  co_return response;
}

TEST_F(ServerTest, calls_its_hooks_for_handlers_and_for_problems) {
  std::mutex mutex;
  std::vector<std::string> log;
  hooks_.around = around;
  hooks_.answer = add_security_headers;
  hooks_.problem = [](const Problem& problem) {
    return Response::json(problem.status, "{\"code\":\"" + std::string(problem.rule) + "\"}",
                          "application/problem+json; charset=utf-8");
  };
  hooks_.exchange = [&](const Exchange& exchange) {
    const std::scoped_lock lock(mutex);
    log.push_back(std::string(exchange.method) + " " + std::string(exchange.target) + " " +
                  std::string(exchange.route) + " " + std::to_string(exchange.status));
  };
  start();
  Client client(server_->port());
  const auto good = client.get("/wait/short?x");
  EXPECT_EQ(good->header("x-around"), "yes");
  EXPECT_EQ(good->header("x-content-type-options"), "nosniff");
  const auto missing = client.get("/none");
  EXPECT_EQ(missing->body, "{\"code\":\"route.not_found\"}");
  EXPECT_EQ(missing->header("x-content-type-options"), "nosniff");
  const std::string bad = all_of("GET / HTTP/3\r\n\r\n");
  EXPECT_NE(bad.find("{\"code\":\"version\"}"), std::string::npos);
  ASSERT_TRUE(server_->stop(Deadline::after(2s)).has_value());
  EXPECT_EQ(log, (std::vector<std::string>{"GET /wait/short?x /wait/{kind} 200", "GET /none  404",
                                           "   400"}));
}

TEST_F(ServerTest, serves_many_connections_on_two_threads_while_routes_change) {
  options_.threads = 2;
  start();
  std::atomic<bool> stop = false;
  std::thread changer([&] {
    while (!stop) {
      EXPECT_TRUE(router_.replace("plugin", {{Method::get, "/x", echo}}).has_value());
      router_.remove("plugin");
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&] {
      Client client(server_->port());
      for (int i = 0; i < 100; ++i) {
        const auto plugin = client.get("/x");
        const auto core = client.get("/a");
        const bool known = plugin && (plugin->status == 200 || plugin->status == 404);
        if (known && core && core->status == 200) ++good;
      }
    });
  }
  for (std::thread& thread : clients) thread.join();
  stop = true;
  changer.join();
  EXPECT_EQ(good, 800);
}

}  // namespace
}  // namespace tenon::http
