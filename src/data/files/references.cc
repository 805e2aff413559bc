#include "data/files/references.h"

#include <fmt/format.h>

#include <array>

#include "data/encode.h"

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

Result<> release_files(storage::Session& session, const EntityInfo& entity, Timestamp now) {
  for (const auto& column : entity.columns()) {
    if (column.type != FieldType::file) continue;
    const std::array<storage::Value, 1> values{count_of(now)};
    TENON_TRY(session.execute(
        fmt::format("UPDATE file SET unused_since = ?1, refs = refs - (SELECT count(*) FROM {0} t "
                    "WHERE t.{1} = file.id) WHERE id IN (SELECT {1} FROM {0})",
                    entity.table(), column.sql),
        values));
  }
  return {};
}

}  // namespace tenon::data
