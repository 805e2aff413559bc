#include "data/transfer/target_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/ddl.h"
#include "data/names.h"
#include "data/system.h"

namespace tenon::data {
namespace {

/// Bytes, not ids: SQLite cannot tell them apart, and bytes hold both.
std::string_view general_type(storage::Dialect dialect, Storage storage) {
  const bool sqlite = dialect == storage::Dialect::sqlite;
  switch (storage) {
    case Storage::integer:
      return sqlite ? "INTEGER" : "BIGINT";
    case Storage::text:
      return "TEXT";
    case Storage::blob:
      break;
  }
  return sqlite ? "BLOB" : "BYTEA";
}

std::string list_of(const std::vector<std::string>& columns) {
  std::string text;
  for (const auto& column : columns) text += (text.empty() ? "" : ", ") + quote(column);
  return text;
}

std::string general_table(const TableInfo& table, const std::vector<UniqueKey>& unique,
                          storage::Dialect dialect) {
  std::string body;
  for (const auto& column : table.columns)
    body += fmt::format("{} {}{}, ", quote(column.name), general_type(dialect, column.storage),
                        column.nullable ? "" : " NOT NULL");
  for (const auto& columns : unique) body += fmt::format("UNIQUE ({}), ", list_of(columns));
  UniqueKey key;
  for (const auto column : table.key) key.push_back(table.columns[column].name);
  return fmt::format("CREATE TABLE {} ({}PRIMARY KEY ({})){}", quote(table.name), body,
                     list_of(key), dialect == storage::Dialect::sqlite ? " STRICT" : "");
}

}  // namespace

Result<> create_target_system(storage::Session& session, Random& random) {
  return create_system_tables(session, random);
}

Result<> create_target_tables(storage::Session& from, storage::Session& to, const Catalog& catalog,
                              const std::vector<TableInfo>& source) {
  const auto dialect = to.dialect();
  for (const auto* entity : catalog.entities())
    TENON_TRY(to.script(create_table(*entity, catalog, dialect).front()));
  TENON_ASSIGN(there, read_tables(to, catalog));
  for (const auto& table : source) {
    const auto found = std::ranges::find(there, table.name, &TableInfo::name);
    if (found == there.end()) {
      TENON_ASSIGN(unique, read_unique_keys(from, table));
      TENON_TRY(to.script(general_table(table, unique, dialect)));
      continue;
    }
    for (const auto& column : table.columns)
      if (found->find(column.name) == nullptr)
        TENON_TRY(
            to.script(fmt::format("ALTER TABLE {} ADD COLUMN {} {}", quote(table.name),
                                  quote(column.name), general_type(dialect, column.storage))));
  }
  return {};
}

Result<> finish_target_tables(storage::Session& session, const Catalog& catalog) {
  for (const auto* entity : catalog.entities()) {
    const auto statements = create_table(*entity, catalog, session.dialect());
    for (std::size_t i = 1; i < statements.size(); ++i) TENON_TRY(session.script(statements[i]));
  }
  return {};
}

}  // namespace tenon::data
