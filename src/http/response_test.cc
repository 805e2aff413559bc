#include "http/response.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "http/security_headers.h"

namespace tenon::http {
namespace {

TEST(Response, replaces_adds_and_removes_fields_without_case) {
  Response response;
  response.set("A", "1").set("B", "2").set("a", "3").add("Set-Cookie", "x").add("set-cookie", "y");
  EXPECT_EQ(response.wire_fields(), "B: 2\r\na: 3\r\nSet-Cookie: x\r\nset-cookie: y\r\n");
  EXPECT_EQ(response.header("b"), "2");
  EXPECT_EQ(response.header("c"), std::nullopt);
  response.set_default("A", "9").set_default("C", "").remove("SET-COOKIE");
  EXPECT_EQ(response.wire_fields(), "B: 2\r\na: 3\r\nC: \r\n");
}

TEST(Response, refuses_fields_that_would_split_the_answer_or_belong_to_the_session) {
  Response response;
  EXPECT_THROW(response.set("A", "x\r\nB: y"), BrokenInvariant);
  EXPECT_THROW(response.set("A", " x"), BrokenInvariant);
  EXPECT_THROW(response.set("A", std::string_view("x\0", 2)), BrokenInvariant);
  EXPECT_THROW(response.set("A:", "x"), BrokenInvariant);
  EXPECT_THROW(response.set("", "x"), BrokenInvariant);
  EXPECT_THROW(response.set("content-length", "1"), BrokenInvariant);
  EXPECT_THROW(response.add("Transfer-Encoding", "chunked"), BrokenInvariant);
}

TEST(SecurityHeaders, are_set_unless_the_handler_set_them) {
  Response response;
  response.set("Content-Security-Policy", "sandbox");
  add_security_headers(response, Transport::plain);
  EXPECT_EQ(response.header("Content-Security-Policy"), "sandbox");
  EXPECT_EQ(response.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response.header("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(response.header("Strict-Transport-Security"), std::nullopt);
  add_security_headers(response, Transport::tls);
  EXPECT_EQ(response.header("Strict-Transport-Security"), "max-age=31536000; includeSubDomains");
  EXPECT_EQ(content_security_policy().find("unsafe"), std::string::npos);
  EXPECT_NE(content_security_policy("abc").find("script-src 'self'; style-src 'self' 'nonce-abc';"),
            std::string::npos);
}

TEST(ServerSentEvent, splits_data_at_every_kind_of_line_break) {
  EXPECT_EQ(server_sent_event("saved", "a\nb\r\nc\rd", "7"),
            "id: 7\nevent: saved\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(server_sent_event("", ""), "data: \n\n");
  EXPECT_THROW(static_cast<void>(server_sent_event("a\nb", "")), BrokenInvariant);
}

}  // namespace
}  // namespace tenon::http
