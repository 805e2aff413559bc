#pragma once
// PostgreSQL's SQLSTATE becomes our eight words once, here, with the same reasons as on SQLite.

#include <string_view>

#include "base/error.h"
#include "storage/postgres/handles.h"

namespace tenon::storage::postgres {

/// The error of a failed answer. `doing` is private context.
[[nodiscard]] Error to_error(const PGresult* result, std::string_view doing,
                             std::source_location where = std::source_location::current());
/// The connection is gone, and with it what was not committed. Its text goes to the log.
[[nodiscard]] Error connection_lost(const PGconn* connection, std::string_view doing,
                                    std::source_location where = std::source_location::current());
[[nodiscard]] Error rerun(std::source_location where = std::source_location::current());
[[nodiscard]] Error too_late(std::source_location where = std::source_location::current());
/// Whether the transaction that met `error` can only be run again from its start.
[[nodiscard]] bool ends_transaction(const Error& error) noexcept;

}  // namespace tenon::storage::postgres
