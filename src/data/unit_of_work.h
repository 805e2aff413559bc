#pragma once
// One business transaction of one tenant. It is opened *for* a tenant, so nothing in here takes a
// tenant or SQL. It owns no transaction until its first data call; from then on it holds the
// tenant's writer lease to its end, reads what it wrote, and writes rows, events and audit together
// or not at all.
//
// After acquire() every operation is synchronous and runs on the caller's thread: on a file a
// plugin's host calls use it from inside a guest without suspending (act.h has the rest). Hooks are
// the caller's business: run them before insert() and update().

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
#include "data/number_format.h"
#include "data/once.h"
#include "data/query.h"
#include "data/record.h"
#include "data/viewer.h"

namespace tenon::data {

class Tenant;
struct StepTaken;  // steps.h
struct Decided;
enum class Verdict : std::uint8_t;
using ApprovalId = Id<struct ApprovalTag>;

/// Who made the fields: a client may not write computed ones, a module's hook may.
enum class Author : std::uint8_t { client, module };

/// What an upsert does with a row that is there.
enum class Resolution : std::uint8_t { merge, ignore };
struct Upserted {
  Record record;
  enum class Outcome : std::uint8_t { inserted, updated, ignored } outcome = Outcome::inserted;
};

/// The row that a natural key names.
struct Keyed {
  bool named = false;          // whether `fields` name a key at all
  std::optional<RecordId> id;  // the living row that has its values, whoever may see it
};

inline constexpr std::size_t kMaxBulk = 1000;  // rows of one insert_all()

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

  /// Takes the writer lease; at once when it is held already. Where other definitions hold by then,
  /// catalog() is another behind it. Errors: those of Database::lease().
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
  /// insert() of each, all or none. A failure of the n-th has `/n` in front of its paths. Errors:
  /// exhausted (`data.bulk`).
  [[nodiscard]] Result<std::vector<Record>> insert_all(const EntityInfo& entity,
                                                       std::span<const json::object> rows,
                                                       Author author = Author::client);
  /// Finds the living row whose fields `key` have the values given and changes it or leaves it;
  /// inserts when there is none. `key` is a unique field or the fields of a unique index, in any
  /// order; empty takes the only one whose fields are all given. A null in the key meets nothing.
  /// Errors: those of insert() and update(), invalid (`data.on_conflict`).
  [[nodiscard]] Result<Upserted> upsert(const EntityInfo& entity, const json::object& fields,
                                        std::span<const std::string> key, Resolution resolution,
                                        Author author = Author::client);
  /// The row that upsert() would find, for who runs a hook before. Errors: those of upsert() about
  /// the key, but that an empty `key` may find none named.
  [[nodiscard]] Result<Keyed> find_keyed(const EntityInfo& entity, const json::object& fields,
                                         std::span<const std::string> key);
  /// Changes the named fields. Errors: conflict (`data.version`) when `expected_version` is another
  /// than the stored one, with the details `{"expected", "current", "record", "base", "theirs",
  /// "mine", "clashes"}`: base is the record as the client read it (null when the audit does not
  /// know it), theirs what is stored (record is the same), mine what was sent, clashes the fields
  /// that both have changed, differently.
  [[nodiscard]] Result<Record> update(const EntityInfo& entity, RecordId id,
                                      const json::object& fields,
                                      std::optional<std::uint64_t> expected_version,
                                      Author author = Author::client);
  /// Moves the row to the trash, or deletes it where the entity has none; does what references to
  /// it say. Errors: conflict (`data.version`, `data.referenced`).
  [[nodiscard]] Result<> erase(const EntityInfo& entity, RecordId id,
                               std::optional<std::uint64_t> expected_version);

  /// Takes a row out of the trash, and everything that went there with it. Errors: not_found when
  /// it is not in the trash, invalid (`data.fields`) for a reference to what is still gone,
  /// conflict
  /// (`data.unique`).
  [[nodiscard]] Result<Record> restore(const EntityInfo& entity, RecordId id);
  /// Ends a row that is in the trash, and those there that hang on it. Its contents go; that it was
  /// purged stays in the audit. Errors: not_found when it is not in the trash, conflict
  /// (`data.referenced`).
  [[nodiscard]] Result<> purge(const EntityInfo& entity, RecordId id);
  /// Errors: conflict (`data.version`) as update(), for those who look before they write.
  [[nodiscard]] Result<> check_version(const EntityInfo& entity, RecordId id,
                                       const json::object& mine,
                                       std::optional<std::uint64_t> expected_version);
  /// Next number of the counter `name` of the origin's plugin, as a text.
  [[nodiscard]] Result<std::string> next_number(std::string_view name, const NumberFormat& format,
                                                Numbering::Mode mode);

  /// Says that this unit is the work of `key`. Empty: it is the first, do it and finish_once().
  /// Else what was answered then; do nothing. Errors: invalid (`idempotency.mismatch`: another
  /// request had this key, `idempotency.key`), conflict (`idempotency.running`).
  [[nodiscard]] Result<std::optional<StoredAnswer>> begin_once(const OnceKey& key);
  [[nodiscard]] Result<> finish_once(const OnceKey& key, const StoredAnswer& answer);

  /// Takes gapless numbers and writes what is due for roll-ups. commit() does so itself.
  [[nodiscard]] Result<> settle();
  /// The same, and brings `records` of `entity` up to date, for those who answer before the commit.
  [[nodiscard]] Result<> settle(const EntityInfo& entity, std::span<Record> records);

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

  /// Makes `to` the owner of at most `bound` living rows of `entity` that `from` owns, whoever
  /// looks, each as a new version with its event and audit row. Gives how many; fewer than `bound`:
  /// none is left.
  [[nodiscard]] Result<std::size_t> hand_over(const EntityInfo& entity, UserId from, UserId to,
                                              std::size_t bound);

  /// Begins the step `name` of a document: see steps.h. It is asked for where others have to agree;
  /// else the next change of the record may be that step, by whoever may take it. `comment` goes
  /// into the audit. Errors: not_found (`step.unknown`), those of check_step(), conflict
  /// (`data.version`, `data.awaiting`).
  [[nodiscard]] Result<StepTaken> take_step(const EntityInfo& entity, RecordId id,
                                            std::string_view name, std::string_view comment,
                                            std::optional<std::uint64_t> expected_version);
  /// What the viewer says to a request for approval: see steps.h.
  [[nodiscard]] Result<Decided> decide(ApprovalId approval, Verdict verdict,
                                       std::string_view reason);
  /// Queues an event of the platform itself (`approval.asked` → `tenon.approval.asked`), as
  /// publish().
  [[nodiscard]] Result<EventId> announce(std::string_view type, std::string_view aggregate,
                                         std::string_view payload);

  /// Queues an event of the origin's plugin (`customer.merged` → `crm.customer.merged`), delivered
  /// after commit, in order per `aggregate` (empty: the type). Errors: exhausted (`event.hops`).
  [[nodiscard]] Result<EventId> publish(std::string_view type, std::string_view aggregate,
                                        std::string_view payload);
  /// True the first time `consumer` handles `event` (then recorded with this unit), false on a
  /// repeated delivery.
  [[nodiscard]] Result<bool> first_delivery(std::string_view consumer, EventId event);

  /// The transaction itself, for the tables of the program's own modules (native_scripts.h). Never
  /// for tables of entities: rights, events and audit would be passed by. On threads that serve
  /// others see act.h.
  [[nodiscard]] storage::Session& native_session() noexcept;

  /// Runs `work`; on failure undoes what it did and passes the failure on, while the unit goes on,
  /// also when the deadline was what it failed by.
  [[nodiscard]] Result<> within_savepoint(const std::function<Result<>()>& work);

  /// Makes everything durable, then returns; at once if nothing was acquired. Errors: those of
  /// Lease::commit(); that of an operation that had written something when it failed, unless a
  /// savepoint has undone it: a row is never left without its event because nobody looked.
  [[nodiscard]] Task<> commit();
  /// Idempotent.
  void rollback() noexcept;

  [[nodiscard]] Tenant& tenant() const noexcept;
  /// Whether its statements wait for a server: on threads that serve others see act.h.
  [[nodiscard]] bool waits() const noexcept;
  [[nodiscard]] const Tally& tally() const noexcept;
  [[nodiscard]] const Viewer& viewer() const noexcept;
  [[nodiscard]] Origin& origin() noexcept;
  /// The catalog of the moment the unit was made; entities passed in come from here.
  [[nodiscard]] const Catalog& catalog() const noexcept;

 private:
  [[nodiscard]] Task<> settle_definitions(Deadline deadline);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon::data
