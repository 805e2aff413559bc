#pragma once
// How the values of this room are bound and read. For the files of this room.

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/hash.h"
#include "base/id.h"
#include "storage/session.h"

namespace tenon::identity::sql {

using storage::Row;
using storage::Value;
using storage::Visit;

/// Lifetime: of the id.
template <class Tag>
[[nodiscard]] Value id(const Id<Tag>& value) noexcept {
  return storage::Blob(value.value.bytes);
}
template <class Tag>
[[nodiscard]] Value id(const std::optional<Id<Tag>>& value) noexcept {
  if (!value) return std::monostate{};
  return storage::Blob(value->value.bytes);
}
[[nodiscard]] inline Value digest(const Digest& value) noexcept { return storage::Blob(value); }
[[nodiscard]] inline Value time(Timestamp value) noexcept {
  return std::int64_t{value.time_since_epoch().count()};
}
/// Empty is NULL.
[[nodiscard]] inline Value text_or_null(std::string_view value) noexcept {
  if (value.empty()) return std::monostate{};
  return value;
}
[[nodiscard]] inline Value bytes_or_null(std::string_view value) noexcept {
  if (value.empty()) return std::monostate{};
  return storage::Blob(bytes_of(value));
}

template <class T>
[[nodiscard]] T id_at(const Row& row, int column) noexcept {
  T id{};
  const auto bytes = row.blob(column);
  if (bytes.size() == id.value.bytes.size()) std::ranges::copy(bytes, id.value.bytes.begin());
  return id;
}
template <class T>
[[nodiscard]] std::optional<T> optional_id_at(const Row& row, int column) noexcept {
  if (row.is_null(column)) return std::nullopt;
  return id_at<T>(row, column);
}
[[nodiscard]] inline Timestamp time_at(const Row& row, int column) noexcept {
  return Timestamp(std::chrono::microseconds(row.integer(column)));
}
[[nodiscard]] inline std::string bytes_at(const Row& row, int column) {
  const auto bytes = row.blob(column);
  return {bytes.begin(), bytes.end()};
}

/// Runs a question and calls `take(const Row&)` for each row.
template <std::size_t N, class Take>
[[nodiscard]] Result<> each(storage::Session& session, std::string_view text,
                            const std::array<Value, N>& values, Take take) {
  return session.query(text, values, [&](const Row& row) {
    take(row);
    return Visit::more;
  });
}

/// The first column of the first row as a number, or 0.
template <std::size_t N>
[[nodiscard]] Result<std::int64_t> number(storage::Session& session, std::string_view text,
                                          const std::array<Value, N>& values) {
  std::int64_t found = 0;
  TENON_TRY(each(session, text, values, [&](const Row& row) { found = row.integer(0); }));
  return found;
}

}  // namespace tenon::identity::sql
