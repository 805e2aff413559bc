// What is written at the end of a unit: gapless numbers, taken as late as can be so that others
// wait for them no longer than a commit takes, and the audit rows of roll-ups, one per row however
// often it changed.
#include "data/unit_state.h"

namespace tenon::data {

Result<std::string> UnitOfWork::State::number(const Derived::Numbered& sequence, Timestamp at) {
  const NumberKey key{sequence.name, sequence.format.period(at)};
  if (sequence.mode == Numbering::Mode::gapless) {
    TENON_ASSIGN(taken, take_numbers(session(), key.first, key.second, 1));
    return sequence.format.text(taken, at);
  }
  auto own = unsettled.blocks.find(key);
  if (own == unsettled.blocks.end() || own->second.next == own->second.end) {
    if (const auto ready = inside().numbers.take(key)) return sequence.format.text(*ready, at);
    TENON_ASSIGN(first, take_numbers(session(), key.first, key.second, kNumberBlock));
    own = unsettled.blocks.insert_or_assign(key, NumberBlock{first, first + kNumberBlock}).first;
  }
  return sequence.format.text(own->second.next++, at);
}

/// Requires: the transaction is durable.
void UnitOfWork::State::keep_blocks() {
  for (const auto& [key, block] : unsettled.blocks) inside().numbers.put(key, block, epoch);
  unsettled.blocks.clear();
}

Result<> UnitOfWork::State::settle_row(const EntityInfo& entity, const Uuid& id) {
  if (unsettled.derived.empty() && unsettled.numbers.empty()) return {};
  const Unsettled::Key key{entity.full_name(), id};
  if (unsettled.numbers.erase(key) != 0) TENON_TRY(log_numbered(entity, id));
  if (auto due = unsettled.derived.extract(key)) TENON_TRY(log_derived(due.mapped(), id));
  return {};
}

Result<> UnitOfWork::State::settle() {
  // A number may change a formula, and that a roll-up: numbers go first.
  while (!unsettled.numbers.empty()) {
    auto next = unsettled.numbers.extract(unsettled.numbers.begin());
    TENON_TRY(log_numbered(*next.mapped().entity, next.key().id));
  }
  while (!unsettled.derived.empty()) {
    auto next = unsettled.derived.extract(unsettled.derived.begin());
    TENON_TRY(log_derived(next.mapped(), next.key().id));
  }
  return {};
}

/// The row was stored without its number and has told nobody: now it does.
Result<> UnitOfWork::State::log_numbered(const EntityInfo& entity, const Uuid& id) {
  TENON_ASSIGN(found, stored(entity, id));
  if (!found || !found->living) return {};
  const auto moment = now();
  auto row = found->values;
  for (const auto& sequence : entity.derived().numbers) {
    if (sequence.mode != Numbering::Mode::gapless) continue;
    TENON_ASSIGN(text, number(sequence, moment));
    row[sequence.column] = std::move(text);
  }
  TENON_TRY(write_columns(entity, id, found->values, row));
  const auto json = json_of(entity, row);
  return log().change({.entity = entity,
                       .id = RecordId{id},
                       .action = "created",
                       .version = version_of(entity, row),
                       .before = {},
                       .after = json,
                       .changed = {}},
                      moment);
}

Result<> UnitOfWork::State::log_derived(const Unsettled::Row& due, const Uuid& id) {
  TENON_ASSIGN(found, stored(*due.entity, id));
  if (!found || !found->living) return {};
  const auto differs = difference(*due.entity, due.before, found->values);
  if (differs.changed.empty()) return {};
  const auto json = json_of(*due.entity, found->values);
  return log().audit({.entity = *due.entity,
                      .id = RecordId{id},
                      .action = "derived",
                      .version = version_of(*due.entity, found->values),
                      .before = differs.before,
                      .after = json,
                      .changed = {}},
                     now());
}

Result<> UnitOfWork::settle() { return state_->whole(state_->settle()); }

Result<> UnitOfWork::settle(const EntityInfo& entity, std::span<Record> records) {
  TENON_TRY(settle());
  for (const auto& sequence : entity.derived().numbers) {
    if (sequence.mode != Numbering::Mode::gapless) continue;
    for (auto& record : records) {
      TENON_ASSIGN(found, get(entity, record.id));
      record = std::move(found);
    }
    break;
  }
  return {};
}

}  // namespace tenon::data
