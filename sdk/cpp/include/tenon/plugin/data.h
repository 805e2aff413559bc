#pragma once
// Rows of the tenant, with the rights of the caller and the grants of this module. Everything
// written in one call is one transaction: it is kept when the call succeeds and undone when it
// fails or traps.

#include <cstdint>
#include <string_view>

#include "tenon/plugin/json.h"

namespace tenon::plugin::data {

/// The record with this id. Errors: not_found, also for a record the caller may not see.
[[nodiscard]] Result<Json> get(std::string_view entity, std::string_view id);

/// An array of at most 1,000 records. `query` is the query text of the record API
/// (`city=eq.上海&order=name.asc&limit=20`). Errors: invalid.
[[nodiscard]] Result<Json> query(std::string_view entity, std::string_view query);

/// The number of records that `query` selects.
[[nodiscard]] Result<std::int64_t> count(std::string_view entity, std::string_view query);

/// The stored record, with `id`, `version` and computed fields. Errors: invalid, with the fields
/// that are wrong.
[[nodiscard]] Result<Json> insert(std::string_view entity, const Json& fields);

constexpr std::uint64_t kAnyVersion = 0;

/// Changes the named fields and gives the stored record. Errors: not_found, invalid, conflict when
/// the record has another version than `expected_version`.
[[nodiscard]] Result<Json> update(std::string_view entity, std::string_view id, const Json& fields,
                                  std::uint64_t expected_version = kAnyVersion);

/// Errors: not_found, conflict as for update.
[[nodiscard]] Result<> remove(std::string_view entity, std::string_view id,
                              std::uint64_t expected_version = kAnyVersion);

}  // namespace tenon::plugin::data
