#include "base/sha1.h"

#include <gtest/gtest.h>

#include <string>

#include "base/hash.h"

namespace tenon {
namespace {

std::string mac(const std::string& key, const std::string& data) {
  return hex(hmac_sha1(bytes_of(key), bytes_of(data)));
}

TEST(HmacSha1, gives_what_rfc_2202_says) {
  EXPECT_EQ(mac(std::string(20, '\x0b'), "Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(mac("Jefe", "what do ya want for nothing?"),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(mac(std::string(20, '\xaa'), std::string(50, '\xdd')),
            "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
  EXPECT_EQ(mac(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  EXPECT_EQ(mac(std::string(80, '\xaa'),
                "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"),
            "e8e99d0f45237d786d6bbaa7965c7808bbff1a91");
}

}  // namespace
}  // namespace tenon
