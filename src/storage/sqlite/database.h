#pragma once
// What makes a SQLite file one of ours.

#include <string>

#include "storage/database.h"
#include "storage/sqlite/connection.h"

namespace tenon::storage::sqlite {

/// Marks a file that is empty as ours, and checks the mark of any other. Errors: unavailable
/// (`storage.corrupt`, `storage.format`), with the file's name.
[[nodiscard]] Result<> adopt(Connection& connection, const std::string& file,
                             const Options& options);

}  // namespace tenon::storage::sqlite
