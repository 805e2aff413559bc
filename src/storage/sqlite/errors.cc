#include "storage/sqlite/errors.h"

#include <sqlite3.h>

#include <string>
#include <vector>

namespace tenon::storage::sqlite {
namespace {

/// `UNIQUE constraint failed: x1_customer.f_code, x1_customer.f_city` names the columns.
std::vector<FieldError> columns_of(std::string_view text, std::string_view code) {
  std::vector<FieldError> fields;
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos) return fields;
  text.remove_prefix(colon + 2);
  while (!text.empty()) {
    const auto comma = text.find(", ");
    auto column = text.substr(0, comma);
    if (const auto dot = column.rfind('.'); dot != std::string_view::npos)
      column.remove_prefix(dot + 1);
    fields.push_back({.path = std::string(column), .code = std::string(code), .message = {}});
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 2);
  }
  return fields;
}

struct Meaning {
  ErrorCode code;
  const char* reason;
  const char* message;
};

Meaning meaning_of(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      return {ErrorCode::conflict, "storage.unique",
              "A value that must be unique is used already."};
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return {ErrorCode::conflict, "storage.foreign_key",
              "A record that is referred to is missing."};
    case SQLITE_CONSTRAINT_NOTNULL:
      return {ErrorCode::invalid, "storage.not_null", "A required value is missing."};
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
      return {ErrorCode::unavailable, "storage.sync", "The disk could not keep what was written."};
    default:
      break;
  }
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return {ErrorCode::internal, "storage.check", "A value breaks a rule of its table."};
    case SQLITE_FULL:
      return {ErrorCode::exhausted, "storage.full", "The disk or the tenant's space is full."};
    case SQLITE_TOOBIG:
      return {ErrorCode::exhausted, "storage.limit", "A value or statement is too large."};
    case SQLITE_NOMEM:
      return {ErrorCode::exhausted, "storage.memory", "The database is out of memory."};
    case SQLITE_INTERRUPT:
      return {ErrorCode::cancelled, "storage.deadline", "The database work took too long."};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::unavailable, "storage.busy", "The database is busy."};
    case SQLITE_READONLY:
      return {ErrorCode::unavailable, "storage.readonly", "The database cannot be written."};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::unavailable, "storage.corrupt", "The database is damaged."};
    case SQLITE_IOERR:
      return {ErrorCode::unavailable, "storage.io", "The disk failed."};
    case SQLITE_CANTOPEN:
      return {ErrorCode::unavailable, "storage.open", "The database cannot be opened."};
    default:
      return {ErrorCode::internal, "storage.internal", "The database refused a statement."};
  }
}

}  // namespace

Error to_error(int code, sqlite3* handle, std::string_view doing, std::source_location where) {
  const std::string text = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  // The only failure of a well-formed statement that has no code of its own.
  const auto meaning =
      code == SQLITE_ERROR && text == "integer overflow"
          ? Meaning{ErrorCode::invalid, "storage.range", "A number is out of its range."}
          : meaning_of(code);
  Error error(meaning.code, meaning.message, where);
  auto context = text + " (" + std::to_string(code) + ")";
  if (!doing.empty()) context = std::string(doing.substr(0, 200)) + ": " + context;
  if (meaning.code == ErrorCode::conflict || code == SQLITE_CONSTRAINT_NOTNULL)
    error = std::move(error).with_fields(
        columns_of(text, code == SQLITE_CONSTRAINT_NOTNULL ? "required" : "unique"));
  if (code == SQLITE_CONSTRAINT_FOREIGNKEY) error = std::move(error).with_fields({});
  return std::move(error).because(meaning.reason).in_context(context);
}

}  // namespace tenon::storage::sqlite
