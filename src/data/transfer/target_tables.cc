#include "data/transfer/target_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/ddl.h"
#include "data/ledger.h"
#include "data/names.h"
#include "data/search.h"
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

/// Tables of the entities as an install would make them now, and the columns that `source` has
/// beyond that: of a module that is gone but whose values stay.
Result<std::vector<TableShape>> shapes_for(const Catalog& catalog,
                                           const std::vector<TableInfo>& source, Dialect dialect) {
  std::vector<TableShape> shapes;
  for (const auto* entity : catalog.entities()) {
    TENON_ASSIGN(shape, shape_of(*entity, catalog, dialect));
    const auto table = std::ranges::find_if(
        source, [&](const TableInfo& one) { return quote(one.name) == shape.name; });
    if (table == source.end())
      return fail(Error(ErrorCode::internal, fmt::format("The table {} is missing.", shape.name))
                      .because("transfer.table"));
    for (const auto& column : table->columns)
      if (shape.find(quote(column.name)) == nullptr)
        shape.columns.push_back({.name = quote(column.name),
                                 .storage = column.storage,
                                 .nullable = true,
                                 .check = {},
                                 .references = {},
                                 .on_delete = {},
                                 .default_sql = {},
                                 .fold_of = {}});
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

/// Where a reference can be added to a table, the rows come first.
TableShape without_references(TableShape shape) {
  for (auto& column : shape.columns) column.references.clear();
  return shape;
}

Result<> add_references(storage::Session& to, const TableShape& shape) {
  for (const auto& column : shape.columns)
    if (!column.references.empty())
      TENON_TRY(to.script(fmt::format(
          "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}(\"id\"){} DEFERRABLE "
          "INITIALLY DEFERRED",
          shape.name, reference_name_of(column), column.name, column.references,
          column.on_delete)));
  return {};
}

}  // namespace

Result<> create_target_system(storage::Session& to, Random& random) {
  TENON_TRY(create_system_tables(to, random));
  return Ledger(to).create_tables();
}

Result<std::vector<TableShape>> create_target_tables(storage::Session& from, storage::Session& to,
                                                     const Catalog& catalog,
                                                     const std::vector<TableInfo>& source) {
  const auto dialect = to.dialect();
  TENON_ASSIGN(shapes, shapes_for(catalog, source, dialect));
  for (const auto& shape : shapes)
    TENON_TRY(to.script(
        create_table(dialect == Dialect::postgres ? without_references(shape) : shape, dialect)));
  TENON_ASSIGN(there, read_tables(to, catalog));
  for (const auto& table : source) {
    if (std::ranges::find(there, table.name, &TableInfo::name) != there.end()) continue;
    TENON_ASSIGN(unique, read_unique_keys(from, table));
    TENON_TRY(to.script(general_table(table, unique, dialect)));
  }
  return std::move(shapes);
}

Result<> finish_target_tables(storage::Session& to, const Catalog& catalog,
                              const std::vector<TableShape>& shapes) {
  for (const auto& shape : shapes) {
    for (const auto& index : shape.indexes) TENON_TRY(to.script(create_index(shape, index)));
    if (to.dialect() == Dialect::postgres) TENON_TRY(add_references(to, shape));
  }
  for (const auto* entity : catalog.entities())
    for (const auto& statement : create_search(*entity, to.dialect()))
      TENON_TRY(to.script(statement));
  MigrationPlan made;
  made.after = shapes;
  return Ledger(to).note_tables(made);
}

}  // namespace tenon::data
