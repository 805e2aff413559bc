#pragma once
// Randomness is an interface, so that a recorded call or a simulation can be repeated.

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>

namespace tenon {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) noexcept = 0;
  [[nodiscard]] std::uint64_t next() noexcept;
};

/// The operating system's generator (libsodium). Ids are many and small: they are cut from a block,
/// so that not each costs a system call; what is longer never lies there. Thread: any.
class SystemRandom final : public Random {
 public:
  SystemRandom();
  void fill(std::span<std::byte> out) noexcept override;

 private:
  static constexpr std::size_t kSmall = 16;
  std::mutex mutex_;
  std::array<std::byte, 32 * kSmall> block_{};
  std::size_t used_ = sizeof block_;
};

/// A deterministic stream (splitmix64) for tests, simulations and replay. Never for secrets.
/// Thread: one.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::byte> out) noexcept override;

 private:
  std::uint64_t state_;
};

}  // namespace tenon
