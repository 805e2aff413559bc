// Somebody leaves and what was theirs becomes somebody else's: the owner of rows changes, and
// nothing of what the rows say. It goes in bounded pieces, so that no writer waits for all of it.
#include <fmt/format.h>

#include <array>

#include "data/encode.h"
#include "data/unit_state.h"

namespace tenon::data {
namespace {

Uuid id_in(const EntityInfo& entity, const std::vector<Value>& row, std::string_view column) {
  const auto place = entity.find(column);
  TENON_ASSERT(place.has_value());
  const auto* id = std::get_if<Uuid>(&row[*place]);
  return id == nullptr ? Uuid{} : *id;
}

}  // namespace

Result<> UnitOfWork::State::check_change(const EntityInfo& entity,
                                         const std::vector<Value>& row) const {
  return sight(entity).check_change(id_in(entity, row, "owner"), id_in(entity, row, "department"));
}

Result<> UnitOfWork::State::give(const EntityInfo& entity, RecordId id, const Uuid& owner) {
  TENON_TRY(whole(settle_row(entity, id.value)));
  TENON_ASSIGN(found, stored(entity, id.value));
  if (!found || !found->living) return {};
  const auto& before = found->values;
  const auto moment = now();
  auto after = before;
  after[*entity.find("owner")] = owner;
  after[*entity.find("version")] = static_cast<std::int64_t>(version_of(entity, before) + 1);
  after[*entity.find("updated_at")] = std::int64_t{moment.time_since_epoch().count()};
  after[*entity.find("updated_by")] = user_value(viewer);
  TENON_TRY(write_columns(entity, id.value, before, after));
  const Difference differs{
      .before = fmt::format("{{\"owner\":\"{}\"}}", id_in(entity, before, "owner").to_string()),
      .changed = "[\"owner\"]"};
  TENON_TRY(whole(follow(entity, id, before, after, differs, moment)));
  return {};
}

Result<std::size_t> UnitOfWork::hand_over(const EntityInfo& entity, UserId from, UserId to,
                                          std::size_t bound) {
  TENON_TRY(state_->admit(entity));
  std::vector<RecordId> ids;
  const std::array<storage::Value, 2> values{storage::Blob(from.value.bytes),
                                             static_cast<std::int64_t>(bound)};
  ++state_->tally.queries;
  TENON_TRY(state_->session().query(
      fmt::format("SELECT \"id\" FROM {} WHERE \"owner\" = ?1 AND \"deleted_at\" IS NULL LIMIT ?2",
                  entity.table()),
      values, [&](const storage::Row& row) {
        ids.push_back(RecordId{to_uuid(row.blob(0))});
        return storage::Visit::more;
      }));
  for (const auto id : ids) TENON_TRY(state_->give(entity, id, to.value));
  return ids.size();
}

}  // namespace tenon::data
