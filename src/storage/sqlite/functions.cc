// Our SQL functions. `tenon_fold(text)` is the Unicode case fold (ICU, then NFC again), so that
// "case-insensitive" means the same here as in PostgreSQL and in every script, not ASCII only.
#include <sqlite3.h>

#include <string>

#include "base/utf8.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/errors.h"

namespace tenon::storage::sqlite {
namespace {

void fold_function(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (sqlite3_value_type(arguments[0]) != SQLITE_TEXT) {
    sqlite3_result_value(context, arguments[0]);
    return;
  }
  const auto* data = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]));
  const std::string folded = utf8::fold({data, size});
  sqlite3_result_text64(context, folded.data(), folded.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

}  // namespace

Result<> add_functions(sqlite3* handle) {
  const int code = sqlite3_create_function_v2(handle, "tenon_fold", 1,
                                              SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                                              nullptr, &fold_function, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(to_error(code, handle, "tenon_fold"));
  return {};
}

}  // namespace tenon::storage::sqlite
