#pragma once
// Which events somebody wants, in the words of a manifest: `order.*`, `*.deleted`,
// `crm.customer.created`.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tenon::modules {

/// Names with dots between, at most 63 bytes. A name that is `*` stands for one name or more, so
/// `order.*` is whatever begins with `order.`, and `*` is everything. Immutable.
class EventPattern {
 public:
  /// Errors: invalid (`event.pattern`).
  [[nodiscard]] static Result<EventPattern> parse(std::string_view text);
  /// Cost: a walk over both; no allocation.
  [[nodiscard]] bool matches(std::string_view type) const noexcept;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  explicit EventPattern(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace tenon::modules
