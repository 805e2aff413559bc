#include "storage/postgres/errors.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace tenon::storage::postgres {
namespace {

struct Meaning {
  std::string_view state;  // five characters, or the two of a class
  ErrorCode code;
  const char* reason;
  const char* message;
};

// The longer word comes first: a state before its class.
constexpr std::array kMeanings{
    Meaning{"23505", ErrorCode::conflict, "storage.unique",
            "A value that must be unique is used already."},
    Meaning{"23503", ErrorCode::conflict, "storage.foreign_key",
            "A record that is referred to is missing."},
    Meaning{"23502", ErrorCode::invalid, "storage.not_null", "A required value is missing."},
    Meaning{"22003", ErrorCode::invalid, "storage.range", "A number is out of its range."},
    Meaning{"22001", ErrorCode::exhausted, "storage.limit", "A value or statement is too large."},
    Meaning{"25006", ErrorCode::unavailable, "storage.readonly", "The database cannot be written."},
    Meaning{"40", ErrorCode::unavailable, "storage.rerun",
            "The transaction was lost; run it again."},
    Meaning{"25P02", ErrorCode::unavailable, "storage.rerun",
            "The transaction was lost; run it again."},
    // A statement that is not known any more.
    Meaning{"26000", ErrorCode::unavailable, "storage.rerun",
            "The transaction was lost; run it again."},
    Meaning{"53100", ErrorCode::exhausted, "storage.full",
            "The disk or the tenant's space is full."},
    Meaning{"53200", ErrorCode::exhausted, "storage.memory", "The database is out of memory."},
    Meaning{"53300", ErrorCode::unavailable, "storage.pool",
            "The database takes no more connections."},
    Meaning{"53", ErrorCode::exhausted, "storage.limit", "The database is out of resources."},
    Meaning{"54", ErrorCode::exhausted, "storage.limit", "A value or statement is too large."},
    Meaning{"55P03", ErrorCode::unavailable, "storage.busy", "The database is busy."},
    Meaning{"57014", ErrorCode::cancelled, "storage.deadline", "The database work took too long."},
    Meaning{"25P03", ErrorCode::unavailable, "storage.connection",
            "The connection to the database was lost."},
    Meaning{"57P", ErrorCode::unavailable, "storage.connection",
            "The connection to the database was lost."},
    Meaning{"08", ErrorCode::unavailable, "storage.connection",
            "The connection to the database was lost."},
    Meaning{"28", ErrorCode::unavailable, "storage.open", "The database refuses our account."},
    Meaning{"3D000", ErrorCode::unavailable, "storage.open", "There is no such database."},
    Meaning{"58", ErrorCode::unavailable, "storage.io", "The disk failed."},
    Meaning{"XX001", ErrorCode::unavailable, "storage.corrupt", "The database is damaged."},
    Meaning{"XX002", ErrorCode::unavailable, "storage.corrupt", "The database is damaged."},
    Meaning{"42P01", ErrorCode::internal, "storage.no_table", "The database refused a statement."},
    Meaning{"42501", ErrorCode::internal, "storage.denied", "The database refused a statement."},
    Meaning{"22", ErrorCode::internal, "storage.check", "A value breaks a rule of its table."},
    Meaning{"23", ErrorCode::internal, "storage.check", "A value breaks a rule of its table."},
};

/// 0A000 says that a statement was prepared under an older form of a table, where it comes from
/// here; anywhere else it is SQL that the server does not know.
constexpr std::string_view kStaleFrom = "RevalidateCachedQuery";

Meaning meaning_of(std::string_view state, std::string_view function) {
  if (state == "0A000" && function == kStaleFrom) return meaning_of("26000", {});
  for (const auto& meaning : kMeanings)
    if (state.starts_with(meaning.state)) return meaning;
  return {"", ErrorCode::internal, "storage.internal", "The database refused a statement."};
}

std::string_view part(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

/// `Key (f_code, f_city)=(AB123456, x) already exists.` names the columns, in every language of the
/// server. A column whose name is a keyword stands in quotes.
std::vector<FieldError> columns_of(std::string_view detail) {
  std::vector<FieldError> fields;
  const auto open = detail.find('(');
  const auto close = detail.find(")=(");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  auto list = detail.substr(open + 1, close - open - 1);
  while (!list.empty()) {
    const auto comma = list.find(", ");
    auto column = list.substr(0, comma);
    if (column.size() > 2 && column.front() == '"') column = column.substr(1, column.size() - 2);
    fields.push_back({.path = std::string(column), .code = "unique", .message = {}});
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 2);
  }
  return fields;
}

}  // namespace

Error to_error(const PGresult* result, std::string_view doing, std::source_location where) {
  const auto state = part(result, PG_DIAG_SQLSTATE);
  if (state.empty()) return connection_lost(nullptr, PQresultErrorMessage(result), where);
  const auto meaning = meaning_of(state, part(result, PG_DIAG_SOURCE_FUNCTION));
  Error error(meaning.code, meaning.message, where);
  if (state == "23505")
    error = std::move(error).with_fields(columns_of(part(result, PG_DIAG_MESSAGE_DETAIL)));
  if (state == "23502")
    error = std::move(error).with_field({.path = std::string(part(result, PG_DIAG_COLUMN_NAME)),
                                         .code = "required",
                                         .message = {}});
  // The detail of a message may hold values of rows, which belong in no log.
  auto context =
      std::string(part(result, PG_DIAG_MESSAGE_PRIMARY)) + " (" + std::string(state) + ")";
  if (!doing.empty()) context = std::string(doing.substr(0, 200)) + ": " + context;
  return std::move(error).because(meaning.reason).in_context(context);
}

Error connection_lost(const PGconn* connection, std::string_view doing,
                      std::source_location where) {
  std::string context(doing.substr(0, 200));
  if (connection != nullptr) context.append(": ").append(PQerrorMessage(connection));
  return Error(ErrorCode::unavailable, "The connection to the database was lost.", where)
      .because("storage.connection")
      .in_context(context);
}

Error rerun(std::source_location where) {
  return Error(ErrorCode::unavailable, "The transaction was lost; run it again.", where)
      .because("storage.rerun");
}

Error too_late(std::source_location where) {
  return Error(ErrorCode::cancelled, "The database work took too long.", where)
      .because("storage.deadline");
}

bool ends_transaction(const Error& error) noexcept {
  return error.reason() == "storage.rerun" || error.reason() == "storage.connection" ||
         error.reason() == "storage.deadline";
}

}  // namespace tenon::storage::postgres
