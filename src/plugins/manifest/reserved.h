#pragma once
// Words that no name of a manifest may be: they would read as SQL, as a parameter of the record
// API, as a part of its paths, or as one of the columns every table has.

#include <span>
#include <string_view>

namespace tenon::plugins {

/// Reserved in SQLite or PostgreSQL (where an unquoted column of that name is a syntax error), or a
/// parameter of the record API.
[[nodiscard]] bool is_reserved(std::string_view word) noexcept;
/// id, version, created_at … : the columns of every table.
[[nodiscard]] std::span<const std::string_view> system_columns() noexcept;
[[nodiscard]] bool is_system_column(std::string_view word) noexcept;
/// A fixed segment below /api/v1.
[[nodiscard]] bool is_api_root(std::string_view word) noexcept;
/// A fixed segment below /api/v1/{plugin}.
[[nodiscard]] bool is_plugin_root(std::string_view word) noexcept;

}  // namespace tenon::plugins
