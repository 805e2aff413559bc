#pragma once
// Randomness is an interface, so that a recorded call or a simulation can be repeated.

#include <cstddef>
#include <cstdint>
#include <span>

namespace tenon {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) noexcept = 0;
  [[nodiscard]] std::uint64_t next() noexcept;
};

/// The operating system's generator (libsodium). Thread: any.
class SystemRandom final : public Random {
 public:
  SystemRandom();
  void fill(std::span<std::byte> out) noexcept override;
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
