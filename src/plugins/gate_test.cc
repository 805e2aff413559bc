#include "plugins/gate.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace tenon::plugins {
namespace {

std::string length(std::size_t value) {
  std::string out;
  do {
    out.push_back(static_cast<char>((value & 0x7fU) | (value > 0x7f ? 0x80U : 0U)));
    value >>= 7;
  } while (value > 0);
  return out;
}

/// `depth` components around an empty one.
std::string nested(std::size_t depth) {
  const std::string preamble("\0asm\x0d\0\x01\0", 8);
  std::string component = preamble;
  for (std::size_t i = 0; i < depth; ++i)
    component.insert(0, preamble + '\x04' + length(component.size()));
  return component;
}

TEST(Gate, takes_components_up_to_the_cap_and_refuses_one_deeper) {
  EXPECT_TRUE(check_gate(nested(0)));
  EXPECT_TRUE(check_gate(nested(kMaxNesting - 1)));
  EXPECT_TRUE(check_gate(nested(kMaxNesting)));
  const auto refused = check_gate(nested(kMaxNesting + 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "wasm.nested");
  EXPECT_FALSE(check_gate(nested(20'000)));
}

TEST(Gate, leaves_what_is_broken_to_the_engine) {
  EXPECT_TRUE(check_gate(""));
  EXPECT_TRUE(check_gate("hello"));
  const std::string good = nested(20);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_TRUE(check_gate(good.substr(0, size)));
}

TEST(Gate, survives_any_bytes) {
  SeededRandom random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = nested(8);
    for (int flips = 0; flips < 4; ++flips)
      bytes[random.next() % bytes.size()] = static_cast<char>(random.next());
    (void)check_gate(bytes);
  }
}

}  // namespace
}  // namespace tenon::plugins
