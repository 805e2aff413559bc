#include "data/ddl.h"

#include <fmt/format.h>

#include "data/names.h"

namespace tenon::data {
namespace {

std::string bare(std::string_view quoted) {
  return std::string(quoted.substr(1, quoted.size() - 2));
}

}  // namespace

std::string check_name_of(const ColumnShape& column) { return quote("c_" + bare(column.name)); }
std::string reference_name_of(const ColumnShape& column) { return quote("r_" + bare(column.name)); }

std::string column_sql(const ColumnShape& column, Dialect dialect) {
  const bool named = dialect == Dialect::postgres;
  std::string text = fmt::format("{} {}", column.name, column_type(dialect, column.storage));
  if (!column.nullable) text += " NOT NULL";
  if (column.name == "\"id\"") text += " UNIQUE";
  if (!column.default_sql.empty()) text += " DEFAULT " + column.default_sql;
  if (!column.check.empty())
    text += (named ? " CONSTRAINT " + check_name_of(column) : "") + " CHECK (" + column.check + ")";
  if (!column.references.empty())
    text += fmt::format("{} REFERENCES {}(\"id\"){} DEFERRABLE INITIALLY DEFERRED",
                        named ? " CONSTRAINT " + reference_name_of(column) : "", column.references,
                        column.on_delete);
  return text;
}

std::string create_table(const TableShape& shape, Dialect dialect) {
  std::string body(row_number(dialect));
  for (std::size_t i = 0; i < shape.columns.size(); ++i)
    body += (i == 0 ? "" : ",\n  ") + column_sql(shape.columns[i], dialect);
  return fmt::format("CREATE TABLE {} (\n  {}\n) {}", shape.name, body,
                     portable(dialect, "{strict}"));
}

std::string create_index(const TableShape& shape, const IndexShape& index) {
  std::string list;
  for (const auto& column : index.columns) list += (list.empty() ? "" : ", ") + column;
  return fmt::format("CREATE {}INDEX {} ON {} ({}) WHERE {}", index.unique ? "UNIQUE " : "",
                     index.name, shape.name, list, index.where);
}

std::string drop_index(const IndexShape& index) { return "DROP INDEX " + index.name; }

Result<Statements> create_statements(const TableShape& shape, Dialect dialect) {
  Statements statements{create_table(shape, dialect)};
  for (const auto& index : shape.indexes) statements.push_back(create_index(shape, index));
  return statements;
}

Statements rebuild(const TableShape& before, const TableShape& after,
                   const std::vector<Filling>& fillings, Dialect dialect) {
  auto fresh = after;
  // No entity's table begins with n: names of entities begin with x.
  fresh.name = quote("n_" + bare(after.name).substr(0, 60));
  std::string columns;
  std::string values;
  const auto add = [&](const std::string& column, const std::string& value) {
    columns += (columns.empty() ? "" : ", ") + column;
    values += (values.empty() ? "" : ", ") + value;
  };
  if (dialect == Dialect::sqlite) add("\"rid\"", "\"rid\"");
  for (const auto& [column, value] : fillings) add(column, value);
  Statements statements{create_table(fresh, dialect),
                        fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", fresh.name, columns,
                                    values, before.name),
                        "DROP TABLE " + before.name,
                        fmt::format("ALTER TABLE {} RENAME TO {}", fresh.name, after.name)};
  for (const auto& index : after.indexes) statements.push_back(create_index(after, index));
  return statements;
}

}  // namespace tenon::data
