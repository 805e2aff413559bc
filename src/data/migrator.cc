#include "data/migrator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "async/timer.h"
#include "data/relations.h"
#include "data/run_unit.h"
#include "data/search.h"
#include "data/tenant_state.h"

namespace tenon::data {
namespace {

constexpr auto kStepLimit = std::chrono::minutes(10);
constexpr auto kLockWait = std::chrono::milliseconds(200);
constexpr int kLockTries = 10;
constexpr int kMaxBatches = 1'000'000;

Result<> run_statements(storage::Session& session, const Statements& statements,
                        bool without_references) {
  const auto all = [&]() -> Result<> {
    for (const auto& statement : statements) TENON_TRY(session.script(statement));
    return {};
  };
  if (statements.empty()) return {};
  return without_references ? session.without_references(all) : all();
}

/// One change must not queue all traffic behind its lock; and PostgreSQL alters no table that has
/// deferred checks to do.
Result<> bound_locks(storage::Session& session) {
  if (session.dialect() != Dialect::postgres) return {};
  return session.script(
      "SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '600s'; "
      "SET CONSTRAINTS ALL IMMEDIATE");
}

bool wants_another_try(const Error& error) {
  return wants_rerun(error) || error.reason() == "storage.busy" || error.reason() == "storage.lock";
}

/// Fills the search tables that the plan made anew; `which` is what the entity is called now.
Result<> refill(storage::Session& session, const MigrationPlan& plan,
                std::string MigrationStep::* which) {
  const bool back = which == &MigrationStep::field;
  std::shared_ptr<const Catalog> catalog;
  for (const auto& step : plan.steps) {
    const bool away = step.kind == StepKind::quarantine_table && back;
    if (step.kind != StepKind::search && !away) continue;
    if (catalog == nullptr) {
      TENON_ASSIGN(now, read_catalog(session));
      catalog = std::move(now);
    }
    const auto* entity = catalog->find({}, away ? step.entity : step.*which);
    if (entity != nullptr && entity->searchable()) TENON_TRY(refill_search(session, *entity));
  }
  return {};
}

Result<> check_problems(const MigrationPlan& plan, Consent consent) {
  if (!plan.problems.empty())
    return fail(refusal("schema.data", "The data does not fit the new version.", plan.problems));
  if (!plan.consents.empty() && consent == Consent::none)
    return fail(refusal("schema.consent", "Values would be lost; an administrator has to agree.",
                        plan.consents));
  return {};
}

/// What is installed, with `package` in the place of what it replaces; not expanded.
Result<std::shared_ptr<const Catalog>> catalog_with(storage::Session& session,
                                                    const Package& package) {
  TENON_ASSIGN(plugins, read_plugins(session));
  TENON_ASSIGN(all, read_entities(session));
  auto known = std::ranges::find(plugins, package.id, &PluginRow::id);
  if (known == plugins.end()) {
    std::uint32_t number = 1;
    for (const auto& plugin : plugins) number = std::max(number, plugin.number + 1);
    PluginRow row;
    row.number = number;
    row.id = package.id;
    known = plugins.insert(plugins.end(), std::move(row));
  }
  known->version = package.version;
  if (known->state == PluginState::uninstalled) known->state = PluginState::installed;
  std::erase_if(all, [&](const Entity& entity) { return entity.plugin == package.id; });
  all.insert(all.end(), package.entities.begin(), package.entities.end());
  return Catalog::make(std::move(plugins), std::move(all));
}

/// Brings up to date what the plan's last steps say, by the definitions that hold now.
Result<> derive_last(storage::Session& session, const MigrationPlan& plan,
                     std::vector<Derivation> MigrationStep::* which) {
  std::vector<Derivation> due;
  for (const auto& step : plan.steps)
    if (step.last) due.insert(due.end(), (step.*which).begin(), (step.*which).end());
  if (due.empty()) return {};
  TENON_ASSIGN(catalog, read_catalog(session));
  return derive_all(session, *catalog, due);
}

}  // namespace

Task<> Migrator::transaction(Deadline deadline, std::function<Result<>(storage::Session&)> work,
                             storage::Others others) {
  for (int run = 1;; ++run) {
    TENON_CO_ASSIGN(lease, co_await database_.lease(deadline));
    lease.extend(Deadline::after(kStepLimit), others);
    Result<> done = bound_locks(lease.session());
    if (done) done = work(lease.session());
    if (done)
      done = co_await lease.commit();
    else
      lease.rollback();
    if (done || run == kLockTries || !wants_another_try(done.error())) co_return done;
    if (!wants_rerun(done.error())) TENON_CO_TRY(co_await sleep_until(Deadline::after(kLockWait)));
  }
}

Task<> Migrator::prepare(Deadline deadline) {
  co_return co_await transaction(deadline, [](storage::Session& session) -> Result<> {
    Ledger ledger(session);
    TENON_TRY(ledger.create_tables());
    return ledger.check_fingerprints();
  });
}

/// The catalog as it would be, and the way there.
Result<MigrationRecord> Migrator::draft(storage::Session& session, const Package& package,
                                        Consent consent, std::uint32_t callbacks) const {
  Ledger ledger(session);
  TENON_ASSIGN(running, ledger.unfinished());
  if (running)
    return fail(Error(ErrorCode::conflict,
                      fmt::format("A change by \"{}\" is still under way.", running->plan.plugin))
                    .because("schema.migration_running"));
  MigrationRecord record;
  record.package = package;
  record.started_at = clock_.now().time_since_epoch().count();
  for (auto& entity : record.package.entities) entity.plugin = package.id;
  TENON_ASSIGN(entities, expand(std::move(record.package.entities)));
  record.package.entities = std::move(entities);
  TENON_ASSIGN(previous, stored_package(session, package.id));
  record.previous = std::move(previous);

  TENON_ASSIGN(before, read_catalog(session));
  for (const auto& entity : record.package.entities)
    if (!entity.extends.empty() && before->find(entity.extends, entity.name) == nullptr)
      return fail(Error(ErrorCode::conflict, fmt::format("There is no entity \"{}.{}\" to add to.",
                                                         entity.extends, entity.name))
                      .because("schema.extends"));
  TENON_ASSIGN(after, catalog_with(session, record.package));
  TENON_ASSIGN(shapes, ledger.shapes());
  TENON_ASSIGN(number, ledger.next_number());
  TENON_ASSIGN(plan, plan_upgrade(session, {.before = *before,
                                            .after = *after,
                                            .plugin = package.id,
                                            .shapes = shapes,
                                            .number = number,
                                            .consent = consent,
                                            .callbacks = callbacks}));
  record.plan = std::move(plan);
  return record;
}

Task<MigrationPlan> Migrator::plan(Package package, Backfill backfill, Deadline deadline) {
  // On the writer: what it counts and what it compares are of one moment.
  MigrationPlan plan;
  TENON_CO_ASSIGN(lease, co_await database_.lease(deadline));
  lease.extend(Deadline::after(kStepLimit).min(deadline));
  auto record = draft(lease.session(), package, Consent::destructive, backfill.steps);
  lease.rollback();
  if (!record) co_return std::unexpected(std::move(record.error()));
  co_return std::move(record->plan);
}

Task<MigrationPlan> Migrator::dry_run(Package package, Backfill backfill, Deadline deadline) {
  TENON_CO_ASSIGN(lease, co_await database_.lease(deadline));
  lease.extend(Deadline::after(kStepLimit));
  const auto all = [&](storage::Session& session) -> Result<MigrationPlan> {
    TENON_ASSIGN(record, draft(session, package, Consent::destructive, backfill.steps));
    if (!record.plan.problems.empty()) return std::move(record.plan);
    Ledger ledger(session);
    TENON_TRY(ledger.begin(record));
    std::size_t step = 0;
    for (; !record.plan.steps[step].last; ++step) {
      const auto& one = record.plan.steps[step];
      TENON_TRY(run_statements(session, one.sql, false));
      TENON_TRY(ledger.step_done(record.plan, step, clock_.now()));
    }
    Backfill whole = backfill;
    TENON_TRY(run_last(session, record, step, whole));
    return std::move(record.plan);
  };
  auto plan = all(lease.session());
  lease.rollback();
  co_return plan;
}

Task<MigrationPlan> Migrator::apply(Package package, Consent consent, Backfill backfill,
                                    Deadline deadline) {
  MigrationRecord record;
  TENON_CO_TRY(co_await transaction(deadline, [&](storage::Session& session) -> Result<> {
    TENON_ASSIGN(made, draft(session, package, consent, backfill.steps));
    TENON_TRY(check_problems(made.plan, consent));
    TENON_TRY(Ledger(session).begin(made));
    record = std::move(made);
    return {};
  }));
  auto done = co_await forward(record, backfill, deadline);
  if (done) co_return std::move(record.plan);
  const auto code = done.error().code();
  // What may go well the next time stays begun; what cannot is taken back.
  if (code != ErrorCode::unavailable && code != ErrorCode::cancelled)
    TENON_CO_TRY(co_await backward(record, deadline));
  co_return std::unexpected(std::move(done.error()));
}

Task<> Migrator::forward(MigrationRecord record, Backfill backfill, Deadline deadline) {
  std::size_t step = 0;
  TENON_CO_TRY(co_await transaction(deadline, [&](storage::Session& session) -> Result<> {
    TENON_ASSIGN(done, Ledger(session).steps_done(record.plan));
    step = done;
    return {};
  }));
  for (; step < record.plan.steps.size() && !record.plan.steps[step].last; ++step) {
    if (record.plan.steps[step].kind == StepKind::callback)
      TENON_CO_TRY(co_await run_batches(record, step, backfill, deadline));
    if (record.plan.steps[step].kind == StepKind::derive)
      TENON_CO_TRY(co_await run_derive(record, step, deadline));
    TENON_CO_TRY(co_await transaction(deadline, [&](storage::Session& session) -> Result<> {
      const auto& one = record.plan.steps[step];
      TENON_TRY(run_statements(session, one.sql,
                               one.kind != StepKind::add_column && one.without_references));
      Ledger ledger(session);
      TENON_TRY(ledger.step_done(record.plan, step, clock_.now()));
      return ledger.note_tables(record.plan);
    }));
  }
  co_return co_await transaction(
      deadline,
      [&](storage::Session& session) -> Result<> {
        TENON_TRY(run_last(session, record, step, backfill));
        if (switching_) switching_();
        return {};
      },
      storage::Others::kept_out);
}

/// One transaction for each batch, with its cursor. The running version does not know these columns
/// and goes on; what it writes meanwhile is looked at again in the last transaction.
Task<> Migrator::run_derive(const MigrationRecord& record, std::size_t step, Deadline deadline) {
  std::shared_ptr<const Catalog> catalog;  // shared with who made it
  bool more = true;
  for (int batch = 0; more && batch < kMaxBatches; ++batch)
    TENON_CO_TRY(co_await transaction(deadline, [&](storage::Session& session) -> Result<> {
      Ledger ledger(session);
      if (catalog == nullptr) {
        TENON_ASSIGN(made, catalog_with(session, record.package));
        catalog = std::move(made);
      }
      TENON_ASSIGN(place, ledger.cursor(record.plan.number, step));
      TENON_ASSIGN(done,
                   derive_batch(session, *catalog, record.plan.steps[step].derive.front(), place));
      more = done.next.has_value();
      if (!more) return {};
      return ledger.set_cursor(record.plan.number, step, *done.next);
    }));
  co_return Result<>();
}

Task<> Migrator::run_batches(const MigrationRecord& record, std::size_t step,
                             const Backfill& backfill, Deadline deadline) {
  if (!backfill.run)
    co_return fail(Error(ErrorCode::unavailable, "The module's own migration steps are missing.")
                       .because("schema.callback"));
  bool more = true;
  for (int batch = 0; more && batch < kMaxBatches; ++batch)
    TENON_CO_TRY(co_await transaction(deadline, [&](storage::Session& session) -> Result<> {
      Ledger ledger(session);
      TENON_ASSIGN(place, ledger.cursor(record.plan.number, step));
      TENON_ASSIGN(next, backfill.run(session, record.plan.steps[step].callback, place, {}));
      more = next.has_value();
      if (!more) return {};
      return ledger.set_cursor(record.plan.number, step, *next);
    }));
  co_return Result<>();
}

Result<> Migrator::run_last(storage::Session& session, const MigrationRecord& record,
                            std::size_t first, const Backfill& backfill) const {
  Ledger ledger(session);
  const auto& plan = record.plan;
  const Timestamp since{std::chrono::microseconds(record.started_at)};
  for (const auto& step : plan.steps) {
    if (step.kind != StepKind::callback) continue;
    if (!backfill.run)
      return fail(Error(ErrorCode::unavailable, "The module's own migration steps are missing.")
                      .because("schema.callback"));
    std::optional<std::string> place = std::string();
    while (place) {
      TENON_ASSIGN(next, backfill.run(session, step.callback, *place, since));
      place = std::move(next);
    }
  }
  for (std::size_t i = first; i < plan.steps.size(); ++i) {
    const auto& step = plan.steps[i];
    TENON_TRY(run_statements(session, step.sql, step.without_references));
    TENON_TRY(ledger.step_done(plan, i, clock_.now()));
  }
  TENON_ASSIGN(plugins, read_plugins(session));
  std::uint32_t number = 1;
  for (const auto& plugin : plugins) number = std::max(number, plugin.number + 1);
  const auto known = std::ranges::find(plugins, plan.plugin, &PluginRow::id);
  if (known != plugins.end()) number = known->number;
  TENON_TRY(store_package(session, record.package, number, clock_.now()));
  TENON_TRY(refill(session, plan, &MigrationStep::entity));
  TENON_TRY(derive_last(session, plan, &MigrationStep::derive));
  TENON_TRY(ledger.note_tables(plan));
  TENON_TRY(ledger.set_shapes(plan.before, plan.after));
  return ledger.set_state(plan.number, MigrationState::done, clock_.now());
}

Result<> Migrator::undo_last(storage::Session& session, const MigrationRecord& record,
                             std::size_t done) const {
  Ledger ledger(session);
  const auto& plan = record.plan;
  for (std::size_t i = done; i-- > 0 && plan.steps[i].last;) {
    const std::array<storage::Value, 1> now{std::int64_t{clock_.now().time_since_epoch().count()}};
    for (const auto& sql : plan.steps[i].release_back) TENON_TRY(session.execute(sql, now));
    TENON_TRY(run_statements(session, plan.steps[i].undo, plan.steps[i].undo_without_references));
    TENON_TRY(ledger.step_undone(plan, i));
  }
  if (!plan.steps.empty() && done == plan.steps.size()) {
    TENON_ASSIGN(plugins, read_plugins(session));
    const auto known = std::ranges::find(plugins, plan.plugin, &PluginRow::id);
    if (record.previous && known != plugins.end())
      TENON_TRY(store_package(session, *record.previous, known->number, clock_.now()));
    else
      TENON_TRY(forget_package(session, plan.plugin));
    TENON_TRY(refill(session, plan, &MigrationStep::field));
    TENON_TRY(derive_last(session, plan, &MigrationStep::derive_back));
    if (switching_) switching_();
  }
  TENON_TRY(ledger.note_tables(plan));
  TENON_TRY(ledger.set_shapes(plan.after, plan.before));
  return ledger.set_state(plan.number, MigrationState::undoing, clock_.now());
}

Task<> Migrator::backward(MigrationRecord record, Deadline deadline) {
  std::size_t done = 0;
  const auto& plan = record.plan;
  TENON_CO_TRY(co_await transaction(
      deadline,
      [&](storage::Session& session) -> Result<> {
        TENON_ASSIGN(count, Ledger(session).steps_done(plan));
        done = count;
        // A step of batches that was not finished has done something all the same.
        if (done < plan.steps.size() && plan.steps[done].kind == StepKind::derive)
          TENON_TRY(run_statements(session, plan.steps[done].undo, false));
        return undo_last(session, record, done);
      },
      storage::Others::kept_out));
  while (done > 0 && plan.steps[done - 1].last) --done;
  for (; done > 0; --done)
    TENON_CO_TRY(co_await transaction(deadline, [&](storage::Session& session) -> Result<> {
      const auto& step = plan.steps[done - 1];
      TENON_TRY(run_statements(session, step.undo, step.undo_without_references));
      Ledger ledger(session);
      TENON_TRY(ledger.step_undone(plan, done - 1));
      return ledger.note_tables(plan);
    }));
  co_return co_await transaction(deadline, [&](storage::Session& session) -> Result<> {
    Ledger ledger(session);
    TENON_TRY(ledger.note_tables(plan));
    TENON_TRY(ledger.set_shapes(plan.after, plan.before));
    return ledger.set_state(plan.number, MigrationState::undone, clock_.now());
  });
}

Task<bool> Migrator::resume(Backfill backfill, Deadline deadline) {
  std::optional<MigrationRecord> record;
  TENON_CO_TRY(co_await transaction(deadline, [&](storage::Session& session) -> Result<> {
    TENON_ASSIGN(found, Ledger(session).unfinished());
    record = std::move(found);
    return {};
  }));
  if (!record) co_return false;
  if (record->state == MigrationState::running) {
    auto done = co_await forward(*record, backfill, deadline);
    if (done) co_return true;
    const auto code = done.error().code();
    if (code == ErrorCode::unavailable || code == ErrorCode::cancelled)
      co_return std::unexpected(std::move(done.error()));
  }
  TENON_CO_TRY(co_await backward(*record, deadline));
  co_return true;
}

Task<> Migrator::undo(std::string plugin, Consent consent, Deadline deadline) {
  std::optional<MigrationRecord> record;
  const auto begin = [&](storage::Session& session) -> Result<> {
    Ledger ledger(session);
    TENON_ASSIGN(running, ledger.unfinished());
    if (running)
      return fail(Error(ErrorCode::conflict, "Another change is still under way.")
                      .because("schema.migration_running"));
    TENON_ASSIGN(found, ledger.last_done(plugin));
    record = std::move(found);
    std::int64_t rows = 0;
    for (const auto& shape : record->plan.after) {
      const auto& before = record->plan.before;
      if (record->previous && !before.empty()) continue;
      if (std::ranges::find(before, shape.name, &TableShape::name) != before.end()) continue;
      TENON_TRY(
          session.query("SELECT count(*) FROM " + shape.name, {}, [&](const storage::Row& row) {
            rows += row.integer(0);
            return storage::Visit::stop;
          }));
    }
    if (rows > 0 && consent == Consent::none)
      return fail(
          Error(ErrorCode::conflict, fmt::format("{} rows of new tables would be lost.", rows))
              .because("schema.consent"));
    // From here on it is begun: a process that dies now leaves it to the next one.
    return undo_last(session, *record, record->plan.steps.size());
  };
  TENON_CO_TRY(co_await transaction(deadline, begin, storage::Others::kept_out));
  co_return co_await backward(*record, deadline);
}

Task<std::size_t> Migrator::purge_quarantine(std::string plugin, Deadline deadline) {
  std::size_t dropped = 0;
  TENON_CO_TRY(co_await transaction(deadline, [&](storage::Session& session) -> Result<> {
    Ledger ledger(session);
    TENON_ASSIGN(count, ledger.drop_quarantine(plugin, clock_.now()));
    dropped = count;
    // What is gone cannot be brought back: those changes are history now.
    return ledger.forget_changes(plugin, Ledger::Which::ended);
  }));
  co_return dropped;
}

}  // namespace tenon::data
