#include "base/hash.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(Sha256, gives_the_digests_of_the_standard) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, does_not_care_how_the_data_is_cut) {
  const std::string text(1000, 'x');
  Sha256 hash;
  for (std::size_t at = 0, size = 1; at < text.size(); at += size, size = size * 2 + 1)
    hash.update(std::string_view(text).substr(at, size));
  EXPECT_EQ(hash.finish(), sha256(text));
}

TEST(Hmac, gives_the_digests_of_rfc_4231) {
  EXPECT_EQ(hex(hmac_sha256(bytes_of("Jefe"), bytes_of("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const std::string long_key(131, '\xaa');
  EXPECT_EQ(hex(hmac_sha256(bytes_of(long_key),
                            bytes_of("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(ConstantTime, compares_content_and_length) {
  EXPECT_TRUE(equal_in_constant_time(bytes_of("same"), bytes_of("same")));
  EXPECT_FALSE(equal_in_constant_time(bytes_of("same"), bytes_of("sane")));
  EXPECT_FALSE(equal_in_constant_time(bytes_of("same"), bytes_of("same ")));
  EXPECT_TRUE(equal_in_constant_time({}, {}));
}

TEST(Hex, comes_back_and_refuses_other_text) {
  EXPECT_EQ(from_hex("00fF").value(), std::string("\0\xff", 2));
  EXPECT_EQ(from_hex("").value(), "");
  for (const auto* text : {"0", "0g", "00 ", "0x00"}) EXPECT_FALSE(from_hex(text)) << text;
}

TEST(Base64Url, comes_back_for_every_length_and_refuses_other_forms) {
  std::string data;
  for (int i = 0; i < 70; ++i) {
    const auto text = base64url(bytes_of(data));
    EXPECT_EQ(text.find_first_of("+/="), std::string::npos);
    EXPECT_EQ(from_base64url(text), data);
    data.push_back(static_cast<char>(i * 37));
  }
  EXPECT_EQ(base64url(bytes_of("\xfb\xff")), "-_8");
  for (const auto* text : {"+/8", "-_8=", "-_9", "A", "-_8 ", "-\n_8"})
    EXPECT_FALSE(from_base64url(text)) << text;
}

TEST(Password, is_verified_and_kept_with_its_cost) {
  const PasswordCost cheap{.passes = 1, .memory_bytes = std::size_t{64} << 10};
  const Secret<std::string> password(std::string("密码 correct horse"));
  const auto hash = hash_password(password, cheap);
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
  EXPECT_NE(*hash, *hash_password(password, cheap));
  EXPECT_TRUE(verify_password(password, *hash));
  EXPECT_FALSE(verify_password(Secret<std::string>("密码 correct horsf"), *hash));
  EXPECT_FALSE(needs_rehash(*hash, cheap));
  EXPECT_TRUE(needs_rehash(*hash));
}

TEST(Password, a_text_that_is_no_hash_verifies_nothing) {
  const Secret<std::string> password("x");
  EXPECT_FALSE(verify_password(password, ""));
  EXPECT_FALSE(verify_password(password, "x"));
  EXPECT_FALSE(verify_password(password, std::string(1000, '$')));
  EXPECT_TRUE(needs_rehash("x"));
}

}  // namespace
}  // namespace tenon
