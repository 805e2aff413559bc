// Changes of rows: insert, update, erase, each with its event and its audit row.
#include <fmt/format.h>

#include <array>

#include "base/utf8.h"
#include "data/decode.h"
#include "data/encode.h"
#include "data/files/references.h"
#include "data/names.h"
#include "data/search.h"
#include "data/unit_state.h"

namespace tenon::data {
namespace {

constexpr std::uint32_t kMaxCascade = 16;
constexpr std::size_t kMaxCascadeRows = 1000;

/// Physical names in an error of the database become the entity's own.
std::unexpected<Error> in_our_words(Error error) {
  if (error.reason() != "storage.unique" && error.reason() != "storage.not_null")
    return fail(std::move(error));
  const bool unique = error.reason() == "storage.unique";
  std::vector<FieldError> fields;
  for (const auto& field : error.fields())
    fields.push_back({fmt::format("/{}", logical_name(field.path)), field.code,
                      unique ? "This value is used already." : "This field must be filled in."});
  return fail(std::move(error)
                  .because(unique ? "data.unique" : "data.fields")
                  .with_fields(std::move(fields)));
}

Value user_value(const Viewer& viewer) {
  if (!viewer.user) return {};
  return viewer.user->value;
}

Value department_value(const Viewer& viewer) {
  if (!viewer.department) return {};
  return viewer.department->value;
}

Value folded(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return {};
  return utf8::fold(*text);
}

std::uint64_t version_of(const EntityInfo& entity, const std::vector<Value>& row) {
  return static_cast<std::uint64_t>(std::get<std::int64_t>(row[*entity.find("version")]));
}

std::string json_of(const EntityInfo& entity, const std::vector<Value>& row) {
  std::string text;
  text.reserve(512);
  write_record(text, entity, ValueRow(row));
  return text;
}

/// The record as its viewer may see it.
std::string seen(Sight sight, const std::vector<Value>& row) {
  std::string text;
  text.reserve(512);
  write_record(text, sight, ValueRow(row));
  return text;
}

Result<> check_version(std::uint64_t current, std::optional<std::uint64_t> expected,
                       std::string_view record) {
  if (!expected || *expected == current) return {};
  return fail(Error(ErrorCode::conflict, "The record was changed by someone else meanwhile.")
                  .because("data.version")
                  .with_details(fmt::format("{{\"expected\":{},\"current\":{},\"record\":{}}}",
                                            *expected, current, record)));
}

/// Who may not see all rows of `source` is not told how many there are.
Error referenced(Sight source, const Column& column, std::size_t records) {
  const auto& name = source.entity().full_name();
  const bool told = source.scope() == Scope::all;
  return Error(ErrorCode::conflict,
               told ? fmt::format("{} records of \"{}\" refer to this one.", records, name)
                    : fmt::format("Records of \"{}\" refer to this one.", name))
      .because("data.referenced")
      .with_details(told ? fmt::format("{{\"entity\":\"{}\",\"field\":\"{}\",\"records\":{}}}",
                                       name, column.name, records)
                         : fmt::format("{{\"entity\":\"{}\"}}", name));
}

/// Every reference must name a row that is there for the writer.
Result<> check_references(UnitOfWork& unit, Reader reader, const EntityInfo& entity,
                          const Assignments& assignments) {
  std::vector<FieldError> errors;
  for (const auto& [place, value] : assignments) {
    const auto& column = entity.columns()[place];
    if (column.type != FieldType::reference || is_null(value)) continue;
    const auto& field = *column.field;
    const auto* target = unit.catalog().find(
        field.ref_plugin.empty() ? entity.plugin() : field.ref_plugin, field.ref_entity);
    if (target == nullptr) continue;
    TENON_ASSIGN(found, reader.exists(*target, std::get<Uuid>(value)));
    if (!found) errors.push_back({"/" + column.name, "reference", "There is no such record."});
  }
  if (errors.empty()) return {};
  return fail(Error(ErrorCode::invalid, "A record that is referred to is missing.")
                  .because("data.fields")
                  .with_fields(std::move(errors)));
}

}  // namespace

Result<Record> UnitOfWork::insert(const EntityInfo& entity, const json::object& fields,
                                  Author author) {
  auto& session = state_->session();
  TENON_TRY(state_->log().admit());
  if (author == Author::client) TENON_TRY(state_->sight(entity).check_written(fields));
  TENON_ASSIGN(assignments, decode_fields(entity, fields, Change::insert, author));
  TENON_TRY(check_references(*this, state_->reader(), entity, assignments));

  const auto now = state_->now();
  const auto at = std::int64_t{now.time_since_epoch().count()};
  const RecordId id{Uuid::make_v7(now, state_->inside().random)};
  const auto user = user_value(state_->viewer);
  std::vector<Value> row(entity.columns().size());
  row.reserve(row.size() * 2);
  row[0] = id.value;
  for (auto& [place, value] : assignments) row[place] = std::move(value);
  std::size_t place = entity.entity().fields.size();
  for (Value value : {Value(std::int64_t{1}), Value(at), user, Value(at), user, user,
                      department_value(state_->viewer)})
    row[++place] = std::move(value);
  for (std::size_t i = 0; i < entity.columns().size(); ++i)
    if (!entity.columns()[i].fold_sql.empty()) row.push_back(folded(row[i]));

  TENON_TRY(check_files(session, entity, state_->viewer, nullptr, row));
  if (auto done = session.execute(entity.sql().insert, views(row)); !done)
    return in_our_words(std::move(done.error()));
  TENON_TRY(count_files(session, entity, nullptr, &row, now));
  TENON_TRY(index_search(session, entity, id, row));
  Record record{.id = id, .version = 1, .json = seen(state_->sight(entity), row)};
  const auto after = state_->sight(entity).whole() ? record.json : json_of(entity, row);
  TENON_TRY(state_->log().change({.entity = entity,
                                  .id = id,
                                  .action = "created",
                                  .version = 1,
                                  .before = {},
                                  .after = after,
                                  .changed = {}},
                                 now));
  ++state_->tally.rows_written;
  ++state_->tally.events;
  return record;
}

Result<Record> UnitOfWork::update(const EntityInfo& entity, RecordId id, const json::object& fields,
                                  std::optional<std::uint64_t> expected_version, Author author) {
  auto& session = state_->session();
  TENON_TRY(state_->log().admit());
  TENON_ASSIGN(row, state_->reader().values(entity, id));
  const auto before = json_of(entity, row);
  const auto version = version_of(entity, row);
  TENON_TRY(check_version(version, expected_version, seen(state_->sight(entity), row)));
  if (author == Author::client) TENON_TRY(state_->sight(entity).check_written(fields));
  TENON_ASSIGN(assignments, decode_fields(entity, fields, Change::update, author));
  TENON_TRY(check_references(*this, state_->reader(), entity, assignments));
  std::erase_if(assignments, [&](const auto& one) { return row[one.first] == one.second; });
  if (assignments.empty())
    return Record{.id = id, .version = version, .json = seen(state_->sight(entity), row)};
  bool words = false;

  const auto now = state_->now();
  const auto old_row = row;
  const auto place_of = [&](std::string_view name) { return *entity.find(name); };
  std::string changed;
  std::string sets;
  std::vector<Value> values;
  const auto set = [&](std::string_view column, Value value) {
    values.push_back(std::move(value));
    sets += fmt::format("{}{} = ?{}", sets.empty() ? "" : ", ", column, values.size());
  };
  for (auto& [place, value] : assignments) {
    const auto& column = entity.columns()[place];
    changed += fmt::format("{}\"{}\"", changed.empty() ? "[" : ",", column.name);
    set(column.sql, value);
    if (!column.fold_sql.empty()) set(column.fold_sql, folded(value));
    words |= !column.fold_sql.empty();
    row[place] = std::move(value);
  }
  row[place_of("version")] = static_cast<std::int64_t>(version + 1);
  row[place_of("updated_at")] = std::int64_t{now.time_since_epoch().count()};
  row[place_of("updated_by")] = user_value(state_->viewer);
  for (const auto* name : {"version", "updated_at", "updated_by"})
    set(entity.columns()[place_of(name)].sql, row[place_of(name)]);
  TENON_TRY(check_files(session, entity, state_->viewer, &old_row, row));
  values.emplace_back(id.value);
  const auto sql =
      fmt::format("UPDATE {} SET {} WHERE \"id\" = ?{}", entity.table(), sets, values.size());
  if (auto done = session.execute(sql, views(values)); !done)
    return in_our_words(std::move(done.error()));

  TENON_TRY(count_files(session, entity, &old_row, &row, now));
  if (words) TENON_TRY(reindex_search(session, entity, id, row));
  Record record{.id = id, .version = version + 1, .json = seen(state_->sight(entity), row)};
  const auto after = json_of(entity, row);
  TENON_TRY(state_->log().change({.entity = entity,
                                  .id = id,
                                  .action = "updated",
                                  .version = version + 1,
                                  .before = before,
                                  .after = after,
                                  .changed = changed + "]"},
                                 now));
  ++state_->tally.rows_written;
  ++state_->tally.events;
  return record;
}

Result<> UnitOfWork::erase(const EntityInfo& entity, RecordId id,
                           std::optional<std::uint64_t> expected_version) {
  // A reference that forbids it is found on the way: all or nothing.
  return within_savepoint([&] { return erase_row(entity, id, expected_version); });
}

Result<> UnitOfWork::erase_row(const EntityInfo& entity, RecordId id,
                               std::optional<std::uint64_t> expected_version) {
  TENON_TRY(state_->log().admit());
  if (state_->cascade >= kMaxCascade)
    return fail(Error(ErrorCode::exhausted, "Too many levels of records hang on this one.")
                    .because("data.cascade"));
  auto& session = state_->session();
  TENON_ASSIGN(row, state_->reader().values(entity, id));
  const auto before = json_of(entity, row);
  const auto version = version_of(entity, row);
  TENON_TRY(check_version(version, expected_version, seen(state_->sight(entity), row)));

  const auto now = state_->now();
  const std::array<storage::Value, 3> values{storage::Blob(id.value.bytes),
                                             std::int64_t{now.time_since_epoch().count()},
                                             static_cast<std::int64_t>(version + 1)};
  // The row goes before those that hang on it, so that a cycle of cascades ends.
  if (entity.entity().soft_delete) {
    TENON_TRY(session.execute(fmt::format("UPDATE {} SET \"deleted_at\" = ?2, \"updated_at\" = ?2, "
                                          "\"version\" = ?3 WHERE \"id\" = ?1",
                                          entity.table()),
                              values));
  }
  TENON_TRY(release_references(entity, id));
  if (!entity.entity().soft_delete) {
    TENON_TRY(unindex_search(session, entity, id));
    TENON_TRY(count_files(session, entity, &row, nullptr, now));
    TENON_TRY(session.execute(fmt::format("DELETE FROM {} WHERE \"id\" = ?1", entity.table()),
                              std::span(values).first(1)));
  }
  TENON_TRY(state_->log().change({.entity = entity,
                                  .id = id,
                                  .action = "deleted",
                                  .version = version + 1,
                                  .before = before,
                                  .after = {},
                                  .changed = {}},
                                 now));
  ++state_->tally.rows_written;
  ++state_->tally.events;
  return {};
}

/// Does what the references to a row say about its end.
Result<> UnitOfWork::release_references(const EntityInfo& entity, RecordId id) {
  for (const auto& incoming : entity.incoming()) {
    const auto* source = catalog().find(incoming.plugin, incoming.entity);
    TENON_ASSERT(source != nullptr);
    const auto& column = source->columns()[incoming.column];
    Query query;
    query.filter.children.push_back({.kind = Filter::Kind::leaf,
                                     .column = incoming.column,
                                     .op = Operator::eq,
                                     .values = {id.value}});
    ++state_->cascade;  // whoever may see them
    auto found = state_->reader().matching(*source, query, kMaxCascadeRows);
    --state_->cascade;
    TENON_ASSIGN(ids, std::move(found));
    if (ids.empty()) continue;
    if (incoming.on_delete == OnDelete::restrict ||
        (incoming.on_delete == OnDelete::set_null && !column.nullable))
      return fail(referenced(state_->sight(*source), column, ids.size()));
    const json::object cleared{{column.name, nullptr}};
    ++state_->cascade;
    Result<> done;
    for (const auto other : ids) {
      if (incoming.on_delete == OnDelete::cascade)
        done = erase_row(*source, other, std::nullopt);
      else if (auto updated = update(*source, other, cleared, std::nullopt, Author::module);
               !updated)
        done = std::unexpected(std::move(updated.error()));
      if (!done && done.error().code() == ErrorCode::not_found) done = {};
      if (!done) break;
    }
    --state_->cascade;
    TENON_TRY(std::move(done));
  }
  return {};
}

}  // namespace tenon::data
