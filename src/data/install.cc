// What is installed in a tenant: the plugin and entity tables, and the catalog made of them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <utility>

#include "data/derive_plan.h"
#include "data/durably.h"
#include "data/files/references.h"
#include "data/migrator.h"
#include "data/schema_json.h"
#include "data/search.h"
#include "data/tenant_state.h"

namespace tenon::data {
namespace {

using storage::Blob;
using storage::Row;
using storage::Session;
using storage::Visit;

Result<> run_all(Session& session, const std::vector<std::string>& statements) {
  for (const auto& statement : statements) TENON_TRY(session.script(statement));
  return {};
}

/// Columns that `id` added to tables of others go with it.
Result<> drop_extension_columns(Session& session, const Catalog& catalog, std::string_view id) {
  Ledger ledger(session);
  TENON_ASSIGN(shapes, ledger.shapes());
  const auto prefix = fmt::format("\"e{}_", catalog.plugin(id)->number);
  const auto shadow = fmt::format("\"es{}_", catalog.plugin(id)->number);
  const auto ours = [&](std::string_view column) {
    return column.starts_with(prefix) || column.starts_with(shadow);
  };
  for (const auto& shape : shapes) {
    auto left = shape;
    std::erase_if(left.columns, [&](const ColumnShape& column) { return ours(column.name); });
    std::erase_if(left.indexes, [&](const IndexShape& index) {
      return std::ranges::any_of(index.columns, ours);
    });
    if (left == shape) continue;
    if (session.dialect() == Dialect::postgres) {
      for (const auto& column : shape.columns)
        if (ours(column.name))
          TENON_TRY(session.script(
              fmt::format("ALTER TABLE {} DROP COLUMN {} CASCADE", shape.name, column.name)));
    } else {
      std::vector<Filling> fillings;
      for (const auto& column : left.columns) fillings.emplace_back(column.name, column.name);
      TENON_TRY(session.without_references(
          [&] { return run_all(session, rebuild(shape, left, fillings)); }));
    }
    MigrationPlan plan;
    plan.before = {shape};
    plan.after = {left};
    TENON_TRY(ledger.note_tables(plan));
    TENON_TRY(ledger.set_shapes(plan.before, plan.after));
  }
  return {};
}

/// Roll-ups of other modules over rows that are gone.
Result<> derive_others(Session& session, const Catalog& before) {
  TENON_ASSIGN(after, read_catalog(session));
  std::vector<EntityChange> changes;
  for (const auto* now : after->entities())
    changes.push_back(
        {.was = before.find(now->plugin(), now->name()), .now = now, .delta = nullptr});
  return derive_all(session, *after, plan_derived(changes, before, *after).all);
}

Result<> purge_in(Session& session, std::string_view id, Timestamp now) {
  TENON_ASSIGN(catalog, read_catalog(session));
  if (catalog->plugin(id) == nullptr) return fail(ErrorCode::not_found, "There is no such plugin.");
  TENON_TRY(catalog->unreferenced(id));
  TENON_TRY(release_added(session, *catalog, id, now));
  TENON_TRY(drop_extension_columns(session, *catalog, id));
  Ledger ledger(session);
  TENON_TRY(session.without_references([&]() -> Result<> {
    for (const auto* entity : catalog->entities()) {
      if (entity->plugin() != id) continue;
      TENON_TRY(release_files(session, *entity, now));
      TENON_TRY(run_all(session, drop_search(*entity)));
      // With the foreign keys of tables that go in this same loop.
      const auto* joined = session.dialect() == Dialect::postgres ? " CASCADE" : "";
      TENON_TRY(session.script("DROP TABLE " + entity->table() + joined));
      TENON_TRY(ledger.forget_table(entity->table()));
    }
    return {};
  }));
  TENON_TRY(ledger.drop_quarantine(id, now));
  TENON_TRY(ledger.forget_changes(id, Ledger::Which::all));
  const std::array<storage::Value, 1> values{id};
  TENON_TRY(session.execute("DELETE FROM plugin WHERE id = ?1", values));
  return derive_others(session, *catalog);
}

/// The right to change the schema of a tenant. Only one process has it open for that.
class Turn {
 public:
  [[nodiscard]] static std::optional<Turn> take(std::atomic<bool>& busy) {
    if (busy.exchange(true)) return std::nullopt;
    return Turn(busy);
  }
  Turn(Turn&& other) noexcept : busy_(std::exchange(other.busy_, nullptr)) {}
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (busy_ != nullptr) busy_->store(false);
  }

 private:
  explicit Turn(std::atomic<bool>& busy) noexcept : busy_(&busy) {}
  std::atomic<bool>* busy_;
};

Error under_way() {
  return Error(ErrorCode::conflict, "Another change of the tables is under way; try again soon.")
      .because("schema.migration_running");
}

}  // namespace

Result<std::vector<PluginRow>> read_plugins(Session& session) {
  std::vector<PluginRow> plugins;
  TENON_TRY(
      session.query("SELECT number, id, version, manifest, sha256, state, installed_at FROM plugin "
                    "ORDER BY number",
                    {}, [&](const Row& row) {
                      plugins.push_back({.number = static_cast<std::uint32_t>(row.integer(0)),
                                         .id = std::string(row.text(1)),
                                         .version = std::string(row.text(2)),
                                         .manifest = std::string(row.text(3)),
                                         .sha256 = std::string(row.text(4)),
                                         .state = static_cast<PluginState>(row.integer(5)),
                                         .installed_at = row.integer(6)});
                      return Visit::more;
                    }));
  return plugins;
}

Result<std::vector<Entity>> read_entities(Session& session) {
  std::vector<Entity> entities;
  Result<> parsed;
  TENON_TRY(
      session.query("SELECT definition FROM entity ORDER BY plugin, name", {}, [&](const Row& row) {
        auto entity = entity_from_json(row.text(0));
        if (!entity) {
          parsed = std::unexpected(std::move(entity.error()));
          return Visit::stop;
        }
        entities.push_back(std::move(*entity));
        return Visit::more;
      }));
  TENON_TRY(std::move(parsed));
  return entities;
}

Result<> store_package(Session& session, const Package& package, std::uint32_t number,
                       Timestamp now) {
  const std::array<storage::Value, 9> values{
      std::int64_t{number},
      std::string_view(package.id),
      std::string_view(package.version),
      std::string_view(package.manifest),
      std::string_view(package.sha256),
      std::int64_t{static_cast<int>(PluginState::installed)},
      std::int64_t{now.time_since_epoch().count()},
      Blob(reinterpret_cast<const std::uint8_t*>(package.component.data()),
           package.component.size()),
      std::int64_t{static_cast<int>(PluginState::uninstalled)}};
  TENON_TRY(session.execute(
      "INSERT INTO plugin(number, id, version, manifest, sha256, state, installed_at, component) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(number) DO UPDATE SET version = ?3, "
      "manifest = ?4, sha256 = ?5, component = ?8, "
      "state = CASE WHEN plugin.state = ?9 THEN ?6 ELSE plugin.state END",
      values));
  const std::array<storage::Value, 1> owner{std::int64_t{number}};
  TENON_TRY(session.execute("DELETE FROM entity WHERE plugin = ?1", owner));
  for (const auto& entity : package.entities) {
    const auto definition = to_json(entity);
    // An extension stands under the full name of what it adds to.
    const auto name = entity.extends.empty() ? entity.name : entity.extends + "." + entity.name;
    const std::array<storage::Value, 3> row{std::int64_t{number}, std::string_view(name),
                                            std::string_view(definition)};
    TENON_TRY(
        session.execute("INSERT INTO entity(plugin, name, definition) VALUES(?1, ?2, ?3)", row));
  }
  return {};
}

Result<> forget_package(Session& session, std::string_view plugin) {
  const std::array<storage::Value, 1> values{plugin};
  TENON_TRY(session.execute("DELETE FROM plugin WHERE id = ?1", values));
  return {};
}

Result<std::optional<Package>> stored_package(Session& session, std::string_view plugin) {
  std::optional<Package> package;
  const std::array<storage::Value, 1> values{plugin};
  TENON_TRY(session.query("SELECT version, manifest, sha256, component FROM plugin WHERE id = ?1",
                          values, [&](const Row& row) {
                            const auto blob = row.blob(3);
                            package = Package{.id = std::string(plugin),
                                              .version = std::string(row.text(0)),
                                              .manifest = std::string(row.text(1)),
                                              .component = {blob.begin(), blob.end()},
                                              .sha256 = std::string(row.text(2)),
                                              .entities = {}};
                            return Visit::stop;
                          }));
  if (!package) return package;
  TENON_ASSIGN(entities, read_entities(session));
  for (auto& entity : entities)
    if (entity.plugin == plugin) package->entities.push_back(std::move(entity));
  return package;
}

Result<std::shared_ptr<const Catalog>> read_catalog(Session& session) {
  TENON_ASSIGN(plugins, read_plugins(session));
  TENON_ASSIGN(entities, read_entities(session));
  return Catalog::make(std::move(plugins), std::move(entities));
}

Result<> Tenant::State::reload() {
  const std::lock_guard one_at_a_time(reload_mutex);
  TENON_ASSIGN(reader, database->reader());
  TENON_TRY(reader.snapshot(storage::Seen::one_state));
  TENON_ASSIGN(fresh, read_catalog(reader.session()));
  const std::lock_guard lock(mutex);
  catalog = std::move(fresh);
  return {};
}

Result<> Tenant::State::end_switch() {
  TENON_TRY(reload());
  const std::lock_guard lock(mutex);
  if (epoch % 2 == 1) numbers.forget(++epoch);
  return {};
}

Task<> Tenant::install(Package package, Deadline deadline) {
  TENON_CO_TRY(co_await upgrade(std::move(package), Consent::none, {}, deadline));
  co_return Result<>();
}

Task<MigrationPlan> Tenant::upgrade(Package package, Consent consent, Backfill backfill,
                                    Deadline deadline) {
  const auto turn = Turn::take(state_->migrating);
  if (!turn) co_return fail(under_way());
  Migrator migrator(*state_->database, state_->clock, [this] { state_->begin_switch(); });
  // What a change left that met a full disk or a lost server, on its way back as well.
  Result<MigrationPlan> plan;
  if (auto resumed = co_await migrator.resume({}, deadline))
    plan = co_await migrator.apply(std::move(package), consent, std::move(backfill), deadline);
  else
    plan = std::unexpected(std::move(resumed.error()));
  // Whatever became of it: what the database says holds.
  auto known = state_->end_switch();
  if (plan && !known) co_return std::unexpected(std::move(known.error()));
  co_return plan;
}

Task<MigrationPlan> Tenant::plan(Package package, Deadline deadline) {
  Migrator migrator(*state_->database, state_->clock);
  co_return co_await migrator.plan(std::move(package), {}, deadline);
}

Task<MigrationPlan> Tenant::dry_run(Package package, Deadline deadline) {
  Migrator migrator(*state_->database, state_->clock);
  co_return co_await migrator.dry_run(std::move(package), {}, deadline);
}

Task<> Tenant::undo(std::string plugin, Consent consent, Deadline deadline) {
  const auto turn = Turn::take(state_->migrating);
  if (!turn) co_return fail(under_way());
  Migrator migrator(*state_->database, state_->clock, [this] { state_->begin_switch(); });
  auto done = co_await migrator.undo(std::move(plugin), consent, deadline);
  auto known = state_->end_switch();
  co_return done ? known : done;
}

Task<> Tenant::set_state(std::string plugin, PluginState state, Deadline deadline,
                         std::optional<PlatformAct> act) {
  auto work = [this, &plugin, state, &act](Session& session) -> Result<> {
    const std::array<storage::Value, 2> values{std::string_view(plugin),
                                               std::int64_t{static_cast<int>(state)}};
    TENON_ASSIGN(changed, session.execute("UPDATE plugin SET state = ?2 WHERE id = ?1", values));
    if (changed == 0) return fail(ErrorCode::not_found, "There is no such plugin.");
    if (act) return note_act(session, *act, state_->clock.now());
    return {};
  };
  TENON_CO_TRY(co_await run_durably(*state_->database, deadline, work));
  co_return state_->reload();
}

Task<> Tenant::purge(std::string plugin, Deadline deadline, std::optional<PlatformAct> act) {
  auto work = [this, &plugin, &act](Session& session) -> Result<> {
    TENON_TRY(purge_in(session, plugin, state_->clock.now()));
    if (act) return note_act(session, *act, state_->clock.now());
    return {};
  };
  TENON_CO_TRY(co_await run_durably(*state_->database, deadline, work));
  co_return state_->reload();
}

Result<std::string> Tenant::component(std::string_view plugin) {
  TENON_ASSIGN(reader, state_->database->reader());
  std::optional<std::string> bytes;
  const std::array<storage::Value, 1> values{plugin};
  TENON_TRY(reader.session().query("SELECT component FROM plugin WHERE id = ?1", values,
                                   [&](const Row& row) {
                                     const auto blob = row.blob(0);
                                     bytes.emplace(blob.begin(), blob.end());
                                     return Visit::more;
                                   }));
  if (!bytes) return fail(ErrorCode::not_found, "There is no such plugin.");
  return std::move(*bytes);
}

}  // namespace tenon::data
