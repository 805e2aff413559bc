#include "base/sha1.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <vector>

namespace tenon {
namespace {

constexpr std::size_t kBlock = 64;
using State = std::array<std::uint32_t, 5>;

void take_block(State& state, std::span<const std::uint8_t, kBlock> block) {
  std::array<std::uint32_t, 80> words{};
  for (std::size_t i = 0; i < 16; ++i)
    for (std::size_t j = 0; j < 4; ++j) words[i] = words[i] << 8 | block[4 * i + j];
  for (std::size_t i = 16; i < words.size(); ++i)
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  auto [a, b, c, d, e] = state;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint32_t mixed = 0;
    std::uint32_t constant = 0;
    if (i < 20) {
      mixed = (b & c) | (~b & d);
      constant = 0x5A827999;
    } else if (i < 40) {
      mixed = b ^ c ^ d;
      constant = 0x6ED9EBA1;
    } else if (i < 60) {
      mixed = (b & c) | (b & d) | (c & d);
      constant = 0x8F1BBCDC;
    } else {
      mixed = b ^ c ^ d;
      constant = 0xCA62C1D6;
    }
    const std::uint32_t next = std::rotl(a, 5) + mixed + e + constant + words[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  const State add{a, b, c, d, e};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += add[i];
}

Sha1Digest sha1(std::vector<std::uint8_t> data) {
  const std::uint64_t bits = std::uint64_t{data.size()} * 8;
  data.push_back(0x80);
  while (data.size() % kBlock != kBlock - 8) data.push_back(0);
  for (int shift = 56; shift >= 0; shift -= 8)
    data.push_back(static_cast<std::uint8_t>(bits >> shift));
  State state{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  for (std::size_t at = 0; at < data.size(); at += kBlock)
    take_block(state, std::span<const std::uint8_t, kBlock>(&data[at], kBlock));
  Sha1Digest digest{};
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

}  // namespace

Sha1Digest hmac_sha1(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data) {
  std::array<std::uint8_t, kBlock> block{};
  if (key.size() > kBlock)
    std::ranges::copy(sha1({key.begin(), key.end()}), block.begin());
  else
    std::ranges::copy(key, block.begin());
  std::vector<std::uint8_t> inner;
  std::vector<std::uint8_t> outer;
  for (const std::uint8_t byte : block) {
    inner.push_back(byte ^ 0x36U);
    outer.push_back(byte ^ 0x5CU);
  }
  inner.insert(inner.end(), data.begin(), data.end());
  const auto digest = sha1(std::move(inner));
  outer.insert(outer.end(), digest.begin(), digest.end());
  return sha1(std::move(outer));
}

}  // namespace tenon
