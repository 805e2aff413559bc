#pragma once
// What crosses between our code and a database: a value to bind and a row to read. Both are views,
// so that reading a row copies nothing that is not wanted.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <variant>

namespace tenon::storage {

using Blob = std::span<const std::uint8_t>;

/// A value to bind. Lifetime: views stay valid until the statement has ended.
using Value = std::variant<std::monostate, std::int64_t, std::string_view, Blob>;
using Values = std::span<const Value>;

/// One row of an answer. Requires: column < width(). Lifetime: until the visitor returns.
/// A column of another kind than asked for reads as 0 or empty: types are the schema's duty (STRICT
/// tables).
class Row {
 public:
  virtual ~Row() = default;
  [[nodiscard]] virtual int width() const noexcept = 0;
  [[nodiscard]] virtual bool is_null(int column) const noexcept = 0;
  [[nodiscard]] virtual std::int64_t integer(int column) const noexcept = 0;
  [[nodiscard]] virtual std::string_view text(int column) const noexcept = 0;
  [[nodiscard]] virtual Blob blob(int column) const noexcept = 0;
};

}  // namespace tenon::storage
