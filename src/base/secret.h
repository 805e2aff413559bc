#pragma once
// A value that must not reach a log, an error text or a page by accident: it cannot be printed,
// compared or converted, and whoever reads it has to say `reveal`, which review can search for.

#include <utility>

namespace tenon {

template <class T>
class Secret {
 public:
  Secret() = default;
  explicit Secret(T value) : value_(std::move(value)) {}

  /// Lifetime: as long as this object; do not keep it.
  [[nodiscard]] const T& reveal() const noexcept { return value_; }

 private:
  T value_{};
};

}  // namespace tenon
