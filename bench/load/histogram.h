#pragma once
// Times of many requests in little memory: buckets that grow with what they hold, so that every
// percentile is right to within one part in a hundred.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tenon::load {

class Histogram {
 public:
  void add(std::chrono::nanoseconds time) noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// In milliseconds; 0 when there is nothing.
  [[nodiscard]] double percentile(double percent) const noexcept;
  [[nodiscard]] double longest() const noexcept { return longest_; }

 private:
  // 64 buckets for each doubling, from a microsecond to beyond an hour.
  static constexpr std::size_t kPerDoubling = 64;
  static constexpr std::size_t kDoublings = 32;
  std::array<std::uint64_t, kPerDoubling * kDoublings> buckets_{};
  std::uint64_t count_ = 0;
  double longest_ = 0;
};

}  // namespace tenon::load
