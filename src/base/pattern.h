#pragma once
// Regular expressions come from manifests, texts from clients: matching must take linear time
// (RE2).

#include <memory>
#include <string_view>

#include "base/error.h"

namespace tenon {

/// Thread: any. Cheap to copy.
class Pattern {
 public:
  /// Errors: invalid (`pattern.syntax`).
  [[nodiscard]] static Result<Pattern> compile(std::string_view expression);
  /// Whether the whole of `text` matches.
  [[nodiscard]] bool matches(std::string_view text) const;

 private:
  struct Impl;
  explicit Pattern(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;  // shared by the copies; immutable
};

}  // namespace tenon
