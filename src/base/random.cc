#include "base/random.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/error.h"

namespace tenon {

std::uint64_t Random::next() noexcept {
  std::array<std::byte, 8> bytes{};
  fill(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

SystemRandom::SystemRandom() {
  if (sodium_init() < 0) TENON_FATAL("libsodium cannot be initialised");
}

void SystemRandom::fill(std::span<std::byte> out) noexcept {
  if (out.size() > kSmall) return randombytes_buf(out.data(), out.size());
  const std::lock_guard lock(mutex_);
  if (block_.size() - used_ < out.size()) {
    randombytes_buf(block_.data(), block_.size());
    used_ = 0;
  }
  const auto piece = std::span(block_).subspan(used_, out.size());
  used_ += out.size();
  std::ranges::copy(piece, out.begin());
  std::ranges::fill(piece, std::byte{});  // nothing is given twice
}

void SeededRandom::fill(std::span<std::byte> out) noexcept {
  while (!out.empty()) {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    const std::size_t size = out.size() < sizeof z ? out.size() : sizeof z;
    std::memcpy(out.data(), &z, size);
    out = out.subspan(size);
  }
}

}  // namespace tenon
