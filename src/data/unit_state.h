#pragma once
// The inside of a UnitOfWork, for the files of this room that make up its parts.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/decode.h"
#include "data/numbers.h"
#include "data/reader.h"
#include "data/sight.h"
#include "data/steps.h"
#include "data/tenant_state.h"
#include "data/write_log.h"

namespace tenon::data {

/// What a unit of work knows and has not written yet. It goes back with a savepoint.
struct Unsettled {
  struct Key {
    std::string_view entity;  // full name; rows are settled in this order, the same in every unit
    Uuid id;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Row {
    const EntityInfo* entity = nullptr;
    std::vector<Value> before;  // of the audit row that is due
  };
  std::map<Key, Row> derived;  // rows of which formulas and roll-ups alone have changed
  std::map<Key, Row> numbers;  // new rows that wait for a gapless number
  std::map<NumberKey, NumberBlock> blocks;  // taken by this unit
  std::optional<ChainHead> head;            // of the audit chain
  std::optional<Error> torn;                // why a change ended half-way, else empty
};

/// A row as it lies in its table, seen by the host itself.
struct StoredRow {
  std::vector<Value> values;  // in the order of columns()
  bool living = true;
  std::optional<Uuid> deleted_in;  // the cascade it went with
};

/// `{"city":"上海"}` of the old values and `["city"]` of the names of the fields that differ; both
/// empty when none does.
struct Difference {
  std::string before, changed;
};

struct UnitOfWork::State {
  std::shared_ptr<Tenant> tenant;          // shared: a unit keeps its tenant open
  std::uint64_t epoch;                     // of the catalog; read before it
  std::shared_ptr<const Catalog> catalog;  // of the moment the unit was made, or took its lease
  std::vector<std::shared_ptr<const Catalog>> outdated;  // kept for who still has entities of them
  Viewer viewer;
  Origin origin;
  Tally tally;
  std::uint32_t level = 0;       // of open savepoints
  std::uint32_t cascade = 0;     // depth of erase() in itself
  std::uint32_t climb = 0;       // depth of roll-ups of roll-ups
  std::optional<Uuid> deletion;  // the cascade that runs
  Unsettled unsettled;
  /// The step that the next change of a document may be, whoever makes it.
  struct Granted {
    std::string_view entity;  // full name
    Uuid id;
    const Transition* step = nullptr;
  };
  std::optional<Granted> granted;
  bool ended = false;
  storage::Lease lease;

  State(std::shared_ptr<Tenant> the_tenant, Viewer the_viewer, Origin the_origin)
      : tenant(std::move(the_tenant)),
        epoch(tenant->state_->epoch),
        catalog(tenant->catalog()),
        viewer(std::move(the_viewer)),
        origin(std::move(the_origin)) {}

  [[nodiscard]] Tenant::State& inside() const noexcept { return *tenant->state_; }
  [[nodiscard]] storage::Session& session() {
    TENON_ASSERT(lease.held() && !ended);
    return lease.session();
  }
  /// As the viewer sees it. What hangs on a row that goes is found by the system, whoever may see
  /// it: else a reference would be left without its row.
  [[nodiscard]] Reader reader() {
    static const Viewer everybody;
    return {session(), cascade > 0 ? everybody : viewer, inside().cursor_key, tally};
  }
  [[nodiscard]] Sight sight(const EntityInfo& entity) const noexcept { return {entity, viewer}; }
  [[nodiscard]] WriteLog log() {
    return {session(), viewer, origin, inside().random, unsettled.head};
  }
  [[nodiscard]] Timestamp now() const noexcept { return inside().clock.now(); }

  /// Whether a row of `entity` may be written. Errors: unavailable (`schema.changed`: it is of the
  /// version before), exhausted (`event.hops`).
  [[nodiscard]] Result<> admit(const EntityInfo& entity) {
    if (catalog->find({}, entity.full_name()) == &entity) return log().admit();
    return fail(Error(ErrorCode::unavailable, "The tables have changed meanwhile; try again.")
                    .because("schema.changed"));
  }
  /// Whether the definitions that the unit began with still hold. Errors: unavailable
  /// (`storage.rerun`).
  [[nodiscard]] Result<> still_holds() const {
    if (epoch % 2 == 0 && epoch == inside().epoch) return {};
    return fail(Error(ErrorCode::unavailable, "The tables have changed meanwhile; try again.")
                    .because("storage.rerun"));
  }

  /// The definitions of this moment.
  void take_up() {
    outdated.push_back(std::move(catalog));
    epoch = inside().epoch;
    catalog = tenant->catalog();
  }

  /// For what must not end half-way: whoever swallows its failure can undo it in a savepoint, but
  /// not commit.
  template <class T>
  [[nodiscard]] Result<T> whole(Result<T> done) {
    if (!done && !unsettled.torn) unsettled.torn = done.error();
    return done;
  }

  // write.cc
  /// The living row with these values in the columns of a unique key; a null meets nothing.
  [[nodiscard]] Result<std::optional<RecordId>> keyed(const EntityInfo& entity,
                                                      const std::vector<std::size_t>& columns,
                                                      const Assignments& assignments);
  /// Whether the viewer may change a row it sees. Errors: denied (`data.scope`).
  [[nodiscard]] Result<> check_change(const EntityInfo& entity,
                                      const std::vector<Value>& row) const;
  /// Gives a living row another owner, as a new version. hand_over.cc
  [[nodiscard]] Result<> give(const EntityInfo& entity, RecordId id, const Uuid& owner);

  // steps.cc
  /// Errors: conflict (`data.awaiting`).
  [[nodiscard]] Result<> check_waiting(const EntityInfo& entity, const Uuid& id);
  /// A row that hangs on a document by a required reference that cascades is a part of it, and
  /// comes, changes and goes only while the document may change. Errors: conflict
  /// (`data.immutable`, `data.awaiting`).
  [[nodiscard]] Result<> check_part(const EntityInfo& entity, const std::vector<Value>& row);
  /// Audit row and event of what became of a request.
  [[nodiscard]] Result<> tell_approval(const Approval& approval, std::string_view action);
  [[nodiscard]] Result<> note_comment(const EntityInfo& entity, RecordId id, std::string_view step,
                                      std::string_view comment);
  /// The step that a change of this row may be without asking; null: none.
  [[nodiscard]] const Transition* granted_for(const EntityInfo& entity, const Uuid& id) const {
    const bool it = granted && granted->entity == entity.full_name() && granted->id == id;
    return it ? granted->step : nullptr;
  }

  // rows.cc: changes of rows that are decoded and allowed.
  /// By id, in the trash or not, whoever looks.
  [[nodiscard]] Result<std::optional<StoredRow>> stored(const EntityInfo& entity, const Uuid& id);
  /// Errors: invalid (`data.fields`).
  [[nodiscard]] Result<> check_references(const EntityInfo& entity, const Assignments& assignments);
  enum class Clash : std::uint8_t { fails, ignored };
  /// Stores a new row. Empty: `clash` is ignored and there was one.
  [[nodiscard]] Result<std::optional<Record>> add(const EntityInfo& entity, Assignments assignments,
                                                  Clash clash);
  /// Changes a living row, as a new version.
  [[nodiscard]] Result<Record> change(const EntityInfo& entity, RecordId id,
                                      const std::vector<Value>& before, Assignments assignments);
  /// Writes the columns in which `after` differs from `before`; gives how many.
  [[nodiscard]] Result<std::size_t> write_columns(const EntityInfo& entity, const Uuid& id,
                                                  const std::vector<Value>& before,
                                                  const std::vector<Value>& after);

  // rollup.cc: what the host computes.
  /// Errors: invalid (`data.fields`) that names the computed field.
  [[nodiscard]] Result<> compute(const EntityInfo& entity, std::vector<Value>& row) const;
  /// Brings the roll-ups over a row from `before` to `after`; null: it did not or does not live.
  [[nodiscard]] Result<> carry(const EntityInfo& entity, const std::vector<Value>* before,
                               const std::vector<Value>* after);

  // settle.cc
  [[nodiscard]] Result<std::string> number(const Derived::Numbered& sequence, Timestamp at);
  /// Writes what is due for one row, before it is changed again.
  [[nodiscard]] Result<> settle_row(const EntityInfo& entity, const Uuid& id);
  [[nodiscard]] Result<> settle();
  void keep_blocks();

  // conflict.cc
  [[nodiscard]] Result<> check_version(const EntityInfo& entity, const std::vector<Value>& row,
                                       std::optional<std::uint64_t> expected,
                                       const json::object* mine);

  // trash.cc
  /// Ids of rows of `entity`, living or in the trash, that name `id` in `column`.
  [[nodiscard]] Result<std::vector<RecordId>> referring(const EntityInfo& entity,
                                                        std::size_t column, const Uuid& id,
                                                        bool living);
  [[nodiscard]] Result<> erase_row(const EntityInfo& entity, RecordId id,
                                   const std::vector<Value>& row);
  [[nodiscard]] Result<> release_references(const EntityInfo& entity, RecordId id);
  [[nodiscard]] Result<> revive(const EntityInfo& entity, const Uuid& id,
                                const std::vector<Value>& row);
  [[nodiscard]] Result<> purge_row(const EntityInfo& entity, const Uuid& id);

 private:
  /// What belongs to a row that was just stored, and to one that was just changed.
  [[nodiscard]] Result<Record> complete(const EntityInfo& entity, RecordId id,
                                        const std::vector<Value>& row, bool numberless,
                                        Timestamp moment);
  [[nodiscard]] Result<Record> follow(const EntityInfo& entity, RecordId id,
                                      const std::vector<Value>& before,
                                      const std::vector<Value>& after, const Difference& differs,
                                      Timestamp moment, const Transition* step = nullptr);
  struct Step {
    const RollupOver* over = nullptr;
    const std::vector<Value>* gone = nullptr;
    const std::vector<Value>* come = nullptr;
  };
  [[nodiscard]] Result<> adjust(const EntityInfo& parent, const Uuid& id,
                                const std::vector<Step>& steps);
  [[nodiscard]] Result<> apply(const Step& step, const Uuid& id, std::vector<Value>& row);
  [[nodiscard]] Result<> log_derived(const Unsettled::Row& due, const Uuid& id);
  [[nodiscard]] Result<> log_numbered(const EntityInfo& entity, const Uuid& id);
};

[[nodiscard]] std::uint64_t version_of(const EntityInfo& entity, const std::vector<Value>& row);
[[nodiscard]] std::string json_of(const EntityInfo& entity, const std::vector<Value>& row);
/// The record as its viewer may see it.
[[nodiscard]] std::string seen(Sight sight, const std::vector<Value>& row);
[[nodiscard]] Difference difference(const EntityInfo& entity, const std::vector<Value>& before,
                                    const std::vector<Value>& after);
[[nodiscard]] Value user_value(const Viewer& viewer);
/// Physical names in an error of the database become the entity's own.
[[nodiscard]] std::unexpected<Error> in_our_words(Error error);

}  // namespace tenon::data
