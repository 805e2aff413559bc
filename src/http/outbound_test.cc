#include "http/outbound.h"

#include <gtest/gtest.h>

#include "async/wait_for.h"
#include "base/hash.h"
#include "http/jwk.h"
#include "http/server.h"

namespace tenon::http {
namespace {

TEST(OutboundTarget, is_read_strictly) {
  const auto read = [](const std::string& url) {
    const auto target = target_of(url);
    return target ? (target->tls ? "tls " : "plain ") + target->host + " " + target->port + " " +
                        target->path
                  : target.error().reason();
  };
  EXPECT_EQ(read("https://id.example.com"), "tls id.example.com 443 /");
  EXPECT_EQ(read("https://id.example.com:8443/a/b?c=d"), "tls id.example.com 8443 /a/b?c=d");
  EXPECT_EQ(read("https://id.example.com?x=1"), "tls id.example.com 443 /?x=1");
  EXPECT_EQ(read("http://[::1]:80/x"), "plain ::1 80 /x");
  for (const auto* wrong : {"", "id.example.com", "ftp://x/", "https://", "https://u:p@x/",
                            "https://x/#y", "https://x /", "https://x\r\nHost: y/", "https://x:/",
                            "https://x:99999999/", "https://x:a/", "https://[::1",
                            "https://[::1]x/", "https://x\\y/", "https://\xe4\xb8\xad/"})
    EXPECT_EQ(read(wrong), "outbound.url") << wrong;
}

TEST(Outbound, calls_public_addresses_only_unless_more_is_opened) {
  const OutboundOptions none;
  for (const auto* address : {"8.8.8.8", "1.1.1.1", "2606:4700::1111"})
    EXPECT_TRUE(may_call(std::string(address), none)) << address;
  for (const auto* address : {"127.0.0.1",   "127.8.8.8",        "0.0.0.0",
                              "10.0.0.1",    "172.16.0.1",       "172.31.255.255",
                              "192.168.1.1", "169.254.169.254",  "100.64.0.1",
                              "224.0.0.1",   "255.255.255.255",  "192.0.2.1",
                              "198.18.0.1",  "203.0.113.9",      "::1",
                              "::",          "::ffff:127.0.0.1", "::ffff:10.0.0.1",
                              "fe80::1",     "fc00::1",          "fd12::1",
                              "ff02::1",     "2002:7f00:1::",    "64:ff9b::7f00:1",
                              "2001:db8::1", "no address"})
    EXPECT_FALSE(may_call(std::string(address), none)) << address;
  EXPECT_TRUE(may_call(std::string("127.0.0.1"), {.loopback = true}));
  EXPECT_TRUE(may_call(std::string("192.168.1.1"), {.private_networks = true}));
  EXPECT_FALSE(
      may_call(std::string("169.254.169.254"), {.loopback = true, .private_networks = true}));
}

/// A server on a free port that answers by the path.
class OutboundTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto answer = [](Request request) -> asio::awaitable<Response> {
      if (request.path() == "/big") co_return Response::json(200, std::string(5000, 'x'));
      co_return Response::json(
          201, std::string(request.method() == Method::post ? "post " : "get ") + request.body() +
                   " " + std::string(request.header("X-Test").value_or("")));
    };
    ASSERT_TRUE(router_.replace(
        "all", {{.method = Method::get, .pattern = "/{rest*}", .handler = answer},
                {.method = Method::post, .pattern = "/{rest*}", .handler = answer}}));
    server_ = std::make_unique<Server>(Options{}, Hooks{}, router_);
    ASSERT_TRUE(server_->start());
  }
  void TearDown() override { (void)server_->stop(Deadline::after(std::chrono::seconds(5))); }
  Result<OutboundAnswer> send(OutboundRequest request,
                              OutboundOptions options = {.loopback = true}) {
    request.url = "http://127.0.0.1:" + std::to_string(server_->port()) + request.url;
    const Outbound outbound(options);
    return wait_for(outbound.send(std::move(request), Deadline::after(std::chrono::seconds(10))));
  }
  Router router_;
  std::unique_ptr<Server> server_;
};

TEST_F(OutboundTest, sends_a_request_and_takes_a_bounded_answer) {
  const auto got = send({.url = "/x", .fields = {{"X-Test", "yes"}}});
  ASSERT_TRUE(got) << got.error().for_log();
  EXPECT_EQ(got->status, 201);
  EXPECT_EQ(got->body, "get  yes");
  const auto posted = send({.method = Method::post, .url = "/x", .fields = {}, .body = "hello"});
  ASSERT_TRUE(posted) << posted.error().for_log();
  EXPECT_EQ(posted->body, "post hello ");
  EXPECT_TRUE(send({.url = "/big"}, {.loopback = true, .answer_bytes = 5000}));
  EXPECT_EQ(send({.url = "/big"}, {.loopback = true, .answer_bytes = 4999}).error().reason(),
            "outbound.answer");
}

TEST_F(OutboundTest, does_not_call_this_machine_unless_it_may) {
  EXPECT_EQ(send({.url = "/x"}, {}).error().reason(), "outbound.url") << "nor without TLS";
  const Outbound outbound({});
  const auto named =
      wait_for(outbound.send({.url = "https://localhost:" + std::to_string(server_->port()) + "/"},
                             Deadline::after(std::chrono::seconds(10))));
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().reason(), "outbound.address");
}

TEST_F(OutboundTest, trusts_no_server_that_speaks_no_tls) {
  const Outbound outbound({.loopback = true});
  const auto answer =
      wait_for(outbound.send({.url = "https://127.0.0.1:" + std::to_string(server_->port()) + "/"},
                             Deadline::after(std::chrono::seconds(10))));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason(), "outbound.tls");
}

std::string from64(std::string_view text) { return *from_base64url(text); }

TEST(JsonWebKeys, verify_the_example_of_rfc_7515) {
  // Appendix A.2 (RS256) and A.3 (ES256).
  const std::string payload =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ";
  const auto x = from64("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
  const auto y = from64("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  const auto signature = from64(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  const auto data = "eyJhbGciOiJFUzI1NiJ9." + payload;
  EXPECT_TRUE(verify_es256(x, y, data, signature));
  EXPECT_FALSE(verify_es256(x, y, data + "x", signature));
  EXPECT_FALSE(verify_es256(y, x, data, signature));
  EXPECT_FALSE(verify_es256(x, y, data, signature.substr(1)));
  EXPECT_FALSE(verify_es256(x, y, data, std::string(64, '\0')));
}

TEST(JsonWebKeys, refuse_short_and_broken_rsa_keys) {
  EXPECT_FALSE(
      verify_rs256(std::string(128, '\xC1'), "\x01\x00\x01", "data", std::string(128, 'x')));
  EXPECT_FALSE(verify_rs256(std::string(256, '\x01'), "\x03", "data", std::string(256, 'x')));
  EXPECT_FALSE(verify_rs256("", "", "data", ""));
  EXPECT_FALSE(verify_rs256(std::string(2000, '\xC1'), "\x03", "data", "x"));
}

}  // namespace
}  // namespace tenon::http
