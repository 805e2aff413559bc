#include "load/histogram.h"

#include <algorithm>
#include <cmath>

namespace tenon::load {

void Histogram::add(std::chrono::nanoseconds time) noexcept {
  const double micros = std::max(1.0, std::chrono::duration<double, std::micro>(time).count());
  const auto bucket = static_cast<std::size_t>(std::log2(micros) * kPerDoubling);
  ++buckets_[std::min(bucket, buckets_.size() - 1)];
  ++count_;
  longest_ = std::max(longest_, micros / 1000);
}

double Histogram::percentile(double percent) const noexcept {
  const double wanted = static_cast<double>(count_) * percent / 100;
  double seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += static_cast<double>(buckets_[i]);
    if (buckets_[i] != 0 && seen >= wanted)
      return std::exp2((static_cast<double>(i) + 0.5) / kPerDoubling) / 1000;
  }
  return 0;
}

}  // namespace tenon::load
