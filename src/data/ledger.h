#pragma once
// What was done to a tenant's tables, step by step, written in the transaction that did it. From
// the ledger a process that starts after a crash knows which step was the last, how to go on and
// how to go back, and whether a table is still what the ledger says.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "data/migration.h"

namespace tenon::data {

enum class MigrationState : std::uint8_t { running, done, undoing, undone };

/// One row of the ledger.
struct MigrationRecord {
  MigrationPlan plan;
  MigrationState state = MigrationState::running;
  std::int64_t started_at = 0;      // microseconds
  Package package;                  // what is being installed
  std::optional<Package> previous;  // what it replaces
};

/// Reads and writes the ledger on one session. Lifetime: borrows the session.
class Ledger {
 public:
  explicit Ledger(storage::Session& session) : session_(session) {}

  /// Idempotent.
  [[nodiscard]] Result<> create_tables();
  [[nodiscard]] Result<std::int64_t> next_number();
  [[nodiscard]] Result<> begin(const MigrationRecord& record);
  [[nodiscard]] Result<> set_state(std::int64_t number, MigrationState state, Timestamp now);
  /// The one that is running or undoing.
  [[nodiscard]] Result<std::optional<MigrationRecord>> unfinished();
  /// The last of `plugin` that is done. Errors: not_found (`schema.no_migration`), conflict
  /// (`schema.undo_order`) when a later one of another plugin changed the same tables.
  [[nodiscard]] Result<MigrationRecord> last_done(std::string_view plugin);

  /// Number of steps done. Errors: internal (`schema.checksum`) when a recorded step is another
  /// than that of the plan.
  [[nodiscard]] Result<std::size_t> steps_done(const MigrationPlan& plan);
  [[nodiscard]] Result<> step_done(const MigrationPlan& plan, std::size_t step, Timestamp now);
  [[nodiscard]] Result<> step_undone(const MigrationPlan& plan, std::size_t step);
  /// Where a step of batches goes on; empty at its begin.
  [[nodiscard]] Result<std::string> cursor(std::int64_t number, std::size_t step);
  [[nodiscard]] Result<> set_cursor(std::int64_t number, std::size_t step, std::string_view cursor);

  [[nodiscard]] Result<std::vector<TableShape>> shapes();
  /// Takes down how the plan's tables look now; `shapes` are what they are by then.
  [[nodiscard]] Result<> note_tables(const MigrationPlan& plan);
  [[nodiscard]] Result<> set_shapes(const std::vector<TableShape>& gone,
                                    const std::vector<TableShape>& now);
  [[nodiscard]] Result<> forget_table(std::string_view name);
  /// Forgets changes of `plugin` with their steps, whose numbers the next change may get.
  enum class Which : std::uint8_t { all, ended };
  [[nodiscard]] Result<> forget_changes(std::string_view plugin, Which which);
  /// Errors: unavailable (`schema.fingerprint`) with the name of a table that is another than the
  /// ledger says.
  [[nodiscard]] Result<> check_fingerprints();
  /// Drops what the changes of `plugin` put away, and lets go of the files that only it names.
  /// Gives the number of tables.
  [[nodiscard]] Result<std::size_t> drop_quarantine(std::string_view plugin, Timestamp now);

 private:
  storage::Session& session_;
};

/// How each table of an entity looks, by quoted name: columns, constraints, indexes, as text that
/// is equal when they are.
[[nodiscard]] Result<std::map<std::string, std::string>> dump_tables(storage::Session& session);

}  // namespace tenon::data
