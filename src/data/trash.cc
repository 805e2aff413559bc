// The end of rows, and back. A deletion takes along what hangs on the row; everything that goes in
// one deletion carries the same mark, so that it comes back together.
#include <fmt/format.h>

#include <array>
#include <set>

#include "data/encode.h"
#include "data/files/references.h"
#include "data/search.h"
#include "data/states.h"
#include "data/unit_state.h"

namespace tenon::data {
namespace {

constexpr std::uint32_t kMaxCascade = 16;
constexpr std::size_t kMaxCascadeRows = 1000;

/// Who may not see all rows of `source` is not told how many there are.
std::unexpected<Error> referenced(Sight source, const Column& column, std::size_t records) {
  const auto& name = source.entity().full_name();
  const bool told = source.scope() == Scope::all;
  return fail(
      Error(ErrorCode::conflict,
            told ? fmt::format("{} records of \"{}\" refer to this one.", records, name)
                 : fmt::format("Records of \"{}\" refer to this one.", name))
          .because("data.referenced")
          .with_details(told ? fmt::format("{{\"entity\":\"{}\",\"field\":\"{}\",\"records\":{}}}",
                                           name, column.name, records)
                             : fmt::format("{{\"entity\":\"{}\"}}", name)));
}

std::unexpected<Error> too_deep() {
  return fail(Error(ErrorCode::exhausted, "Too many levels of records hang on this one.")
                  .because("data.cascade"));
}

bool clears(const Incoming& incoming, const Column& column) noexcept {
  return incoming.on_delete == OnDelete::set_null && column.nullable;
}

/// Entities that a deletion can have joined with `start`, by cascades in either direction.
std::vector<const EntityInfo*> joined(const Catalog& catalog, const EntityInfo& start) {
  std::set<const EntityInfo*> seen{&start};
  std::vector<const EntityInfo*> all{&start};
  const auto add = [&](const EntityInfo* entity) {
    if (entity != nullptr && seen.insert(entity).second) all.push_back(entity);
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const auto& incoming : all[i]->incoming())
      if (incoming.on_delete == OnDelete::cascade)
        add(catalog.find(incoming.plugin, incoming.entity));
    for (const auto& field : all[i]->entity().fields)
      if (field.type == FieldType::reference && field.on_delete == OnDelete::cascade)
        add(catalog.find(field.ref_plugin.empty() ? all[i]->plugin() : field.ref_plugin,
                         field.ref_entity));
  }
  return all;
}

}  // namespace

Result<> UnitOfWork::erase(const EntityInfo& entity, RecordId id,
                           std::optional<std::uint64_t> expected_version) {
  // A reference that forbids it is found on the way: all or nothing.
  return within_savepoint([&]() -> Result<> {
    TENON_TRY(state_->admit(entity));
    TENON_TRY(state_->settle_row(entity, id.value));
    TENON_ASSIGN(row, state_->reader().values(entity, id));
    TENON_TRY(state_->check_change(entity, row));
    TENON_TRY(state_->check_version(entity, row, expected_version, nullptr));
    state_->deletion = Uuid::make_v7(state_->now(), state_->inside().random);
    auto done = state_->erase_row(entity, id, row);
    state_->deletion.reset();
    return done;
  });
}

Result<> UnitOfWork::State::erase_row(const EntityInfo& entity, RecordId id,
                                      const std::vector<Value>& row) {
  if (cascade >= kMaxCascade) return too_deep();
  TENON_TRY(check_erasable(entity, row));
  TENON_TRY(check_waiting(entity, id.value));
  TENON_TRY(check_part(entity, row));
  const auto before = json_of(entity, row);
  const auto version = version_of(entity, row);
  const auto moment = now();
  const bool soft = entity.entity().soft_delete;
  // The row goes before those that hang on it, so that a cycle of cascades ends.
  if (soft) {
    const std::array<storage::Value, 4> values{
        storage::Blob(id.value.bytes), std::int64_t{moment.time_since_epoch().count()},
        static_cast<std::int64_t>(version + 1), storage::Blob(deletion->bytes)};
    TENON_TRY(session().execute(
        fmt::format("UPDATE {} SET \"deleted_at\" = ?2, \"updated_at\" = ?2, \"version\" = ?3, "
                    "\"deleted_in\" = ?4 WHERE \"id\" = ?1",
                    entity.table()),
        values));
  }
  TENON_TRY(release_references(entity, id));
  if (!soft) {
    TENON_TRY(unindex_search(session(), entity, id));
    TENON_TRY(count_files(session(), entity, &row, nullptr, moment));
    TENON_TRY(release_hidden(session(), *catalog, entity, id.value, moment));
    TENON_TRY(forget_approvals(session(), entity, id.value));
    const std::array<storage::Value, 1> values{storage::Blob(id.value.bytes)};
    TENON_TRY(
        session().execute(fmt::format("DELETE FROM {} WHERE \"id\" = ?1", entity.table()), values));
  }
  TENON_TRY(carry(entity, &row, nullptr));
  TENON_TRY(log().change({.entity = entity,
                          .id = id,
                          .action = "deleted",
                          .version = version + 1,
                          .before = before,
                          .after = {},
                          .changed = {}},
                         moment));
  ++tally.rows_written;
  ++tally.events;
  return {};
}

Result<std::vector<RecordId>> UnitOfWork::State::referring(const EntityInfo& entity,
                                                           std::size_t column, const Uuid& id,
                                                           bool living) {
  std::vector<RecordId> ids;
  const std::array<storage::Value, 2> values{storage::Blob(id.bytes),
                                             std::int64_t{kMaxCascadeRows + 1}};
  ++tally.queries;
  TENON_TRY(session().query(
      fmt::format("SELECT \"id\" FROM {} WHERE {} = ?1 AND \"deleted_at\" IS {}NULL "
                  "ORDER BY \"id\" LIMIT ?2",
                  entity.table(), entity.columns()[column].sql, living ? "" : "NOT "),
      values, [&](const storage::Row& row) {
        ids.push_back(RecordId{to_uuid(row.blob(0))});
        return storage::Visit::more;
      }));
  if (ids.size() <= kMaxCascadeRows) return ids;
  return fail(Error(ErrorCode::exhausted,
                    fmt::format("More than {} records hang on this one.", kMaxCascadeRows))
                  .because("data.max_affected"));
}

/// Does what the references to a row say about its end; whether this viewer sees those who refer to
/// it or not.
Result<> UnitOfWork::State::release_references(const EntityInfo& entity, RecordId id) {
  for (const auto& incoming : entity.incoming()) {
    const auto* source = catalog->find(incoming.plugin, incoming.entity);
    TENON_ASSERT(source != nullptr);
    const auto& column = source->columns()[incoming.column];
    TENON_ASSIGN(ids, referring(*source, incoming.column, id.value, true));
    if (ids.empty()) continue;
    const bool goes = incoming.on_delete == OnDelete::cascade;
    if (!goes && !clears(incoming, column)) return referenced(sight(*source), column, ids.size());
    ++cascade;
    Result<> done;
    for (const auto other : ids) {
      done = settle_row(*source, other.value);
      if (!done) break;
      auto found = stored(*source, other.value);
      if (!found) done = std::unexpected(std::move(found.error()));
      if (!done) break;
      if (!*found || !(*found)->living) continue;  // gone by another way of the same cascade
      auto& row = (*found)->values;
      if (goes)
        done = erase_row(*source, other, row);
      else if (auto cleared = change(*source, other, row, {{incoming.column, Value()}}); !cleared)
        done = std::unexpected(std::move(cleared.error()));
      if (!done) break;
    }
    --cascade;
    TENON_TRY(std::move(done));
  }
  return {};
}

Result<Record> UnitOfWork::restore(const EntityInfo& entity, RecordId id) {
  struct Member {
    const EntityInfo* entity;
    Uuid id;
    std::vector<Value> row;
  };
  auto& state = *state_;
  TENON_TRY(state.admit(entity));
  TENON_ASSIGN(row, state.reader().values(entity, id, Rows::deleted));
  TENON_TRY(state.check_change(entity, row));
  TENON_TRY(state.check_part(entity, row));
  TENON_ASSIGN(root, state.stored(entity, id.value));
  TENON_ASSERT(root && !root->living);
  std::vector<Member> members;
  members.push_back({&entity, id.value, std::move(root->values)});
  if (root->deleted_in) {
    for (const auto* other : joined(catalog(), entity)) {
      if (!other->entity().soft_delete) continue;
      const std::array<storage::Value, 1> values{storage::Blob(root->deleted_in->bytes)};
      std::vector<Uuid> ids;
      ++state.tally.queries;
      TENON_TRY(state.session().query(
          fmt::format("SELECT \"id\" FROM {} WHERE \"deleted_in\" = ?1 ORDER BY \"id\"",
                      other->table()),
          values, [&](const storage::Row& row) {
            ids.push_back(to_uuid(row.blob(0)));
            return storage::Visit::more;
          }));
      for (const auto& one : ids) {
        if (one == id.value) continue;
        TENON_ASSIGN(found, state.stored(*other, one));
        TENON_ASSERT(found.has_value());
        members.push_back({other, one, std::move(found->values)});
      }
    }
  }
  TENON_TRY(within_savepoint([&]() -> Result<> {
    for (auto& member : members) TENON_TRY(state.revive(*member.entity, member.id, member.row));
    // Only now: members may refer to each other.
    for (const auto& member : members) {
      TENON_ASSIGN(found, state.stored(*member.entity, member.id));
      Assignments references;
      for (std::size_t place = 0; place < found->values.size(); ++place)
        references.emplace_back(place, found->values[place]);
      auto checked = state.check_references(*member.entity, references);
      if (checked) continue;
      if (member.id == id.value) return checked;
      auto fields = checked.error().fields();
      for (auto& field : fields)
        field.path = fmt::format("/{}/{}{}", member.entity->full_name(),
                                 RecordId{member.id}.to_string(), field.path);
      return fail(std::move(checked.error()).with_fields(std::move(fields)));
    }
    return {};
  }));
  return get(entity, id);
}

Result<> UnitOfWork::State::revive(const EntityInfo& entity, const Uuid& id,
                                   const std::vector<Value>& row) {
  const auto moment = now();
  const auto version = static_cast<std::int64_t>(version_of(entity, row) + 1);
  const std::array<storage::Value, 3> values{
      storage::Blob(id.bytes), std::int64_t{moment.time_since_epoch().count()}, version};
  if (auto done = session().execute(
          fmt::format("UPDATE {} SET \"deleted_at\" = NULL, \"deleted_in\" = NULL, "
                      "\"updated_at\" = ?2, \"version\" = ?3 WHERE \"id\" = ?1",
                      entity.table()),
          values);
      !done)
    return in_our_words(std::move(done.error()));
  // Roll-ups over rows that came back before may have changed it meanwhile.
  TENON_ASSIGN(found, stored(entity, id));
  TENON_TRY(carry(entity, nullptr, &found->values));
  unsettled.derived.erase({entity.full_name(), id});
  const auto json = json_of(entity, found->values);
  TENON_TRY(log().change({.entity = entity,
                          .id = RecordId{id},
                          .action = "restored",
                          .version = static_cast<std::uint64_t>(version),
                          .before = {},
                          .after = json,
                          .changed = {}},
                         moment));
  ++tally.rows_written;
  ++tally.events;
  return {};
}

Result<> UnitOfWork::purge(const EntityInfo& entity, RecordId id) {
  return within_savepoint([&]() -> Result<> {
    TENON_TRY(state_->admit(entity));
    TENON_ASSIGN(row, state_->reader().values(entity, id, Rows::deleted));
    TENON_TRY(state_->check_change(entity, row));
    return state_->purge_row(entity, id.value);
  });
}

Result<> UnitOfWork::State::purge_row(const EntityInfo& entity, const Uuid& id) {
  if (cascade >= kMaxCascade) return too_deep();
  TENON_ASSIGN(row, stored(entity, id));
  if (!row || row->living) return {};
  for (const auto& incoming : entity.incoming()) {
    const auto* source = catalog->find(incoming.plugin, incoming.entity);
    TENON_ASSERT(source != nullptr);
    const auto& column = source->columns()[incoming.column];
    TENON_ASSIGN(living, referring(*source, incoming.column, id, true));
    if (!living.empty()) return referenced(sight(*source), column, living.size());
    TENON_ASSIGN(ids, referring(*source, incoming.column, id, false));
    if (ids.empty()) continue;
    if (incoming.on_delete == OnDelete::cascade) {
      ++cascade;
      Result<> done;
      for (const auto other : ids) {
        done = purge_row(*source, other.value);
        if (!done) break;
      }
      --cascade;
      TENON_TRY(std::move(done));
      continue;
    }
    if (!clears(incoming, column)) return referenced(sight(*source), column, ids.size());
    const std::array<storage::Value, 1> values{storage::Blob(id.bytes)};
    TENON_TRY(session().execute(
        fmt::format("UPDATE {} SET {} = NULL WHERE {} = ?1 AND \"deleted_at\" IS NOT NULL",
                    source->table(), column.sql, column.sql),
        values));
  }
  TENON_TRY(unindex_search(session(), entity, RecordId{id}));
  TENON_TRY(count_files(session(), entity, &row->values, nullptr, now()));
  TENON_TRY(release_hidden(session(), *catalog, entity, id, now()));
  TENON_TRY(forget_approvals(session(), entity, id));
  const std::array<storage::Value, 1> values{storage::Blob(id.bytes)};
  TENON_TRY(session().execute(
      fmt::format("DELETE FROM {} WHERE \"id\" = ?1 AND \"deleted_at\" IS NOT NULL",
                  entity.table()),
      values));
  TENON_TRY(log().change({.entity = entity,
                          .id = RecordId{id},
                          .action = "purged",
                          .version = version_of(entity, row->values) + 1,
                          .before = {},
                          .after = {},
                          .changed = {}},
                         now()));
  ++tally.rows_written;
  ++tally.events;
  return {};
}

}  // namespace tenon::data
