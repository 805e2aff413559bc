#pragma once
// The way from what is installed to what a package wants, as a plan: steps in words and in SQL,
// each with its way back. Steps that only add come first, each a transaction of its own that the
// running version does not notice; all that the running version would notice happens at once in the
// last transaction, together with the swap of the definitions.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/ddl.h"
#include "data/derive_rows.h"
#include "data/tenant.h"
#include "storage/session.h"

namespace tenon::data {

enum class StepKind : std::uint8_t {
  create_table,
  add_column,
  create_index,
  drop_index,
  fill_shadow,  // folded text for search
  callback,     // rows rewritten by the module, in batches
  rename_table,
  rename_column,
  change_table,      // columns widened, narrowed, dropped: what ALTER cannot on SQLite
  search,            // the table of search tokens beside it, made and filled anew
  quarantine_table,  // hidden, dropped by a purge
  derive,            // formulas, roll-ups and numbers of the rows that are there, in batches
  activate,          // the new definitions hold from here on
};

/// expand: the running version goes on. contract: it would not. destructive: values are lost to
/// everybody but the quarantine.
enum class StepClass : std::uint8_t { expand, backfill, contract, destructive };

struct MigrationStep {
  StepKind kind = StepKind::activate;
  StepClass step_class = StepClass::expand;
  std::string entity, field;  // logical; may be empty
  Localized text;             // what it does, in `en` and `zh-CN`
  std::string key;            // the same as a key: `migration.add_column`
  Statements sql, undo;
  // Files that only the quarantine names are let go when it is purged, and those of rows that are
  // gone when the step is taken back; ?1 is the time.
  Statements release, release_back;
  bool without_references = false;  // SQLite: rebuilds and drops
  bool undo_without_references = false;
  bool concurrently = false;            // PostgreSQL may build it beside writers
  bool last = false;                    // part of the last transaction
  std::uint32_t callback = 0;           // number for the module's step
  std::vector<Derivation> derive;       // what is brought up to date
  std::vector<Derivation> derive_back;  // and when the plan is taken back
  std::int64_t rows = 0;
  std::int64_t milliseconds = 0;  // estimated

  /// SHA-256 over all that it does.
  [[nodiscard]] std::string checksum() const;
};

/// Why a plan cannot be carried out, or what needs consent.
struct PlanProblem {
  std::string reason;  // `schema.data.duplicate`, `schema.data.missing` …
  std::string entity, field;
  Localized text;
  std::int64_t rows = 0;
  std::vector<std::string> values;  // JSON texts of up to five values
};

struct MigrationPlan {
  std::int64_t number = 0;
  std::string plugin, from_version, to_version;
  Dialect dialect = Dialect::sqlite;
  std::vector<MigrationStep> steps;
  std::vector<PlanProblem> problems;      // nothing can be done before these are mended
  std::vector<PlanProblem> consents;      // values that would be lost
  std::vector<TableShape> before, after;  // of the tables it touches

  [[nodiscard]] bool destructive() const noexcept { return !consents.empty(); }
};

/// A conflict that names the problems, with all of them in its details.
[[nodiscard]] Error refusal(std::string_view reason, std::string_view text,
                            const std::vector<PlanProblem>& problems);

enum class Consent : std::uint8_t { none, destructive };

/// Lives as long as its parts. Reads the data (counts, duplicates), writes nothing. `callbacks` is
/// how many steps of its own the module has for this upgrade. Errors: invalid (`schema.…`),
/// those of storage::Session.
struct PlanInput {
  const Catalog& before;
  const Catalog& after;
  std::string_view plugin;
  const std::vector<TableShape>& shapes;  // as the ledger has them
  std::int64_t number = 1;
  Consent consent = Consent::none;
  std::uint32_t callbacks = 0;
};
[[nodiscard]] Result<MigrationPlan> plan_upgrade(storage::Session& session, const PlanInput& input);

[[nodiscard]] std::string_view to_string(StepKind kind) noexcept;
[[nodiscard]] std::string_view to_string(StepClass step_class) noexcept;
/// The plan as the ledger keeps it and as a screen shows it.
[[nodiscard]] json::object to_json(const MigrationPlan& plan);
/// Errors: internal (`schema.stored`).
[[nodiscard]] Result<MigrationPlan> plan_from_json(std::string_view text);

/// `migration.<kind>` in words. `{0}` is the entity, `{1}` the field or what else it is about.
[[nodiscard]] Localized words_of(std::string_view key, std::string_view entity,
                                 std::string_view what);

}  // namespace tenon::data
