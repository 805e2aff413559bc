#pragma once
// Values on their way to the server and rows on their way back, both in binary. What the server
// said a parameter's type is decides the form, so that a 16-byte Blob is an id in one column and
// bytes in another.

#include <span>
#include <vector>

#include "base/error.h"
#include "storage/postgres/handles.h"
#include "storage/value.h"

namespace tenon::storage::postgres {

/// Parameters in the form that PQsendQueryPrepared wants. Lifetime: views of the values.
class Parameters {
 public:
  /// Requires: as many values as types.
  Parameters(Values values, std::span<const Oid> types);
  [[nodiscard]] int count() const noexcept { return static_cast<int>(data_.size()); }
  [[nodiscard]] const char* const* data() const noexcept { return data_.data(); }
  [[nodiscard]] const int* lengths() const noexcept { return lengths_.data(); }
  [[nodiscard]] const int* formats() const noexcept { return formats_.data(); }

 private:
  void add(const Value& value, Oid type);
  std::vector<const char*> data_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<std::string> kept_;  // never reallocated
};

/// Errors: internal (`storage.type`) for an answer with a column that a Row cannot give, such as
/// the numeric of an unbounded sum: it would read as 0.
[[nodiscard]] Result<> check_columns(const PGresult* description);

/// One row of a binary answer. Lifetime: of the result.
class ResultRow final : public Row {
 public:
  explicit ResultRow(const PGresult* result) noexcept : result_(result) {}
  void move_to(int row) noexcept { row_ = row; }
  int width() const noexcept override { return PQnfields(result_); }
  bool is_null(int column) const noexcept override {
    return PQgetisnull(result_, row_, column) != 0;
  }
  std::int64_t integer(int column) const noexcept override;
  std::string_view text(int column) const noexcept override;
  Blob blob(int column) const noexcept override;

 private:
  [[nodiscard]] std::string_view bytes(int column) const noexcept;
  const PGresult* result_;
  int row_ = 0;
};

}  // namespace tenon::storage::postgres
