#include "http/forwarded.h"

#include <gtest/gtest.h>

#include "http/request.h"

namespace tenon::http {
namespace {

TrustedProxies proxies(const std::vector<std::string>& texts) {
  auto made = TrustedProxies::parse(texts);
  EXPECT_TRUE(made.has_value());
  return *std::move(made);
}

bool trusts(const TrustedProxies& all, const char* address) {
  return all.trusts(asio::ip::make_address(address));
}

std::string client(const TrustedProxies& all, const std::vector<std::string>& values) {
  std::vector<HeaderField> fields;
  for (const auto& value : values) fields.push_back({"X-Forwarded-For", value});
  return all.client(Request::make(Method::get, "/", fields)->head());
}

TEST(ForwardedTest, networks_hold_their_addresses_and_no_other) {
  const auto all = proxies({"10.1.0.0/16", "192.0.2.7", "2001:db8:1::/48", "::1"});
  for (const char* inside : {"10.1.0.0", "10.1.255.255", "192.0.2.7", "2001:db8:1::9", "::1"})
    EXPECT_TRUE(trusts(all, inside)) << inside;
  for (const char* outside : {"10.0.255.255", "10.2.0.0", "192.0.2.8", "2001:db8:2::", "::2"})
    EXPECT_FALSE(trusts(all, outside)) << outside;
  EXPECT_FALSE(trusts(proxies({}), "127.0.0.1"));
  EXPECT_TRUE(trusts(proxies({"0.0.0.0/0"}), "203.0.113.1"));
}

TEST(ForwardedTest, what_is_no_network_is_refused_by_name) {
  for (const char* wrong :
       {"", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "localhost", "::/129", "a/8"})
    EXPECT_FALSE(TrustedProxies::parse({wrong}).has_value()) << wrong;
}

TEST(ForwardedTest, the_client_is_the_last_address_that_is_no_proxy_of_ours) {
  const auto all = proxies({"10.0.0.0/8"});
  EXPECT_EQ(client(all, {"203.0.113.7"}), "203.0.113.7");
  EXPECT_EQ(client(all, {"203.0.113.7, 10.0.0.1, 10.0.0.2"}), "203.0.113.7");
  EXPECT_EQ(client(all, {"1.2.3.4, 203.0.113.7, 10.0.0.1"}), "203.0.113.7")
      << "what stands before is the client's own claim";
  EXPECT_EQ(client(all, {"1.2.3.4", "203.0.113.7, 10.0.0.1"}), "203.0.113.7");
  EXPECT_EQ(client(all, {"10.0.0.5, 10.0.0.1"}), "10.0.0.5") << "a client of our own network";
  EXPECT_EQ(client(all, {"::ffff:203.0.113.7"}), "203.0.113.7");
  EXPECT_EQ(client(all, {}), "");
  EXPECT_EQ(client(all, {"unknown"}), "");
  EXPECT_EQ(client(all, {"203.0.113.7, , 10.0.0.1"}), "");
  EXPECT_EQ(client(all, {"203.0.113.7:99"}), "");
}

TEST(ForwardedTest, the_last_proxy_says_whether_the_way_was_encrypted) {
  const auto transport = [](const char* value) {
    const std::vector<HeaderField> fields = {{"X-Forwarded-Proto", value}};
    return TrustedProxies::transport(Request::make(Method::get, "/", fields)->head());
  };
  EXPECT_EQ(transport("https"), Transport::tls);
  EXPECT_EQ(transport("HTTPS"), Transport::tls);
  EXPECT_EQ(transport("https, http"), Transport::plain);
  EXPECT_EQ(transport("http, https"), Transport::tls);
  EXPECT_EQ(transport("httpsx"), Transport::plain);
}

}  // namespace
}  // namespace tenon::http
