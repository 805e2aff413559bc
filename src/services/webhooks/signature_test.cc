#include "services/webhooks/signature.h"

#include <gtest/gtest.h>

namespace tenon::services {
namespace {

// The example of the specification.
TEST(WebhookSignature, is_that_of_standard_webhooks) {
  EXPECT_EQ(sign_webhook("whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", 1731705121,
                         R"({"event_type":"ping","data":{"success":true}})"),
            "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=");
}

TEST(WebhookSignature, covers_id_time_and_body) {
  SystemRandom random;
  const auto secret = new_webhook_secret(random);
  EXPECT_EQ(secret.size(), 6U + 44U);
  EXPECT_NE(secret, new_webhook_secret(random));
  const auto good = sign_webhook(secret, "a", 1, "b");
  EXPECT_EQ(good, sign_webhook(secret, "a", 1, "b"));
  EXPECT_NE(good, sign_webhook(secret, "c", 1, "b"));
  EXPECT_NE(good, sign_webhook(secret, "a", 2, "b"));
  EXPECT_NE(good, sign_webhook(secret, "a", 1, "c"));
  EXPECT_NE(good, sign_webhook(new_webhook_secret(random), "a", 1, "b"));
}

}  // namespace
}  // namespace tenon::services
