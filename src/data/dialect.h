#pragma once
// The few places where SQL text differs between the two databases. Everything else in this room is
// written once: numbered placeholders, quoted names, `ON CONFLICT (columns) DO …`, `RETURNING`,
// `NULLS FIRST/LAST` spelled out, `tenon_fold(text)` and case-sensitive `LIKE … ESCAPE '\'` mean
// the same on both.
//
// Columns hold 64-bit integers (numbers, booleans, dates, times), text, ids (16 bytes) and bytes.
// An id is bound and read as a Blob of 16 bytes on both.

#include <string>
#include <string_view>

#include "data/catalog.h"
#include "storage/dialect.h"

namespace tenon::data {

using storage::Dialect;

/// `text` with these words replaced:
///   {integer}     a 64-bit number           INTEGER | BIGINT
///   {id}          an id of 16 bytes         BLOB | UUID
///   {bytes}       any other bytes           BLOB | BYTEA
///   {sequence}    a number that only grows, the primary key of its table
///   {strict}      end of CREATE TABLE       STRICT | nothing
///   {compact}     the same, for a table that is looked up by its primary key only
///                                           STRICT, WITHOUT ROWID | nothing
/// Text columns are TEXT on both. Requires: no other braces in `text`.
[[nodiscard]] std::string portable(Dialect dialect, std::string_view text);

/// The type of a column of an entity: `INTEGER`, `UUID`, `TEXT` …
[[nodiscard]] std::string_view column_type(Dialect dialect, Storage storage) noexcept;
/// First column of an entity's table with its comma, or nothing: SQLite keeps rows by a number of
/// its own.
[[nodiscard]] std::string_view row_number(Dialect dialect) noexcept;
/// The conditions of the two below, or nothing.
[[nodiscard]] std::string id_condition(Dialect dialect, std::string_view column);
[[nodiscard]] std::string json_condition(Dialect dialect, std::string_view column);
/// ` CHECK (…)` that an id has 16 bytes; nothing where the type says so.
[[nodiscard]] std::string id_check(Dialect dialect, std::string_view column);
/// ` CHECK (…)` that a text column holds JSON.
[[nodiscard]] std::string json_check(Dialect dialect, std::string_view column);
/// The sum of an integer column as a 64-bit integer. Errors when run: invalid (`storage.range`)
/// when it does not fit.
[[nodiscard]] std::string sum_of(Dialect dialect, std::string_view expression);

}  // namespace tenon::data
