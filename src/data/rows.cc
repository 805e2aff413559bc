// Rows that are decoded and allowed go into their tables here, each with its event and audit row.
#include <fmt/format.h>

#include <array>

#include "base/utf8.h"
#include "data/encode.h"
#include "data/files/references.h"
#include "data/names.h"
#include "data/search.h"
#include "data/states.h"
#include "data/unit_state.h"

namespace tenon::data {
namespace {

/// Whether the row names another record than before.
bool moved(const EntityInfo& entity, const std::vector<Value>& before,
           const std::vector<Value>& after) {
  for (std::size_t place = 0; place < entity.columns().size(); ++place)
    if (entity.columns()[place].type == FieldType::reference && before[place] != after[place])
      return true;
  return false;
}

Value folded(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return {};
  return utf8::fold(*text);
}

/// Position of the system column that stands `behind` version: version, created_at, created_by,
/// updated_at, updated_by, owner, department.
std::size_t system_place(const EntityInfo& entity, std::size_t behind) noexcept {
  return entity.entity().fields.size() + 1 + behind;
}

}  // namespace

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

std::uint64_t version_of(const EntityInfo& entity, const std::vector<Value>& row) {
  return static_cast<std::uint64_t>(std::get<std::int64_t>(row[system_place(entity, 0)]));
}

std::string json_of(const EntityInfo& entity, const std::vector<Value>& row) {
  std::string text;
  text.reserve(512);
  write_record(text, entity, ValueRow(row));
  return text;
}

std::string seen(Sight sight, const std::vector<Value>& row) {
  std::string text;
  text.reserve(512);
  write_record(text, sight, ValueRow(row));
  return text;
}

Difference difference(const EntityInfo& entity, const std::vector<Value>& before,
                      const std::vector<Value>& after) {
  Difference found;
  const ValueRow row(before);
  for (std::size_t place = 0; place < entity.columns().size(); ++place) {
    const auto& column = entity.columns()[place];
    if (column.system || before[place] == after[place]) continue;
    found.changed += fmt::format("{}\"{}\"", found.changed.empty() ? "[" : ",", column.name);
    found.before += fmt::format("{}\"{}\":", found.before.empty() ? "{" : ",", column.name);
    write_value(found.before, column, row, static_cast<int>(place));
  }
  if (found.changed.empty()) return found;
  found.changed += ']';
  found.before += '}';
  return found;
}

Result<std::optional<StoredRow>> UnitOfWork::State::stored(const EntityInfo& entity,
                                                           const Uuid& id) {
  std::optional<StoredRow> found;
  const std::array<storage::Value, 1> values{storage::Blob(id.bytes)};
  ++tally.queries;
  TENON_TRY(session().query(entity.sql().any, values, [&](const storage::Row& row) {
    auto& stored = found.emplace();
    int place = 0;
    stored.values.reserve(entity.columns().size());
    for (const auto& column : entity.columns())
      stored.values.push_back(read_value(column, row, place++));
    stored.living = row.is_null(place);
    if (!row.is_null(place + 1)) stored.deleted_in = to_uuid(row.blob(place + 1));
    return storage::Visit::more;
  }));
  if (found) ++tally.rows_read;
  return found;
}

/// Every reference must name a row that is there for the writer.
Result<> UnitOfWork::State::check_references(const EntityInfo& entity,
                                             const Assignments& assignments) {
  std::vector<FieldError> errors;
  for (const auto& [place, value] : assignments) {
    const auto& column = entity.columns()[place];
    if (column.type != FieldType::reference || is_null(value)) continue;
    const auto& field = *column.field;
    const auto* target = catalog->find(
        field.ref_plugin.empty() ? entity.plugin() : field.ref_plugin, field.ref_entity);
    if (target == nullptr) continue;
    TENON_ASSIGN(found, reader().exists(*target, std::get<Uuid>(value)));
    if (!found) errors.push_back({"/" + column.name, "reference", "There is no such record."});
  }
  if (errors.empty()) return {};
  return fail(Error(ErrorCode::invalid, "A record that is referred to is missing.")
                  .because("data.fields")
                  .with_fields(std::move(errors)));
}

Result<std::optional<Record>> UnitOfWork::State::add(const EntityInfo& entity,
                                                     Assignments assignments, Clash clash) {
  const auto moment = now();
  const auto at = std::int64_t{moment.time_since_epoch().count()};
  const RecordId id{Uuid::make_v7(moment, inside().random)};
  const auto user = user_value(viewer);
  const auto& columns = entity.columns();
  std::vector<Value> row;
  row.reserve(columns.size() * 2);
  row.resize(columns.size());
  row[0] = id.value;
  for (auto& [place, value] : assignments) row[place] = std::move(value);
  row[system_place(entity, 0)] = std::int64_t{1};
  row[system_place(entity, 1)] = row[system_place(entity, 3)] = at;
  row[system_place(entity, 2)] = row[system_place(entity, 4)] = row[system_place(entity, 5)] = user;
  if (viewer.department) row[system_place(entity, 6)] = viewer.department->value;
  for (const auto place : entity.derived().zeroes) row[place] = std::int64_t{0};
  bool numberless = false;
  for (const auto& sequence : entity.derived().numbers) {
    if (sequence.mode == Numbering::Mode::gapless) {
      numberless = true;
      continue;
    }
    TENON_ASSIGN(text, number(sequence, moment));
    row[sequence.column] = std::move(text);
  }
  TENON_TRY(compute(entity, row));
  TENON_TRY(check_transition(entity, {}, row, {.user = user, .may = {}}));
  TENON_TRY(check_part(entity, row));
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (!columns[i].fold_sql.empty()) row.push_back(folded(row[i]));

  TENON_TRY(check_files(session(), entity, viewer, nullptr, row));
  auto done = clash == Clash::fails
                  ? session().execute(entity.sql().insert, views(row))
                  : session().execute(entity.sql().insert + " ON CONFLICT DO NOTHING", views(row));
  if (!done) return in_our_words(std::move(done.error()));
  if (*done == 0) return std::optional<Record>();
  row.resize(columns.size());
  TENON_ASSIGN(record, whole(complete(entity, id, row, numberless, moment)));
  return std::optional(std::move(record));
}

Result<Record> UnitOfWork::State::complete(const EntityInfo& entity, RecordId id,
                                           const std::vector<Value>& row, bool numberless,
                                           Timestamp moment) {
  TENON_TRY(count_files(session(), entity, nullptr, &row, moment));
  TENON_TRY(index_search(session(), entity, id, row));
  TENON_TRY(carry(entity, nullptr, &row));
  Record record{.id = id, .version = 1, .json = seen(sight(entity), row)};
  const auto whole = sight(entity).whole() ? record.json : json_of(entity, row);
  if (numberless) {
    unsettled.numbers.try_emplace({entity.full_name(), id.value},
                                  Unsettled::Row{.entity = &entity, .before = {}});
  } else {
    TENON_TRY(log().change({.entity = entity,
                            .id = id,
                            .action = "created",
                            .version = 1,
                            .before = {},
                            .after = whole,
                            .changed = {}},
                           moment));
  }
  ++tally.rows_written;
  ++tally.events;
  return record;
}

Result<std::size_t> UnitOfWork::State::write_columns(const EntityInfo& entity, const Uuid& id,
                                                     const std::vector<Value>& before,
                                                     const std::vector<Value>& after) {
  std::string sets;
  std::vector<Value> values;
  std::size_t columns = 0;
  bool words = false;
  const auto set = [&](std::string_view column, Value value) {
    values.push_back(std::move(value));
    sets += fmt::format("{}{} = ?{}", sets.empty() ? "" : ", ", column, values.size());
  };
  for (std::size_t place = 0; place < entity.columns().size(); ++place) {
    const auto& column = entity.columns()[place];
    if (before[place] == after[place]) continue;
    ++columns;
    set(column.sql, after[place]);
    if (!column.fold_sql.empty()) set(column.fold_sql, folded(after[place]));
    words |= !column.fold_sql.empty();
  }
  if (columns == 0) return columns;
  TENON_TRY(check_files(session(), entity, viewer, &before, after));
  values.emplace_back(id);
  const auto sql =
      fmt::format("UPDATE {} SET {} WHERE \"id\" = ?{}", entity.table(), sets, values.size());
  if (auto done = session().execute(sql, views(values)); !done)
    return in_our_words(std::move(done.error()));
  TENON_TRY(whole(count_files(session(), entity, &before, &after, now())));
  if (words) TENON_TRY(whole(reindex_search(session(), entity, RecordId{id}, after)));
  return columns;
}

Result<Record> UnitOfWork::State::change(const EntityInfo& entity, RecordId id,
                                         const std::vector<Value>& before,
                                         Assignments assignments) {
  auto after = before;
  for (auto& [place, value] : assignments) after[place] = std::move(value);
  TENON_TRY(compute(entity, after));
  const auto version = version_of(entity, before);
  const auto differs = difference(entity, before, after);
  if (differs.changed.empty())
    return Record{.id = id, .version = version, .json = seen(sight(entity), before)};

  const auto* allowed = granted_for(entity, id.value);
  if (allowed == nullptr) TENON_TRY(check_waiting(entity, id.value));
  TENON_TRY(check_part(entity, before));
  if (moved(entity, before, after)) TENON_TRY(check_part(entity, after));
  TENON_ASSIGN(step, check_transition(entity, before, after, actor_of(entity, viewer), allowed));
  if (step != nullptr && step == allowed) granted.reset();

  const auto moment = now();
  after[system_place(entity, 0)] = static_cast<std::int64_t>(version + 1);
  after[system_place(entity, 3)] = std::int64_t{moment.time_since_epoch().count()};
  after[system_place(entity, 4)] = user_value(viewer);
  TENON_TRY(write_columns(entity, id.value, before, after));
  return whole(follow(entity, id, before, after, differs, moment, step));
}

Result<Record> UnitOfWork::State::follow(const EntityInfo& entity, RecordId id,
                                         const std::vector<Value>& before,
                                         const std::vector<Value>& after, const Difference& differs,
                                         Timestamp moment, const Transition* step) {
  TENON_TRY(carry(entity, &before, &after));
  const auto version = version_of(entity, after);
  Record record{.id = id, .version = version, .json = seen(sight(entity), after)};
  const auto whole = sight(entity).whole() ? record.json : json_of(entity, after);
  RowChange changed{.entity = entity,
                    .id = id,
                    .action = "updated",
                    .version = version,
                    .before = differs.before,
                    .after = whole,
                    .changed = differs.changed};
  if (step != nullptr) {
    // Who listens for changes hears of a step too; the audit names it by its own name alone.
    TENON_TRY(log().tell(changed, moment));
    ++tally.events;
    changed.action = step->name;
  }
  TENON_TRY(log().change(changed, moment));
  ++tally.rows_written;
  ++tally.events;
  return record;
}

}  // namespace tenon::data
