#pragma once
// Patterns come from manifests and administrators. They are matched in time linear in the text, and
// one that would need too much memory is refused when it is written, not when it is used.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tenon {

/// A compiled pattern in the syntax of RE2 (no back references, no look-around), UTF-8.
/// Thread: any, once compiled.
class Regex {
 public:
  struct Limits {
    std::size_t pattern_bytes = 1'000;
    std::size_t memory_bytes = std::size_t{1} << 20;
  };

  /// Errors: invalid (`regex.size`, `regex.syntax` with what is wrong).
  [[nodiscard]] static Result<Regex> compile(std::string_view pattern, Limits limits);
  [[nodiscard]] static Result<Regex> compile(std::string_view pattern) {
    return compile(pattern, Limits());
  }

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  /// Whether the pattern covers the whole text. Cost: linear in the text.
  [[nodiscard]] bool matches(std::string_view text) const;
  /// Whether it covers a part of the text. Cost: linear in the text.
  [[nodiscard]] bool found_in(std::string_view text) const;
  [[nodiscard]] const std::string& pattern() const noexcept;

 private:
  struct Impl;
  explicit Regex(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon
