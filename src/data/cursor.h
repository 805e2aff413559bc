#pragma once
// A cursor names the last row of a page by its sort keys. It is opaque and signed together with the
// question it belongs to: one from elsewhere, or one that was tampered with, is refused.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/value.h"

namespace tenon::data {

/// `shape` is a text that is the same for the same question (entity, filter, order). `key` has 32
/// bytes.
[[nodiscard]] std::string make_cursor(std::string_view key, std::string_view shape,
                                      const std::vector<Value>& keys);
/// Errors: invalid (`query.cursor`).
[[nodiscard]] Result<std::vector<Value>> read_cursor(std::string_view key, std::string_view shape,
                                                     std::string_view cursor);

}  // namespace tenon::data
