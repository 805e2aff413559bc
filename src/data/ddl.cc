#include "data/ddl.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "data/names.h"
#include "data/search.h"

namespace tenon::data {
namespace {

/// Rules that a later version of a manifest never loosens. Lengths, options and bounds are checked
/// before a value comes here: as table constraints they would turn every small change of a manifest
/// into a rebuild of the table.
std::string check_of(const Column& column, Dialect dialect) {
  if (column.type == FieldType::boolean) return fmt::format(" CHECK ({} IN (0, 1))", column.sql);
  if (column.storage == Storage::blob) return id_check(dialect, column.sql);
  if (column.derived) return {};
  if (column.type == FieldType::json || column.type == FieldType::computed ||
      column.type == FieldType::multi_select)
    return json_check(dialect, column.sql);
  return {};
}

const EntityInfo* target_of(const EntityInfo& entity, const Field& field, const Catalog& catalog) {
  return catalog.find(field.ref_plugin.empty() ? entity.plugin() : field.ref_plugin,
                      field.ref_entity);
}

/// The unit of work does what on_delete says, with its events; the constraint is the net below it.
std::string reference_of(const EntityInfo& entity, const Column& column, const Catalog& catalog) {
  if (column.type != FieldType::reference || column.field == nullptr) return {};
  const auto* target = target_of(entity, *column.field, catalog);
  if (target == nullptr) return {};
  const auto* action = column.field->on_delete == OnDelete::cascade ? " ON DELETE CASCADE"
                       : column.nullable                            ? " ON DELETE SET NULL"
                                                                    : "";
  return fmt::format(" REFERENCES {}(\"id\"){} DEFERRABLE INITIALLY DEFERRED", target->table(),
                     action);
}

std::string column_sql(const EntityInfo& entity, const Column& column, const Catalog& catalog,
                       Dialect dialect) {
  const auto* presence = column.nullable       ? ""
                         : column.name == "id" ? " NOT NULL UNIQUE"
                                               : " NOT NULL";
  return fmt::format("{} {}{}{}{}", column.sql, column_type(dialect, column.storage), presence,
                     check_of(column, dialect), reference_of(entity, column, catalog));
}

bool small(FieldType type) noexcept {
  return type == FieldType::boolean || type == FieldType::select ||
         type == FieldType::multi_select || type == FieldType::json || type == FieldType::text ||
         type == FieldType::computed;
}

/// Statement by name of each index. Every one holds living rows only and ends with the id, so that
/// it serves filter, order and keyset paging at once. Fields of few values or long text get one
/// only where they are sorted by.
std::map<std::string, std::string> indexes_of(const EntityInfo& entity) {
  std::map<std::string, std::string> all;
  const auto add = [&](const std::vector<std::string>& fields, bool unique) {
    std::string what = unique ? "u" : "k";
    std::string list;
    for (const auto& field : fields) {
      what += "_" + field;
      list += (list.empty() ? "" : ", ") + field_column(field);
    }
    const auto name = index_name(entity.plugin_number(), entity.name(), what);
    all[name] = fmt::format("CREATE {}INDEX {} ON {} ({}{}) WHERE \"deleted_at\" IS NULL",
                            unique ? "UNIQUE " : "", name, entity.table(), list,
                            unique ? "" : ", \"id\", \"owner\", \"department\"");
  };
  // What a narrow row scope walks by itself. Every other index carries both columns, so that a walk
  // in any order tests the scope without looking at the row.
  for (const auto* scope : {"owner", "department"}) {
    const auto name = index_name(entity.plugin_number(), entity.name(), fmt::format("v_{}", scope));
    all[name] = fmt::format(
        "CREATE INDEX {0} ON {1} (\"{2}\", \"id\") WHERE \"deleted_at\" IS NULL AND \"{2}\" IS NOT "
        "NULL",
        name, entity.table(), scope);
  }
  if (entity.entity().soft_delete) {
    const auto name = index_name(entity.plugin_number(), entity.name(), "trash");
    all[name] = fmt::format("CREATE INDEX {} ON {} (\"id\") WHERE \"deleted_at\" IS NOT NULL", name,
                            entity.table());
  }
  // Typing ahead walks the folded label from the first letters on.
  if (const auto& label = entity.columns()[entity.label()]; !label.fold_sql.empty()) {
    const auto name =
        index_name(entity.plugin_number(), entity.name(), fmt::format("p_{}", label.name));
    all[name] = fmt::format(
        "CREATE INDEX {} ON {} ({}, \"id\", \"owner\", \"department\") WHERE \"deleted_at\" IS "
        "NULL",
        name, entity.table(), label.fold_sql);
  }
  const auto& source = entity.entity();
  if (source.soft_delete) {
    const auto name = index_name(entity.plugin_number(), entity.name(), "cascade");
    all[name] =
        fmt::format("CREATE INDEX {} ON {} (\"deleted_in\") WHERE \"deleted_in\" IS NOT NULL", name,
                    entity.table());
  }
  for (const auto& index : source.indexes) add(index.fields, index.unique);
  for (const auto& field : source.fields) {
    if (field.unique) add({field.name}, true);
    if (field.unique) continue;
    const bool led = std::ranges::any_of(
        source.indexes, [&](const Index& index) { return index.fields.front() == field.name; });
    const bool reference = field.type == FieldType::reference;
    const bool orderable = field.type != FieldType::json && field.type != FieldType::multi_select &&
                           (field.type != FieldType::computed || field.formula || field.rollup);
    if ((field.sortable && orderable) ||
        ((field.filterable || reference) && !led && !small(field.result.value_or(field.type))))
      add({field.name}, false);
  }
  return all;
}

std::unexpected<Error> incompatible(const EntityInfo& entity, std::string_view field,
                                    std::string_view what) {
  return fail(Error(ErrorCode::conflict,
                    fmt::format("\"{}\": field \"{}\" {}; an upgrade in place can only add.",
                                entity.name(), field, what))
                  .because("schema.incompatible"));
}

}  // namespace

std::vector<std::string> create_table(const EntityInfo& entity, const Catalog& catalog,
                                      Dialect dialect) {
  std::string body(row_number(dialect));
  for (const auto& column : entity.columns())
    body += column_sql(entity, column, catalog, dialect) + ",\n  ";
  body += portable(dialect, "\"deleted_at\" {integer},\n  \"deleted_in\" {id}");
  for (const auto& column : entity.columns())
    if (!column.fold_sql.empty()) body += ",\n  " + column.fold_sql + " TEXT";
  std::vector<std::string> statements{fmt::format("CREATE TABLE {} (\n  {}\n) {}", entity.table(),
                                                  body, portable(dialect, "{strict}"))};
  for (auto& [name, statement] : indexes_of(entity)) statements.push_back(std::move(statement));
  for (auto& statement : create_search(entity, dialect)) statements.push_back(std::move(statement));
  return statements;
}

Result<std::vector<std::string>> upgrade_table(const EntityInfo& before, const EntityInfo& after,
                                               const Catalog& catalog, Dialect dialect) {
  std::vector<std::string> statements;
  for (const auto& old : before.columns()) {
    const auto found = after.find(old.name);
    if (!found) return incompatible(before, old.name, "is gone");
    const auto& now = after.columns()[*found];
    if (now.type != old.type || now.scale != old.scale)
      return incompatible(before, old.name, "changes its kind");
    if (old.nullable && !now.nullable) return incompatible(before, old.name, "becomes required");
    if (!old.nullable && now.nullable) return incompatible(before, old.name, "becomes optional");
    if (old.field != nullptr && now.field != nullptr &&
        old.field->ref_entity != now.field->ref_entity)
      return incompatible(before, old.name, "refers to something else");
    if (old.fold_sql.empty() && !now.fold_sql.empty()) {
      statements.push_back(
          fmt::format("ALTER TABLE {} ADD COLUMN {} TEXT", after.table(), now.fold_sql));
      statements.push_back(
          fmt::format("UPDATE {} SET {} = tenon_fold({})", after.table(), now.fold_sql, now.sql));
    }
  }
  for (const auto& now : after.columns()) {
    if (before.find(now.name)) continue;
    if (!now.nullable) return incompatible(before, now.name, "is new and required");
    statements.push_back(fmt::format("ALTER TABLE {} ADD COLUMN {}", after.table(),
                                     column_sql(after, now, catalog, dialect)));
    if (!now.fold_sql.empty())
      statements.push_back(
          fmt::format("ALTER TABLE {} ADD COLUMN {} TEXT", after.table(), now.fold_sql));
  }
  // The installer fills the new one.
  if (!same_search(before, after)) {
    for (auto& statement : drop_search(before)) statements.push_back(std::move(statement));
    for (auto& statement : create_search(after, dialect))
      statements.push_back(std::move(statement));
  }
  const auto old_indexes = indexes_of(before);
  const auto new_indexes = indexes_of(after);
  for (const auto& [name, statement] : old_indexes)
    if (!new_indexes.contains(name)) statements.push_back("DROP INDEX " + name);
  for (const auto& [name, statement] : new_indexes)
    if (!old_indexes.contains(name)) statements.push_back(statement);
  return statements;
}

std::vector<std::string> drop_table(const EntityInfo& entity) {
  auto statements = drop_search(entity);
  statements.push_back("DROP TABLE " + entity.table());
  return statements;
}

}  // namespace tenon::data
