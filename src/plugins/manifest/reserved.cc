#include "plugins/manifest/reserved.h"

#include <algorithm>
#include <array>

namespace tenon::plugins {
namespace {

using namespace std::string_view_literals;

// Sorted. What SQLite 3.54 and PostgreSQL 17 refuse as a bare column or table name, and the
// parameters of the record API. Words that both take (name, type, level, value, date …) are not in
// it: they are what people call their columns.
constexpr std::array kReserved = {"add"sv,
                                  "after"sv,
                                  "all"sv,
                                  "alter"sv,
                                  "analyse"sv,
                                  "analyze"sv,
                                  "and"sv,
                                  "any"sv,
                                  "array"sv,
                                  "as"sv,
                                  "as_of"sv,
                                  "asc"sv,
                                  "asymmetric"sv,
                                  "authorization"sv,
                                  "autoincrement"sv,
                                  "between"sv,
                                  "binary"sv,
                                  "both"sv,
                                  "case"sv,
                                  "cast"sv,
                                  "check"sv,
                                  "collate"sv,
                                  "collation"sv,
                                  "column"sv,
                                  "columns"sv,
                                  "commit"sv,
                                  "concurrently"sv,
                                  "constraint"sv,
                                  "create"sv,
                                  "cross"sv,
                                  "current_catalog"sv,
                                  "current_date"sv,
                                  "current_role"sv,
                                  "current_schema"sv,
                                  "current_time"sv,
                                  "current_timestamp"sv,
                                  "current_user"sv,
                                  "default"sv,
                                  "deferrable"sv,
                                  "delete"sv,
                                  "desc"sv,
                                  "distinct"sv,
                                  "do"sv,
                                  "drop"sv,
                                  "else"sv,
                                  "end"sv,
                                  "escape"sv,
                                  "except"sv,
                                  "exists"sv,
                                  "false"sv,
                                  "fetch"sv,
                                  "for"sv,
                                  "foreign"sv,
                                  "freeze"sv,
                                  "from"sv,
                                  "fts"sv,
                                  "full"sv,
                                  "grant"sv,
                                  "group"sv,
                                  "having"sv,
                                  "if"sv,
                                  "ilike"sv,
                                  "in"sv,
                                  "index"sv,
                                  "initially"sv,
                                  "inner"sv,
                                  "insert"sv,
                                  "intersect"sv,
                                  "into"sv,
                                  "is"sv,
                                  "isnull"sv,
                                  "join"sv,
                                  "lateral"sv,
                                  "leading"sv,
                                  "left"sv,
                                  "like"sv,
                                  "limit"sv,
                                  "localtime"sv,
                                  "localtimestamp"sv,
                                  "natural"sv,
                                  "not"sv,
                                  "nothing"sv,
                                  "notnull"sv,
                                  "null"sv,
                                  "offset"sv,
                                  "on"sv,
                                  "on_conflict"sv,
                                  "only"sv,
                                  "or"sv,
                                  "order"sv,
                                  "outer"sv,
                                  "overlaps"sv,
                                  "placing"sv,
                                  "primary"sv,
                                  "raise"sv,
                                  "references"sv,
                                  "returning"sv,
                                  "right"sv,
                                  "select"sv,
                                  "session_user"sv,
                                  "set"sv,
                                  "similar"sv,
                                  "some"sv,
                                  "symmetric"sv,
                                  "system_user"sv,
                                  "table"sv,
                                  "tablesample"sv,
                                  "then"sv,
                                  "to"sv,
                                  "trailing"sv,
                                  "transaction"sv,
                                  "true"sv,
                                  "union"sv,
                                  "unique"sv,
                                  "update"sv,
                                  "user"sv,
                                  "using"sv,
                                  "values"sv,
                                  "variadic"sv,
                                  "verbose"sv,
                                  "when"sv,
                                  "where"sv,
                                  "window"sv,
                                  "with"sv};
static_assert(std::ranges::is_sorted(kReserved));

constexpr std::array kSystemColumns = {"id"sv,         "version"sv,    "created_at"sv,
                                       "created_by"sv, "updated_at"sv, "updated_by"sv,
                                       "deleted_at"sv, "owner"sv,      "department"sv};

constexpr std::array kApiRoots = {
    "admin"sv,       "approvals"sv,     "audit"sv,     "auth"sv,    "backups"sv,     "comments"sv,
    "company"sv,     "departments"sv,   "docs"sv,      "events"sv,  "exports"sv,     "files"sv,
    "health"sv,      "imports"sv,       "jobs"sv,      "me"sv,      "menu"sv,        "metrics"sv,
    "modules"sv,     "notifications"sv, "numbering"sv, "openapi"sv, "permissions"sv, "plugins"sv,
    "preferences"sv, "providers"sv,     "roles"sv,     "schema"sv,  "session"sv,     "sessions"sv,
    "settings"sv,    "setup"sv,         "tenants"sv,   "tenon"sv,   "tokens"sv,      "trash"sv,
    "users"sv,       "views"sv,         "webhooks"sv};

constexpr std::array kPluginRoots = {"routes"sv, "rpc"sv};

}  // namespace

bool is_reserved(std::string_view word) noexcept {
  return std::ranges::binary_search(kReserved, word);
}
std::span<const std::string_view> system_columns() noexcept { return kSystemColumns; }
bool is_system_column(std::string_view word) noexcept {
  return std::ranges::find(kSystemColumns, word) != kSystemColumns.end();
}
bool is_api_root(std::string_view word) noexcept {
  return std::ranges::find(kApiRoots, word) != kApiRoots.end();
}
bool is_plugin_root(std::string_view word) noexcept {
  return std::ranges::find(kPluginRoots, word) != kPluginRoots.end();
}

}  // namespace tenon::plugins
