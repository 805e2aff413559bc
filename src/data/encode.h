#pragma once
// Rows become JSON text column by column; no tree is built on the way.

#include <string>

#include "data/catalog.h"
#include "data/value.h"
#include "storage/value.h"

namespace tenon::data {

/// Appends the JSON value of `column`, found at `place` of `row`.
void write_value(std::string& out, const Column& column, const storage::Row& row, int place);
/// Appends a JSON object of all columns of the entity, in their order.
void write_record(std::string& out, const EntityInfo& entity, const storage::Row& row);
/// The value of `column` at `place`, copied.
[[nodiscard]] Value read_value(const Column& column, const storage::Row& row, int place);

/// Values in memory, to be read like a row. Lifetime: of the values.
class ValueRow final : public storage::Row {
 public:
  explicit ValueRow(const std::vector<Value>& values) noexcept : values_(values) {}
  int width() const noexcept override { return static_cast<int>(values_.size()); }
  bool is_null(int column) const noexcept override { return data::is_null(at(column)); }
  std::int64_t integer(int column) const noexcept override {
    const auto* number = std::get_if<std::int64_t>(&at(column));
    return number == nullptr ? 0 : *number;
  }
  std::string_view text(int column) const noexcept override {
    const auto* text = std::get_if<std::string>(&at(column));
    return text == nullptr ? std::string_view() : std::string_view(*text);
  }
  storage::Blob blob(int column) const noexcept override {
    const auto* uuid = std::get_if<Uuid>(&at(column));
    return uuid == nullptr ? storage::Blob() : storage::Blob(uuid->bytes);
  }

 private:
  const Value& at(int column) const noexcept { return values_[static_cast<std::size_t>(column)]; }
  const std::vector<Value>& values_;
};

[[nodiscard]] Uuid to_uuid(storage::Blob blob) noexcept;

}  // namespace tenon::data
