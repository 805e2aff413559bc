#pragma once
// One business transaction of one tenant. It is opened *for* a tenant, so nothing in here takes a
// tenant or SQL. It owns no transaction until its first data call; from then on it holds the
// tenant's writer lease to its end, reads what it wrote, and writes rows, events and audit together
// or not at all.
//
// After acquire() every operation is synchronous and runs on the caller's thread: a plugin's host
// calls use it from inside a guest without suspending. Hooks are the caller's business: run them
// before insert() and update().

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "async/deadline.h"
#include "async/task.h"
#include "base/json.h"
#include "data/catalog.h"
#include "data/query.h"
#include "data/record.h"
#include "data/viewer.h"

namespace tenon::data {

class Tenant;

/// Who made the fields: a client may not write computed ones, a module's hook may.
enum class Author : std::uint8_t { client, module };

/// How many rows a unit of work has touched; limits and bills are made from it.
struct Tally {
  std::uint64_t queries = 0;
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;
  std::uint64_t events = 0;
};

/// Errors of every operation: not_found (`data.not_found`: no such row, or not for this viewer),
/// those of storage::Session; `storage.rerun` means: drop this unit and run the whole of it again
/// (see run_unit.h). Thread: one at a time. Lifetime: the tenant outlives it; destroying it rolls
/// back.
class UnitOfWork {
 public:
  UnitOfWork(std::shared_ptr<Tenant> tenant, Viewer viewer, Origin origin);
  UnitOfWork(UnitOfWork&&) noexcept;
  UnitOfWork& operator=(UnitOfWork&&) noexcept;
  ~UnitOfWork();

  /// Takes the writer lease; at once when it is held already. Errors: those of Database::lease().
  [[nodiscard]] Task<> acquire(Deadline deadline);
  [[nodiscard]] bool acquired() const noexcept;
  /// Statements that run past it are interrupted. Requires: acquired().
  void set_deadline(Deadline deadline) noexcept;

  // All below: Requires: acquired(), and neither commit() nor rollback() called.

  [[nodiscard]] Result<Record> get(const EntityInfo& entity, RecordId id);
  [[nodiscard]] Result<Page> list(const EntityInfo& entity, const Query& query);
  [[nodiscard]] Result<Total> count(const EntityInfo& entity, const Query& query);

  /// `fields` is what a client or guest sent, all errors are collected. Gives the stored record.
  /// Errors: invalid (field errors), conflict (`data.unique` with the field).
  [[nodiscard]] Result<Record> insert(const EntityInfo& entity, const json::object& fields,
                                      Author author = Author::client);
  /// Changes the named fields. Errors: conflict (`data.version`, details `{"expected","current"}`)
  /// when `expected_version` is another than the stored one.
  [[nodiscard]] Result<Record> update(const EntityInfo& entity, RecordId id,
                                      const json::object& fields,
                                      std::optional<std::uint64_t> expected_version,
                                      Author author = Author::client);
  /// Moves the row to the trash, or deletes it where the entity has none; does what references to
  /// it say. Errors: conflict (`data.version`, `data.referenced`).
  [[nodiscard]] Result<> erase(const EntityInfo& entity, RecordId id,
                               std::optional<std::uint64_t> expected_version);

  /// Ids that `query` selects, for a filtered change. Errors: invalid (`data.filter_required`: no
  /// filter), exhausted (`data.max_affected`) when there are more than `bound`.
  [[nodiscard]] Result<std::vector<RecordId>> matching(const EntityInfo& entity, const Query& query,
                                                       std::size_t bound);
  /// update() or erase() of all that match; all or none. Gives the ids.
  [[nodiscard]] Result<std::vector<RecordId>> update_where(const EntityInfo& entity,
                                                           const Query& query,
                                                           const json::object& fields,
                                                           std::size_t bound);
  [[nodiscard]] Result<std::vector<RecordId>> erase_where(const EntityInfo& entity,
                                                          const Query& query, std::size_t bound);

  /// Queues an event of the origin's plugin (`customer.merged` → `crm.customer.merged`), delivered
  /// after commit, in order per `aggregate` (empty: the type). Errors: exhausted (`event.hops`).
  [[nodiscard]] Result<EventId> publish(std::string_view type, std::string_view aggregate,
                                        std::string_view payload);
  /// True the first time `consumer` handles `event` (then recorded with this unit), false on a
  /// repeated delivery.
  [[nodiscard]] Result<bool> first_delivery(std::string_view consumer, EventId event);

  /// Runs `work`; on failure undoes what it did and passes the failure on, while the unit goes on.
  [[nodiscard]] Result<> within_savepoint(const std::function<Result<>()>& work);

  /// Makes everything durable, then returns; at once if nothing was acquired. Errors:
  /// Lease::commit().
  [[nodiscard]] Task<> commit();
  /// Idempotent.
  void rollback() noexcept;

  [[nodiscard]] const Tally& tally() const noexcept;
  [[nodiscard]] const Viewer& viewer() const noexcept;
  [[nodiscard]] Origin& origin() noexcept;
  /// The catalog of the moment the unit was made; entities passed in come from here.
  [[nodiscard]] const Catalog& catalog() const noexcept;

 private:
  struct State;
  [[nodiscard]] Result<> erase_row(const EntityInfo& entity, RecordId id,
                                   std::optional<std::uint64_t> expected_version);
  [[nodiscard]] Result<> release_references(const EntityInfo& entity, RecordId id);
  std::unique_ptr<State> state_;
};

}  // namespace tenon::data
