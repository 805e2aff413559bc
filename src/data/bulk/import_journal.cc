#include "data/bulk/import_journal.h"

#include <array>
#include <map>
#include <utility>
#include <vector>

#include "base/json.h"
#include "data/durably.h"
#include "data/encode.h"

namespace tenon::data {
namespace {

using storage::Blob;
using storage::Row;
using storage::Session;
using storage::Visit;

constexpr std::int64_t kAlive = 60'000'000;  // microseconds without a sign of life
constexpr std::int64_t kStep = 500;          // records taken back in one transaction

/// One change to take back.
struct Done {
  std::int64_t sequence = 0;
  RecordId record;
  bool created = false;
  json::object before, after;
};

json::object object_in(const Row& row, int place) {
  auto parsed = row.is_null(place) ? Result<json::object>()
                                   : json::parse_object(row.text(place), {.bytes = 64U << 20});
  return parsed ? std::move(*parsed) : json::object();
}

Result<std::vector<Done>> changes(Session& session, const std::string& entity, const TraceId& trace,
                                  std::int64_t from, std::int64_t below) {
  std::vector<Done> found;
  const std::array<storage::Value, 5> values{std::string_view(entity), Blob(trace.value.bytes),
                                             from, below, kStep};
  TENON_TRY(session.query(
      "SELECT sequence, record, action, before, after FROM audit WHERE entity = ?1 AND trace = ?2 "
      "AND sequence > ?3 AND sequence < ?4 ORDER BY sequence DESC LIMIT ?5",
      values, [&](const Row& row) {
        found.push_back({.sequence = row.integer(0),
                         .record = RecordId{to_uuid(row.blob(1))},
                         .created = row.text(2) == "created",
                         .before = object_in(row, 3),
                         .after = object_in(row, 4)});
        return Visit::more;
      }));
  return found;
}

json::object fields_of(const EntityInfo& entity, const json::object& before) {
  json::object fields;
  for (const auto& column : entity.columns())
    if (const auto* value = before.if_contains(column.name); value != nullptr && column.writable)
      fields[column.name] = *value;
  return fields;
}

/// Whether the change was taken back; `versions` holds what records became on the way.
Result<bool> undo(UnitOfWork& unit, const EntityInfo& entity, const Done& done,
                  std::map<RecordId, std::uint64_t>& versions) {
  auto version =
      done.after.contains("version") ? done.after.at("version").to_number<std::uint64_t>() : 0;
  if (const auto found = versions.find(done.record); found != versions.end())
    version = found->second;
  Result<> result;
  if (done.created) {
    result = unit.erase(entity, done.record, version);
  } else {
    auto record = unit.update(entity, done.record, fields_of(entity, done.before), version);
    if (record)
      versions[done.record] = record->version;
    else
      result = std::unexpected(std::move(record.error()));
  }
  if (result) return true;
  const auto code = result.error().code();
  const bool others =
      !result.error().reason().starts_with("storage.") &&
      (code == ErrorCode::conflict || code == ErrorCode::not_found || code == ErrorCode::invalid);
  if (others) return false;
  return std::unexpected(std::move(result.error()));
}

}  // namespace

ImportJournal::ImportJournal(std::shared_ptr<Tenant> tenant, const Clock& clock, std::string plugin,
                             std::string entity, TraceId trace)
    : tenant_(std::move(tenant)),
      clock_(clock),
      plugin_(std::move(plugin)),
      entity_(std::move(entity)),
      trace_(trace) {}

Task<> ImportJournal::open(Deadline deadline) {
  alive_until_ = now() + kAlive;
  co_return co_await run_durably(
      tenant_->database(), deadline, [this](Session& session) -> Result<> {
        TENON_TRY(
            session.query("SELECT coalesce(max(sequence), 0) FROM audit", {}, [&](const Row& row) {
              from_ = row.integer(0);
              return Visit::more;
            }));
        const std::array<storage::Value, 5> values{Blob(trace_.value.bytes),
                                                   std::string_view(plugin_),
                                                   std::string_view(entity_), from_, alive_until_};
        TENON_TRY(
            session.execute("INSERT INTO import(trace, plugin, entity, audit, alive_until) "
                            "VALUES(?1, ?2, ?3, ?4, ?5)",
                            values));
        return {};
      });
}

Task<> ImportJournal::alive(Deadline deadline) {
  if (alive_until_ - now() > kAlive * 2 / 3) co_return Result<>();
  alive_until_ = now() + kAlive;
  co_return co_await run_durably(
      tenant_->database(), deadline, [this](Session& session) -> Result<> {
        const std::array<storage::Value, 3> values{Blob(trace_.value.bytes), alive_until_, now()};
        TENON_ASSIGN(changed, session.execute("UPDATE import SET alive_until = ?2 WHERE trace = ?1 "
                                              "AND alive_until >= ?3",
                                              values));
        if (changed == 1) return {};
        return fail(
            Error(ErrorCode::conflict, "The import was taken for dead.").because("import.lost"));
      });
}

Task<> ImportJournal::close(Deadline deadline) {
  co_return co_await run_durably(
      tenant_->database(), deadline, [this](Session& session) -> Result<> {
        const std::array<storage::Value, 1> values{Blob(trace_.value.bytes)};
        TENON_TRY(session.execute("DELETE FROM import WHERE trace = ?1", values));
        return {};
      });
}

Task<std::uint64_t> ImportJournal::take_back(Deadline deadline) {
  const auto catalog = tenant_->catalog();
  const auto* entity = catalog->find(plugin_, entity_);
  std::uint64_t left = 0;
  std::map<RecordId, std::uint64_t> versions;
  auto below = INT64_MAX;
  while (entity != nullptr) {
    std::vector<Done> done;
    {
      TENON_CO_ASSIGN(reader, tenant_->database().reader());
      TENON_CO_ASSIGN(some, changes(reader.session(), entity->full_name(), trace_, from_, below));
      done = std::move(some);
    }
    if (done.empty()) break;
    TENON_CO_TRY(co_await alive(deadline));
    auto work = [&](UnitOfWork& unit) -> Result<std::uint64_t> {
      std::uint64_t stay = 0;
      auto after = versions;
      for (const auto& one : done) {
        TENON_ASSIGN(gone, undo(unit, *entity, one, after));
        stay += gone ? 0 : 1;
      }
      versions = std::move(after);
      return stay;
    };
    TENON_CO_ASSIGN(stay, co_await run_unit(tenant_, Viewer{}, Origin{.plugin = plugin_}, deadline,
                                            std::move(work)));
    left += stay;
    below = done.back().sequence;
  }
  TENON_CO_TRY(co_await close(deadline));
  co_return left;
}

Task<std::uint64_t> ImportJournal::recover(std::shared_ptr<Tenant> tenant, const Clock& clock,
                                           Deadline deadline) {
  std::uint64_t count = 0;
  for (;;) {
    std::optional<ImportJournal> dead;
    auto work = [&](Session& session) -> Result<> {
      dead.reset();
      const auto now = std::int64_t{clock.now().time_since_epoch().count()};
      const std::array<storage::Value, 1> values{now};
      TENON_TRY(session.query(
          "SELECT trace, plugin, entity, audit FROM import WHERE alive_until < ?1 LIMIT 1", values,
          [&](const Row& row) {
            dead.emplace(tenant, clock, std::string(row.text(1)), std::string(row.text(2)),
                         TraceId{to_uuid(row.blob(0))});
            dead->from_ = row.integer(3);
            return Visit::more;
          }));
      if (!dead) return {};
      dead->alive_until_ = now + kAlive;
      const std::array<storage::Value, 2> taken{Blob(dead->trace_.value.bytes), dead->alive_until_};
      TENON_TRY(session.execute("UPDATE import SET alive_until = ?2 WHERE trace = ?1", taken));
      return {};
    };
    TENON_CO_TRY(co_await run_durably(tenant->database(), deadline, std::move(work)));
    if (!dead) co_return count;
    TENON_CO_TRY(co_await dead->take_back(deadline));
    ++count;
  }
}

}  // namespace tenon::data
