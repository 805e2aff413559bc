#pragma once
// A typed value of a field in memory: what was decoded from JSON or from a filter, on its way to a
// column.

#include <cstdint>
#include <string>
#include <variant>

#include "base/id.h"
#include "storage/value.h"

namespace tenon::data {

/// null · integer, boolean, decimal (scaled), date (days), datetime (microseconds) · text · uuid,
/// reference, file.
using Value = std::variant<std::monostate, std::int64_t, std::string, Uuid>;

[[nodiscard]] inline bool is_null(const Value& value) noexcept { return value.index() == 0; }

/// The same value for binding. Lifetime: of `value`.
[[nodiscard]] inline storage::Value view(const Value& value) noexcept {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return std::string_view(*text);
  if (const auto* uuid = std::get_if<Uuid>(&value)) return storage::Blob(uuid->bytes);
  return std::monostate{};
}

}  // namespace tenon::data
