#pragma once
// Carries out plans. Each early step is one transaction that also holds its row of the ledger; all
// that the running version would notice is one last transaction with the swap of the definitions.
// Whatever kills the process between, the next one finds the ledger and goes on, or back.
//
// Cost: early steps leave other writers time between them; a step itself keeps them waiting.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "data/ledger.h"
#include "storage/database.h"

namespace tenon::data {

/// Rewrites one batch of rows for step `n`, from `cursor` (empty: the begin); gives where to go on,
/// or nothing when done. `since` is set for the last pass, inside the switch: only rows changed
/// since then are left. Must bear being run again for the same cursor.
using BackfillStep = std::function<Result<std::optional<std::string>>(
    storage::Session& session, std::uint32_t n, std::string_view cursor,
    std::optional<Timestamp> since)>;

struct Backfill {
  std::uint32_t steps = 0;
  BackfillStep run;
};

/// Thread: any; one change of a tenant's schema at a time is the ledger's rule. Lifetime: borrows
/// its parts.
class Migrator {
 public:
  /// `switching` is called when other definitions are about to hold, while nobody else writes: what
  /// was begun under those of before must not be committed behind it.
  Migrator(storage::Database& database, const Clock& clock, std::function<void()> switching = {})
      : database_(database), clock_(clock), switching_(std::move(switching)) {}

  /// Makes the ledger where it is missing. Errors: unavailable (`schema.fingerprint`).
  [[nodiscard]] Task<> prepare(Deadline deadline);
  /// What apply() would do. Writes nothing.
  [[nodiscard]] Task<MigrationPlan> plan(Package package, Backfill backfill, Deadline deadline);
  /// Carries the plan out and takes it back, in one transaction that is thrown away.
  [[nodiscard]] Task<MigrationPlan> dry_run(Package package, Backfill backfill, Deadline deadline);
  /// Errors: conflict (`schema.data` with the plan's problems, `schema.consent`,
  /// `schema.migration_running`); a step that fails takes the earlier ones back.
  [[nodiscard]] Task<MigrationPlan> apply(Package package, Consent consent, Backfill backfill,
                                          Deadline deadline);
  /// Finishes what a process before this one began. Gives whether there was anything.
  [[nodiscard]] Task<bool> resume(Backfill backfill, Deadline deadline);
  /// Takes the last change of `plugin` back. Errors: not_found (`schema.no_migration`), conflict
  /// (`schema.undo_order`, `schema.consent`: rows of a new table would be lost).
  [[nodiscard]] Task<> undo(std::string plugin, Consent consent, Deadline deadline);
  /// Drops what earlier changes of `plugin` put away; from then on they cannot be undone. Gives the
  /// number of tables.
  [[nodiscard]] Task<std::size_t> purge_quarantine(std::string plugin, Deadline deadline);

 private:
  [[nodiscard]] Task<> transaction(Deadline deadline,
                                   std::function<Result<>(storage::Session&)> work,
                                   storage::Others others = storage::Others::welcome);
  [[nodiscard]] Task<> forward(MigrationRecord record, Backfill backfill, Deadline deadline);
  [[nodiscard]] Task<> backward(MigrationRecord record, Deadline deadline);
  [[nodiscard]] Task<> run_batches(const MigrationRecord& record, std::size_t step,
                                   const Backfill& backfill, Deadline deadline);
  [[nodiscard]] Task<> run_derive(const MigrationRecord& record, std::size_t step,
                                  Deadline deadline);
  [[nodiscard]] Result<MigrationRecord> draft(storage::Session& session, const Package& package,
                                              Consent consent, std::uint32_t callbacks) const;
  [[nodiscard]] Result<> run_last(storage::Session& session, const MigrationRecord& record,
                                  std::size_t first, const Backfill& backfill) const;
  [[nodiscard]] Result<> undo_last(storage::Session& session, const MigrationRecord& record,
                                   std::size_t done) const;

  storage::Database& database_;
  const Clock& clock_;
  std::function<void()> switching_;
};

// The rows that say what is installed.
[[nodiscard]] Result<std::vector<PluginRow>> read_plugins(storage::Session& session);
[[nodiscard]] Result<std::vector<Entity>> read_entities(storage::Session& session);
/// Plugin row and entity rows become those of `package`; its state stays, unless it is new or was
/// uninstalled.
[[nodiscard]] Result<> store_package(storage::Session& session, const Package& package,
                                     std::uint32_t number, Timestamp now);
[[nodiscard]] Result<> forget_package(storage::Session& session, std::string_view plugin);
/// What is installed of `plugin`, as a package.
[[nodiscard]] Result<std::optional<Package>> stored_package(storage::Session& session,
                                                            std::string_view plugin);

}  // namespace tenon::data
