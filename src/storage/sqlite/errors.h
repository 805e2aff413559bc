#pragma once
// SQLite's result codes become our eight words once, here.

#include <string_view>

#include "base/error.h"

struct sqlite3;

namespace tenon::storage::sqlite {

/// The error of the last call on `handle` that gave `code` (an extended result code). `doing` is
/// private context.
[[nodiscard]] Error to_error(int code, sqlite3* handle, std::string_view doing,
                             std::source_location where = std::source_location::current());

}  // namespace tenon::storage::sqlite
