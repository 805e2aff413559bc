// How the database itself says that the tables look.
#include <algorithm>

#include "data/ledger.h"
#include "data/names.h"

namespace tenon::data {
namespace {

/// Runs of blanks become one, and none stands beside a bracket or comma: ALTER and CREATE lay out
/// the same column in other ways.
std::string normal(std::string_view sql) {
  std::string text;
  bool literal = false;
  for (const char c : sql) {
    if (c == '\'') literal = !literal;
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    const bool tight = c == ',' || c == '(' || c == ')';
    if (!literal && (blank || tight)) {
      if (!text.empty() && text.back() == ' ') text.pop_back();
      const bool after = !text.empty() && (text.back() == ',' || text.back() == '(');
      if (blank && after) continue;
    }
    text += blank && !literal ? ' ' : c;
  }
  return text;
}

constexpr std::string_view kSqlite =
    "SELECT tbl_name, type || ' ' || name || ': ' || sql FROM sqlite_master "
    "WHERE tbl_name LIKE 'x%' AND sql IS NOT NULL ORDER BY tbl_name, type DESC, name";

// In the order of names: an undo brings a column back at the end.
constexpr std::string_view kPostgres = R"sql(
SELECT c.relname, 'column ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
    || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') AS line
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'x%'
UNION ALL
SELECT c.relname, 'constraint ' || k.contype::text || ' ' || pg_get_constraintdef(k.oid)
  FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype IN ('c', 'f', 'u', 'p')
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'x%'
UNION ALL
SELECT tablename, 'index ' || indexdef FROM pg_indexes
  WHERE schemaname = current_schema() AND tablename LIKE 'x%' AND indexname LIKE 'i%'
ORDER BY 1, 2)sql";

}  // namespace

Result<std::map<std::string, std::string>> dump_tables(storage::Session& session) {
  std::map<std::string, std::string> tables;
  const bool sqlite = session.dialect() == Dialect::sqlite;
  TENON_TRY(session.query(sqlite ? kSqlite : kPostgres, {}, [&](const storage::Row& row) {
    tables[quote(row.text(0))] += normal(row.text(1)) + "\n";
    return storage::Visit::more;
  }));
  return tables;
}

}  // namespace tenon::data
