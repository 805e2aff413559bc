#include "data/shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/index_rules.h"
#include "data/names.h"
#include "data/predicate.h"

namespace tenon::data {
namespace {

/// Rules that a later version of a manifest seldom changes. Lengths, options and bounds are checked
/// before a value comes here: as table constraints they would turn every small change of a manifest
/// into a rebuild of the table. States are the exception: a document in no state is lost.
std::string check_of(const EntityInfo& entity, std::size_t place, Dialect dialect) {
  const auto& column = entity.columns()[place];
  if (entity.status() == place) {
    std::string list;
    for (const auto& state : entity.entity().states->states)
      list += (list.empty() ? "" : ", ") + literal(Value(state.name), dialect);
    return fmt::format("{} IN ({})", column.sql, list);
  }
  if (column.type == FieldType::boolean) return fmt::format("{} IN (0, 1)", column.sql);
  if (column.storage == Storage::blob) return id_condition(dialect, column.sql);
  if (column.derived) return {};
  if (column.type == FieldType::json || column.type == FieldType::computed ||
      column.type == FieldType::multi_select)
    return json_condition(dialect, column.sql);
  return {};
}

ColumnShape column_shape(const EntityInfo& entity, std::size_t place, const Catalog& catalog,
                         Dialect dialect) {
  const auto& column = entity.columns()[place];
  const bool extension = column.field != nullptr && !column.field->extension.empty();
  ColumnShape shape;
  shape.name = column.sql;
  shape.storage = column.storage;
  // The column of an extension stays when the extension goes, and rows are still added.
  shape.nullable = column.nullable || extension;
  shape.check = check_of(entity, place, dialect);
  if (column.type != FieldType::reference || column.field == nullptr) return shape;
  const auto& field = *column.field;
  const auto* target =
      catalog.find(field.ref_plugin.empty() ? entity.plugin() : field.ref_plugin, field.ref_entity);
  if (target == nullptr) return shape;
  // The unit of work does what on_delete says, with its events; the constraint is the net below it.
  shape.references = target->table();
  shape.on_delete = field.on_delete == OnDelete::cascade ? " ON DELETE CASCADE"
                    : shape.nullable                     ? " ON DELETE SET NULL"
                                                         : "";
  return shape;
}

constexpr std::string_view kLiving = "\"deleted_at\" IS NULL";

class Indexes {
 public:
  Indexes(const EntityInfo& entity, Dialect dialect) : entity_(entity), dialect_(dialect) {}

  Result<std::vector<IndexShape>> make() {
    const auto& source = entity_.entity();
    add_system();
    for (const auto& index : source.indexes)
      TENON_TRY(add(index.fields, index.unique, index.where));
    for (const auto& field : source.fields) {
      const auto own = own_index(source, field);
      if (own != OwnIndex::none) TENON_TRY(add({field.name}, own == OwnIndex::unique, {}));
    }
    return std::move(all_);
  }

 private:
  void put(std::string_view what, bool unique, std::vector<std::string> columns,
           std::string where) {
    const auto name = index_name(entity_.plugin_number(), entity_.name(), what);
    if (std::ranges::find(all_, name, &IndexShape::name) == all_.end())
      all_.push_back({.name = name,
                      .unique = unique,
                      .columns = std::move(columns),
                      .where = std::move(where)});
  }

  /// What every list ends with: the id makes an order total, the other two let a walk in any order
  /// test a row scope without looking at the row.
  static void close(std::vector<std::string>& columns) {
    for (const auto* column : {"id", "owner", "department"})
      if (std::ranges::find(columns, quote(column)) == columns.end())
        columns.push_back(quote(column));
  }

  void add_system() {
    // What a narrow row scope walks by itself.
    for (const auto* scope : {"owner", "department"})
      put(fmt::format("v_{}", scope), false, {quote(scope), quote("id")},
          fmt::format("{} AND \"{}\" IS NOT NULL", kLiving, scope));
    if (entity_.entity().soft_delete)
      put("trash", false, {quote("id")}, "\"deleted_at\" IS NOT NULL");
    // What went with another row comes back with it.
    if (entity_.entity().soft_delete)
      put("cascade", false, {quote("deleted_in")}, "\"deleted_in\" IS NOT NULL");
    // Typing ahead walks the folded label from the first letters on.
    const auto& label = entity_.columns()[entity_.label()];
    if (label.fold_sql.empty()) return;
    std::vector<std::string> columns{label.fold_sql};
    close(columns);
    put(fmt::format("p_{}", label.name), false, std::move(columns), std::string(kLiving));
  }

  /// Holds living rows only, so that it serves filter, order and keyset paging at once.
  Result<> add(const std::vector<std::string>& fields, bool unique, std::string_view where) {
    std::string what = unique ? "u" : "k";
    std::vector<std::string> columns;
    for (const auto& field : fields) {
      what += "_" + field;
      columns.push_back(entity_.columns()[*entity_.find(field)].sql);
    }
    if (!unique) close(columns);
    std::string condition(kLiving);
    if (!where.empty()) {
      TENON_ASSIGN(more, predicate_sql(entity_, where, dialect_));
      condition += " AND " + more;
      what += "_w_" + std::string(where);
    }
    put(what, unique, std::move(columns), std::move(condition));
    return {};
  }

  const EntityInfo& entity_;
  Dialect dialect_;
  std::vector<IndexShape> all_;
};

std::string text(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* found = value == nullptr ? nullptr : value->if_string();
  return found == nullptr ? std::string() : std::string(*found);
}

bool truth(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace

Result<TableShape> shape_of(const EntityInfo& entity, const Catalog& catalog, Dialect dialect) {
  TableShape shape;
  shape.name = entity.table();
  for (std::size_t i = 0; i < entity.columns().size(); ++i)
    shape.columns.push_back(column_shape(entity, i, catalog, dialect));
  ColumnShape mark;
  mark.name = quote("deleted_at");
  mark.storage = Storage::integer;
  shape.columns.push_back(mark);
  mark.name = quote("deleted_in");
  mark.storage = Storage::blob;
  shape.columns.push_back(mark);
  for (const auto& column : entity.columns())
    if (!column.fold_sql.empty())
      shape.columns.push_back({.name = column.fold_sql,
                               .storage = Storage::text,
                               .nullable = true,
                               .check = {},
                               .references = {},
                               .on_delete = {},
                               .default_sql = {},
                               .fold_of = column.sql});
  TENON_ASSIGN(indexes, Indexes(entity, dialect).make());
  shape.indexes = std::move(indexes);
  return shape;
}

json::object to_json(const TableShape& shape) {
  json::array columns;
  for (const auto& column : shape.columns)
    columns.emplace_back(json::object{{"name", column.name},
                                      {"storage", static_cast<int>(column.storage)},
                                      {"nullable", column.nullable},
                                      {"check", column.check},
                                      {"references", column.references},
                                      {"on_delete", column.on_delete},
                                      {"default", column.default_sql},
                                      {"fold_of", column.fold_of}});
  json::array indexes;
  for (const auto& index : shape.indexes) {
    json::array names;
    for (const auto& name : index.columns) names.emplace_back(name);
    indexes.emplace_back(json::object{{"name", index.name},
                                      {"unique", index.unique},
                                      {"columns", std::move(names)},
                                      {"where", index.where}});
  }
  return {{"name", shape.name}, {"columns", std::move(columns)}, {"indexes", std::move(indexes)}};
}

TableShape shape_from_json(const json::object& object) {
  TableShape shape;
  shape.name = text(object, "name");
  if (const auto* columns = object.if_contains("columns"); columns != nullptr)
    for (const auto& item : columns->as_array()) {
      const auto& one = item.as_object();
      shape.columns.push_back({.name = text(one, "name"),
                               .storage = static_cast<Storage>(one.at("storage").as_int64()),
                               .nullable = truth(one, "nullable"),
                               .check = text(one, "check"),
                               .references = text(one, "references"),
                               .on_delete = text(one, "on_delete"),
                               .default_sql = text(one, "default"),
                               .fold_of = text(one, "fold_of")});
    }
  if (const auto* indexes = object.if_contains("indexes"); indexes != nullptr)
    for (const auto& item : indexes->as_array()) {
      const auto& one = item.as_object();
      IndexShape index{.name = text(one, "name"),
                       .unique = truth(one, "unique"),
                       .columns = {},
                       .where = text(one, "where")};
      for (const auto& name : one.at("columns").as_array())
        index.columns.emplace_back(name.as_string());
      shape.indexes.push_back(std::move(index));
    }
  return shape;
}

}  // namespace tenon::data
