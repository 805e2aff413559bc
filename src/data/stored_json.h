#pragma once
// What this room once wrote as JSON, read back: rows of the audit. Rules of fields do not apply,
// they may have changed since.

#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/catalog.h"
#include "data/value.h"

namespace tenon::data {

/// The value of `column` that write_value() wrote as `value`; null for anything else.
[[nodiscard]] Value stored_value(const Column& column, const json::value& value);
/// A row in the order of columns(); columns that `text` lacks are null. Empty when `text` is no
/// JSON object.
[[nodiscard]] std::optional<std::vector<Value>> stored_values(const EntityInfo& entity,
                                                              std::string_view text);

}  // namespace tenon::data
