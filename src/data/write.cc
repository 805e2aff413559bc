// What callers may do with single rows: insert, change, upsert; decoding and checks stand before
// everything that is written.
#include <fmt/format.h>

#include <algorithm>

#include "data/batch.h"
#include "data/encode.h"
#include "data/unit_state.h"

namespace tenon::data {
namespace {

/// Columns of each unique key, sorted.
std::vector<std::vector<std::size_t>> keys_of(const EntityInfo& entity) {
  std::vector<std::vector<std::size_t>> keys;
  for (const auto& field : entity.entity().fields)
    if (field.unique) keys.push_back({*entity.find(field.name)});
  for (const auto& index : entity.entity().indexes) {
    if (!index.unique) continue;
    auto& key = keys.emplace_back();
    for (const auto& field : index.fields) key.push_back(*entity.find(field));
    std::ranges::sort(key);
  }
  return keys;
}

std::unexpected<Error> no_key(std::string_view what) {
  return fail(Error(ErrorCode::invalid, std::string(what)).because("data.on_conflict"));
}

/// Empty: `names` is empty and no key is given.
Result<std::vector<std::size_t>> key_of(const EntityInfo& entity, const json::object& fields,
                                        std::span<const std::string> names) {
  const auto keys = keys_of(entity);
  if (!names.empty()) {
    std::vector<std::size_t> wanted;
    for (const auto& name : names) {
      TENON_ASSIGN(place, entity.column(name, "/on_conflict"));
      wanted.push_back(place);
    }
    std::ranges::sort(wanted);
    if (std::ranges::find(keys, wanted) == keys.end())
      return no_key("These fields are no unique key of the entity.");
    return wanted;
  }
  std::vector<std::size_t> found;
  for (const auto& key : keys) {
    const bool given = std::ranges::all_of(
        key, [&](std::size_t place) { return fields.contains(entity.columns()[place].name); });
    if (!given) continue;
    if (!found.empty()) return no_key("Several unique keys are given; name one in on_conflict.");
    found = key;
  }
  return found;
}

}  // namespace

Result<Record> UnitOfWork::insert(const EntityInfo& entity, const json::object& fields,
                                  Author author) {
  (void)state_->session();
  TENON_TRY(state_->admit(entity));
  if (author == Author::client) TENON_TRY(state_->sight(entity).check_written(fields));
  TENON_ASSIGN(assignments, decode_fields(entity, fields, Change::insert, author));
  TENON_TRY(state_->check_references(entity, assignments));
  TENON_ASSIGN(record, state_->add(entity, std::move(assignments), State::Clash::fails));
  return *std::move(record);
}

Result<std::vector<Record>> UnitOfWork::insert_all(const EntityInfo& entity,
                                                   std::span<const json::object> rows,
                                                   Author author) {
  if (rows.size() > kMaxBulk)
    return fail(Error(ErrorCode::exhausted, fmt::format("At most {} records at once.", kMaxBulk))
                    .because("data.bulk"));
  std::vector<Record> records;
  records.reserve(rows.size());
  TENON_TRY(within_savepoint([&]() -> Result<> {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto record = insert(entity, rows[i], author);
      if (!record) return at_item(std::move(record.error()), i);
      records.push_back(*std::move(record));
    }
    return {};
  }));
  return records;
}

Result<Record> UnitOfWork::update(const EntityInfo& entity, RecordId id, const json::object& fields,
                                  std::optional<std::uint64_t> expected_version, Author author) {
  (void)state_->session();
  TENON_TRY(state_->admit(entity));
  TENON_TRY(state_->whole(state_->settle_row(entity, id.value)));
  TENON_ASSIGN(row, state_->reader().values(entity, id));
  if (state_->granted_for(entity, id.value) == nullptr)
    TENON_TRY(state_->check_change(entity, row));
  TENON_TRY(state_->check_version(entity, row, expected_version, &fields));
  if (author == Author::client) TENON_TRY(state_->sight(entity).check_written(fields));
  TENON_ASSIGN(assignments, decode_fields(entity, fields, Change::update, author));
  TENON_TRY(state_->check_references(entity, assignments));
  return state_->change(entity, id, row, std::move(assignments));
}

Result<> UnitOfWork::check_version(const EntityInfo& entity, RecordId id, const json::object& mine,
                                   std::optional<std::uint64_t> expected_version) {
  if (!expected_version) return {};
  TENON_ASSIGN(row, state_->reader().values(entity, id));
  return state_->check_version(entity, row, expected_version, &mine);
}

Result<std::optional<RecordId>> UnitOfWork::State::keyed(const EntityInfo& entity,
                                                         const std::vector<std::size_t>& columns,
                                                         const Assignments& assignments) {
  std::string where;
  std::vector<Value> values;
  for (const auto place : columns) {
    const auto found = std::ranges::find(assignments, place, &Assignments::value_type::first);
    if (found == assignments.end() || is_null(found->second)) return std::nullopt;
    values.push_back(found->second);
    where += fmt::format("{} = ?{} AND ", entity.columns()[place].sql, values.size());
  }
  const auto sql =
      fmt::format("SELECT \"id\" FROM {} WHERE {}\"deleted_at\" IS NULL", entity.table(), where);
  std::optional<RecordId> there;
  ++tally.queries;
  TENON_TRY(session().query(sql, views(values), [&](const storage::Row& row) {
    there = RecordId{to_uuid(row.blob(0))};
    return storage::Visit::more;
  }));
  return there;
}

Result<Keyed> UnitOfWork::find_keyed(const EntityInfo& entity, const json::object& fields,
                                     std::span<const std::string> key) {
  TENON_ASSIGN(columns, key_of(entity, fields, key));
  Keyed found{.named = !columns.empty(), .id = {}};
  Assignments assignments;
  for (const auto place : columns) {
    const auto& column = entity.columns()[place];
    const auto* given = fields.if_contains(column.name);
    if (given == nullptr) continue;
    auto value = decode_json(column, *given);
    if (!value) return found;  // the write says what is wrong with it
    assignments.emplace_back(place, std::move(*value));
  }
  if (!found.named) return found;
  TENON_ASSIGN(there, state_->keyed(entity, columns, assignments));
  found.id = there;
  return found;
}

Result<Upserted> UnitOfWork::upsert(const EntityInfo& entity, const json::object& fields,
                                    std::span<const std::string> key, Resolution resolution,
                                    Author author) {
  TENON_TRY(state_->admit(entity));
  TENON_ASSIGN(columns, key_of(entity, fields, key));
  if (columns.empty()) return no_key("No unique key is given.");
  if (author == Author::client) TENON_TRY(state_->sight(entity).check_written(fields));
  TENON_ASSIGN(assignments, decode_fields(entity, fields, Change::insert, author));
  TENON_ASSIGN(there, state_->keyed(entity, columns, assignments));
  if (!there) {
    TENON_TRY(state_->check_references(entity, assignments));
    TENON_ASSIGN(made, state_->add(entity, assignments, State::Clash::ignored));
    if (made) return Upserted{.record = *std::move(made), .outcome = Upserted::Outcome::inserted};
    // Another unique field is taken, which a plain insert says; or somebody else has stored the key
    // behind this transaction's back, which only another run can see.
    TENON_ASSIGN(again, state_->add(entity, std::move(assignments), State::Clash::fails));
    (void)again;
    return fail(Error(ErrorCode::unavailable, "The record was made meanwhile; run it again.")
                    .because("storage.rerun"));
  }
  if (resolution == Resolution::ignore) {
    TENON_ASSIGN(record, get(entity, *there));
    return Upserted{.record = std::move(record), .outcome = Upserted::Outcome::ignored};
  }
  TENON_ASSIGN(record, update(entity, *there, fields, std::nullopt, author));
  return Upserted{.record = std::move(record), .outcome = Upserted::Outcome::updated};
}

Result<std::string> UnitOfWork::next_number(std::string_view name, const NumberFormat& format,
                                            Numbering::Mode mode) {
  return state_->number({.column = 0,
                         .name = state_->origin.plugin + "/" + std::string(name),
                         .format = format,
                         .mode = mode},
                        state_->now());
}

Result<std::optional<StoredAnswer>> UnitOfWork::begin_once(const OnceKey& key) {
  return data::begin_once(state_->session(), key, state_->now());
}

Result<> UnitOfWork::finish_once(const OnceKey& key, const StoredAnswer& answer) {
  return data::finish_once(state_->session(), key, answer);
}

}  // namespace tenon::data
