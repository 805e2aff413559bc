#include "base/random.h"

#include <gtest/gtest.h>

#include <array>

namespace tenon {
namespace {

TEST(SeededRandom, repeats_itself_for_one_seed_and_differs_for_another) {
  SeededRandom first(42);
  SeededRandom again(42);
  SeededRandom other(43);
  const auto value = first.next();
  EXPECT_EQ(again.next(), value);
  EXPECT_NE(other.next(), value);
}

TEST(SeededRandom, fills_any_length) {
  SeededRandom random(1);
  std::array<std::byte, 13> out{};
  random.fill(out);
  int zeros = 0;
  for (const auto byte : out) zeros += byte == std::byte{0} ? 1 : 0;
  EXPECT_LT(zeros, 4);
}

TEST(SystemRandom, does_not_repeat_itself) {
  SystemRandom random;
  EXPECT_NE(random.next(), random.next());
}

}  // namespace
}  // namespace tenon
