#include "server/redact.h"

#include <gtest/gtest.h>

namespace tenon::server {
namespace {

TEST(RedactTest, blots_out_what_looks_like_a_secret) {
  EXPECT_EQ(redact("connecting postgresql://tenon:s3cr/et@db:5432/x failed"),
            "connecting postgresql://tenon:s3cr/et@db:5432/x failed")
      << "a slash ends the authority: such an address is no address";
  EXPECT_EQ(redact("connecting postgresql://tenon:s3cret@db:5432/x failed"),
            "connecting postgresql://tenon:***@db:5432/x failed");
  EXPECT_EQ(redact("password=hunter2 host=db"), "password=*** host=db");
  EXPECT_EQ(redact("{\"password\":\"hunter2\",\"user\":\"anna\"}"),
            "{\"password\":\"***\",\"user\":\"anna\"}");
  EXPECT_EQ(redact("Cookie: tenon-sid=abc; x=y"), "Cookie: ***; x=y");
  EXPECT_EQ(redact("tenon-sid=abcdef"), "tenon-sid=***");
  EXPECT_EQ(redact("Authorization: Bearer abc.def"), "Authorization: Bearer ***");
  EXPECT_EQ(redact("bearer abc.def end"), "bearer *** end");
  EXPECT_EQ(redact("?token=abc&x=1"), "?token=***&x=1");
}

TEST(RedactTest, leaves_other_text_as_it_is) {
  for (const char* text : {"", "plain", "http://example.com/a:b", "the password is wrong",
                           "a token, a secret", "上海 password", "://", "password", "password="})
    EXPECT_EQ(redact(text), text);
}

}  // namespace
}  // namespace tenon::server
