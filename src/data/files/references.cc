#include "data/files/references.h"

#include <fmt/format.h>

#include <array>

#include "data/encode.h"
#include "data/names.h"

namespace tenon::data {
namespace {

std::int64_t count_of(Timestamp time) { return time.time_since_epoch().count(); }

Result<> change(storage::Session& session, const Uuid& file, std::int64_t by, Timestamp now) {
  const std::array<storage::Value, 3> values{storage::Blob(file.bytes), by, count_of(now)};
  TENON_TRY(
      session.execute("UPDATE file SET refs = refs + ?2, unused_since = ?3 WHERE id = ?1", values));
  return {};
}

Result<bool> may_name(storage::Session& session, const Viewer& viewer, const Uuid& file) {
  bool good = false;
  const std::array<storage::Value, 1> values{storage::Blob(file.bytes)};
  TENON_TRY(session.query("SELECT created_by FROM file WHERE id = ?1", values,
                          [&](const storage::Row& row) {
                            good = !viewer.user || to_uuid(row.blob(0)) == viewer.user->value;
                            return storage::Visit::stop;
                          }));
  return good;
}

const Uuid* file_of(const std::vector<Value>* row, std::size_t place) {
  return row == nullptr ? nullptr : std::get_if<Uuid>(&(*row)[place]);
}

}  // namespace

Result<> check_files(storage::Session& session, const EntityInfo& entity, const Viewer& viewer,
                     const std::vector<Value>* before, const std::vector<Value>& row) {
  std::vector<FieldError> errors;
  for (std::size_t i = 0; i < entity.columns().size(); ++i) {
    const auto& column = entity.columns()[i];
    if (column.type != FieldType::file || is_null(row[i])) continue;
    if (before != nullptr && (*before)[i] == row[i]) continue;
    TENON_ASSIGN(good, may_name(session, viewer, std::get<Uuid>(row[i])));
    if (!good) errors.push_back({"/" + column.name, "reference", "There is no such file."});
  }
  if (errors.empty()) return {};
  return fail(Error(ErrorCode::invalid, "A file that is referred to is missing.")
                  .because("data.fields")
                  .with_fields(std::move(errors)));
}

Result<> count_files(storage::Session& session, const EntityInfo& entity,
                     const std::vector<Value>* before, const std::vector<Value>* after,
                     Timestamp now) {
  for (std::size_t i = 0; i < entity.columns().size(); ++i) {
    if (entity.columns()[i].type != FieldType::file) continue;
    const auto* old = file_of(before, i);
    const auto* fresh = file_of(after, i);
    if (old != nullptr && fresh != nullptr && *old == *fresh) continue;
    if (fresh != nullptr) TENON_TRY(change(session, *fresh, 1, now));
    if (old != nullptr) TENON_TRY(change(session, *old, -1, now));
  }
  return {};
}

Result<> release_hidden(storage::Session& session, const Catalog& catalog, const EntityInfo& entity,
                        const Uuid& id, Timestamp now) {
  for (const auto& extension : catalog.extensions()) {
    const auto* from = catalog.plugin(extension.plugin);
    if (from == nullptr || from->state != PluginState::uninstalled ||
        extension.extends != entity.plugin() || extension.name != entity.name())
      continue;
    for (const auto& field : extension.fields) {
      if (field.type != FieldType::file) continue;
      const std::array<storage::Value, 2> values{count_of(now), storage::Blob(id.bytes)};
      TENON_TRY(session.execute(
          fmt::format(
              "UPDATE file SET unused_since = ?1, refs = refs - 1 WHERE id = (SELECT {} FROM "
              "{} WHERE \"id\" = ?2)",
              extension_column(from->number, field.name), entity.table()),
          values));
    }
  }
  return {};
}

Result<> release_added(storage::Session& session, const Catalog& catalog, std::string_view plugin,
                       Timestamp now) {
  for (const auto& extension : catalog.extensions()) {
    const auto* entity = catalog.find(extension.extends, extension.name);
    if (extension.plugin != plugin || entity == nullptr) continue;
    for (const auto& field : extension.fields) {
      if (field.type != FieldType::file) continue;
      const std::array<storage::Value, 1> values{count_of(now)};
      TENON_TRY(
          session.execute(release_sql(entity->table(),
                                      extension_column(catalog.plugin(plugin)->number, field.name)),
                          values));
    }
  }
  return {};
}

std::string release_sql(std::string_view table, std::string_view column, std::string_view living) {
  const auto gone =
      living.empty()
          ? std::string()
          : fmt::format(" AND NOT EXISTS (SELECT 1 FROM {} AS l WHERE l.\"id\" = q.\"id\")",
                        living);
  return fmt::format(
      "UPDATE file SET unused_since = ?1, refs = refs - (SELECT count(*) FROM {0} AS q WHERE q.{1} "
      "= "
      "file.id{2}) WHERE id IN (SELECT q.{1} FROM {0} AS q WHERE q.{1} IS NOT NULL{2})",
      table, column, gone);
}

Result<> release_files(storage::Session& session, const EntityInfo& entity, Timestamp now) {
  for (const auto& column : entity.columns()) {
    if (column.type != FieldType::file) continue;
    const std::array<storage::Value, 1> values{count_of(now)};
    TENON_TRY(session.execute(release_sql(entity.table(), column.sql), values));
  }
  return {};
}

}  // namespace tenon::data
