// What is installed in a tenant: the plugin and entity tables, and the catalog made of them.
#include <fmt/format.h>

#include <array>
#include <functional>

#include "data/ddl.h"
#include "data/run_unit.h"
#include "data/schema_json.h"
#include "data/search.h"
#include "data/tenant_state.h"

namespace tenon::data {
namespace {

using storage::Blob;
using storage::Row;
using storage::Session;
using storage::Visit;

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

Result<> run_all(Session& session, const std::vector<std::string>& statements) {
  for (const auto& statement : statements) TENON_TRY(session.script(statement));
  return {};
}

Result<> store_plugin(Session& session, const Package& package, std::uint32_t number,
                      Timestamp now) {
  const std::array<storage::Value, 8> values{
      std::int64_t{number},
      std::string_view(package.id),
      std::string_view(package.version),
      std::string_view(package.manifest),
      std::string_view(package.sha256),
      static_cast<std::int64_t>(PluginState::installed),
      std::int64_t{now.time_since_epoch().count()},
      Blob(reinterpret_cast<const std::uint8_t*>(package.component.data()),
           package.component.size())};
  TENON_TRY(session.execute(
      "INSERT INTO plugin(number, id, version, manifest, sha256, state, installed_at, component) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(number) DO UPDATE SET version = ?3, "
      "manifest = ?4, "
      "sha256 = ?5, component = ?8",
      values));
  return {};
}

Result<> store_entity(Session& session, std::uint32_t number, const Entity& entity) {
  const auto definition = to_json(entity);
  const std::array<storage::Value, 3> values{std::int64_t{number}, std::string_view(entity.name),
                                             std::string_view(definition)};
  TENON_TRY(
      session.execute("INSERT INTO entity(plugin, name, definition) VALUES(?1, ?2, ?3) "
                      "ON CONFLICT(plugin, name) DO UPDATE SET definition = ?3",
                      values));
  return {};
}

Result<> install_in(Session& session, const Package& package, Timestamp now) {
  TENON_ASSIGN(before, read_catalog(session));
  TENON_ASSIGN(plugins, read_plugins(session));
  TENON_ASSIGN(entities, read_entities(session));
  const auto* known = before->plugin(package.id);
  std::uint32_t number = 1;
  for (const auto& plugin : plugins) number = std::max(number, plugin.number + 1);
  if (known != nullptr) number = known->number;
  if (known == nullptr)
    plugins.push_back({.number = number,
                       .id = package.id,
                       .version = package.version,
                       .manifest = {},
                       .sha256 = {}});

  std::erase_if(entities, [&](const Entity& entity) { return entity.plugin == package.id; });
  entities.insert(entities.end(), package.entities.begin(), package.entities.end());
  for (auto& entity : entities)
    if (entity.plugin.empty()) entity.plugin = package.id;
  TENON_ASSIGN(after, Catalog::make(std::move(plugins), entities));

  TENON_TRY(store_plugin(session, package, number, now));
  for (const auto* old : before->entities())
    if (old->plugin() == package.id && after->find(package.id, old->name()) == nullptr)
      return fail(Error(ErrorCode::conflict,
                        fmt::format("The entity \"{}\" is gone from the new version.", old->name()))
                      .because("schema.incompatible"));
  for (const auto* now_info : after->entities()) {
    if (now_info->plugin() != package.id) continue;
    const auto* old = before->find(package.id, now_info->name());
    if (old == nullptr) {
      TENON_TRY(run_all(session, create_table(*now_info, *after, session.dialect())));
    } else {
      TENON_ASSIGN(statements, upgrade_table(*old, *now_info, *after, session.dialect()));
      TENON_TRY(run_all(session, statements));
      if (!same_search(*old, *now_info)) TENON_TRY(refill_search(session, *now_info));
    }
    TENON_TRY(store_entity(session, number, now_info->entity()));
  }
  return {};
}

Result<> purge_in(Session& session, std::string_view id) {
  TENON_ASSIGN(catalog, read_catalog(session));
  if (catalog->plugin(id) == nullptr) return fail(ErrorCode::not_found, "There is no such plugin.");
  for (const auto* entity : catalog->entities()) {
    if (entity->plugin() != id) continue;
    for (const auto& incoming : entity->incoming())
      if (incoming.plugin != id)
        return fail(
            Error(ErrorCode::conflict, fmt::format("\"{}.{}\" refers to \"{}\".", incoming.plugin,
                                                   incoming.entity, entity->full_name()))
                .because("schema.referenced"));
  }
  for (const auto* entity : catalog->entities())
    if (entity->plugin() == id) TENON_TRY(run_all(session, drop_table(*entity)));
  const std::array<storage::Value, 1> values{id};
  TENON_TRY(session.execute("DELETE FROM plugin WHERE id = ?1", values));
  return {};
}

/// Runs `work` on the writer until it is durable; again when the group lost it.
template <class Work>
Task<> durably(storage::Database& database, Deadline deadline, Work work) {
  for (int run = 1;; ++run) {
    TENON_CO_ASSIGN(lease, co_await database.lease(deadline));
    Result<> done = work(lease.session());
    if (done)
      done = co_await lease.commit();
    else
      lease.rollback();
    if (done || run == kMaxRuns || !wants_rerun(done.error())) co_return done;
  }
}

}  // namespace

Result<std::shared_ptr<const Catalog>> read_catalog(Session& session) {
  TENON_ASSIGN(plugins, read_plugins(session));
  TENON_ASSIGN(entities, read_entities(session));
  return Catalog::make(std::move(plugins), std::move(entities));
}

Result<> Tenant::State::reload() {
  const std::lock_guard one_at_a_time(reload_mutex);
  TENON_ASSIGN(reader, database->reader());
  TENON_TRY(reader.snapshot());
  TENON_ASSIGN(fresh, read_catalog(reader.session()));
  const std::lock_guard lock(mutex);
  catalog = std::move(fresh);
  return {};
}

Task<> Tenant::install(Package package, Deadline deadline) {
  auto work = [this, &package](Session& session) {
    return install_in(session, package, state_->clock.now());
  };
  TENON_CO_TRY(co_await durably(*state_->database, deadline, work));
  co_return state_->reload();
}

Task<> Tenant::set_state(std::string plugin, PluginState state, Deadline deadline) {
  auto work = [&plugin, state](Session& session) -> Result<> {
    const std::array<storage::Value, 2> values{std::string_view(plugin),
                                               std::int64_t{static_cast<int>(state)}};
    TENON_ASSIGN(changed, session.execute("UPDATE plugin SET state = ?2 WHERE id = ?1", values));
    if (changed == 0) return fail(ErrorCode::not_found, "There is no such plugin.");
    return {};
  };
  TENON_CO_TRY(co_await durably(*state_->database, deadline, work));
  co_return state_->reload();
}

Task<> Tenant::purge(std::string plugin, Deadline deadline) {
  auto work = [&plugin](Session& session) { return purge_in(session, plugin); };
  TENON_CO_TRY(co_await durably(*state_->database, deadline, work));
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
