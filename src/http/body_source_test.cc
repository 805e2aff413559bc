// Bodies that their handler reads part by part.
#include <gtest/gtest.h>

#include "http/client.h"
#include "http/server.h"

namespace tenon::http {
namespace {

using namespace std::chrono_literals;

asio::awaitable<Response> count(Request request) {
  std::size_t bytes = 0;
  std::size_t largest = 0;
  if (request.body_source() == nullptr) co_return Response::text(200, "no body");
  for (;;) {
    auto part = co_await request.body_source()->read();
    if (!part) co_return Response::text(400, part.error().reason());
    if (part->empty()) break;
    bytes += part->size();
    largest = std::max(largest, part->size());
  }
  // Over and over again is still the end.
  const auto again = co_await request.body_source()->read();
  EXPECT_TRUE(again && again->empty());
  EXPECT_TRUE(request.body().empty());
  EXPECT_LE(largest, std::size_t{64} << 10U);
  co_return Response::text(200, std::to_string(bytes));
}

asio::awaitable<Response> ignore(Request) { co_return Response::text(403, "no"); }

class BodySourceTest : public testing::Test {
 protected:
  void start() {
    Route counted{.method = Method::post, .pattern = "/count", .handler = count};
    counted.body_bytes = std::size_t{4} << 20U;
    counted.streams_body = true;
    Route ignored{.method = Method::post, .pattern = "/ignore", .handler = ignore};
    ignored.streams_body = true;
    ASSERT_TRUE(router_.replace("test", {counted, ignored}));
    options_.sweep_time = 10ms;
    server_ = std::make_unique<Server>(options_, Hooks{}, router_);
    ASSERT_TRUE(server_->start());
  }
  std::string all_of(std::string_view bytes) {
    Client client(server_->port());
    EXPECT_TRUE(client.connect().has_value());
    // A server that refuses may close before it has read all: the answer counts.
    (void)client.write(bytes);
    const auto answer = client.read_all();
    return answer ? *answer : "ERROR " + answer.error().message();
  }
  static std::string post(std::string_view path, std::string_view body,
                          std::string_view more = {}) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }

  Options options_;
  Router router_;
  std::unique_ptr<Server> server_;
};

TEST_F(BodySourceTest, a_large_body_comes_in_small_parts_and_the_connection_goes_on) {
  start();
  const std::string body(3 << 20, 'x');
  const auto answers = all_of(post("/count", body) + post("/count", "abc") +
                              post("/count", "", "Connection: close\r\n"));
  EXPECT_NE(answers.find("\r\n\r\n3145728HTTP/1.1 200"), std::string::npos) << answers;
  EXPECT_NE(answers.find("\r\n\r\n3HTTP/1.1 200"), std::string::npos) << answers;
  EXPECT_TRUE(answers.ends_with("no body")) << answers;
}

TEST_F(BodySourceTest, chunks_are_read_like_any_body) {
  start();
  const auto answer = all_of(
      "POST /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("\r\n\r\n11")) << answer;
}

TEST_F(BodySourceTest, a_body_beyond_its_bound_is_told_where_it_is_read) {
  start();
  const auto sized = all_of(post("/count", std::string((4 << 20) + 1, 'x')));
  EXPECT_TRUE(sized.ends_with("http.body_too_large")) << sized.substr(0, 300);
  std::string chunked = "POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string piece = "100000\r\n" + std::string(1 << 20, 'x') + "\r\n";
  for (int i = 0; i < 5; ++i) chunked += piece;
  EXPECT_TRUE(all_of(chunked + "0\r\n\r\n").ends_with("http.body_too_large"));
}

TEST_F(BodySourceTest, broken_framing_is_told_where_it_is_read) {
  start();
  const auto answer = all_of(
      "POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n");
  EXPECT_TRUE(answer.ends_with("http.body")) << answer;
}

TEST_F(BodySourceTest, a_body_that_nobody_reads_ends_the_connection) {
  start();
  const auto answers = all_of(post("/ignore", std::string(100'000, 'x')) + post("/count", "abc"));
  EXPECT_NE(answers.find("HTTP/1.1 403"), std::string::npos) << answers;
  EXPECT_EQ(answers.find("HTTP/1.1 200"), std::string::npos) << answers;
}

TEST_F(BodySourceTest, a_body_that_comes_too_slowly_is_given_up) {
  options_.head_time = 100ms;
  start();
  const auto answer = all_of("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_TRUE(answer.ends_with("http.too_slow")) << answer;
}

TEST_F(BodySourceTest, a_client_that_waits_to_be_asked_is_asked_when_its_body_is_read) {
  start();
  Client client(server_->port());
  ASSERT_TRUE(client.connect());
  ASSERT_TRUE(client.write(
      "POST /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
      "Content-Length: 4\r\n\r\n"));
  ASSERT_TRUE(client.write("body"));
  const auto answer = client.read_all();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->ends_with("\r\n\r\n4")) << *answer;
}

}  // namespace
}  // namespace tenon::http
