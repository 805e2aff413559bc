#include "base/sealing.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace tenon {
namespace {

SealingKey key_of(std::uint8_t byte, std::uint8_t number = 1) {
  std::array<std::uint8_t, 32> bytes{};
  bytes.fill(byte);
  return {.number = number, .bytes = Secret(bytes)};
}

TEST(Sealing, opens_with_the_same_key_in_the_same_place_only) {
  SeededRandom random(1);
  const auto sealed = seal(key_of(1), "a secret", "user 1", random);
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  EXPECT_EQ(unseal(key_of(1), sealed, "user 1")->reveal(), "a secret");
  EXPECT_EQ(unseal(key_of(2), sealed, "user 1").error().reason(), "seal.open");
  EXPECT_EQ(unseal(key_of(1, 2), sealed, "user 1").error().reason(), "seal.open");
  EXPECT_EQ(unseal(key_of(1), sealed, "user 2").error().reason(), "seal.open");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(unseal(key_of(1), changed, "user 1")) << i;
    EXPECT_FALSE(unseal(key_of(1), sealed.substr(0, i), "user 1")) << i;
  }
  EXPECT_NE(sealed, seal(key_of(1), "a secret", "user 1", random)) << "a nonce is never used twice";
}

TEST(Sealing, the_key_file_is_made_once_and_for_its_owner_alone) {
  const auto file =
      std::filesystem::temp_directory_path() / ("tenon-key-" + std::to_string(::getpid()) + ".key");
  std::filesystem::remove(file);
  SystemRandom random;
  const auto first = open_sealing_key(file, random);
  ASSERT_TRUE(first) << first.error().for_log();
  EXPECT_EQ(open_sealing_key(file, random)->bytes.reveal(), first->bytes.reveal());
  ::chmod(file.c_str(), 0644);
  EXPECT_EQ(open_sealing_key(file, random).error().reason(), "seal.key");
  ::chmod(file.c_str(), 0600);
  std::ofstream(file) << "no key";
  EXPECT_EQ(open_sealing_key(file, random).error().reason(), "seal.key");
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace tenon
