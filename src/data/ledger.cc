#include "data/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/hash.h"
#include "data/schema_json.h"

namespace tenon::data {
namespace {

using storage::Row;
using storage::Visit;

constexpr std::string_view kTables = R"sql(
CREATE TABLE IF NOT EXISTS migration(
  number {integer} PRIMARY KEY,
  plugin TEXT NOT NULL,
  state {integer} NOT NULL CHECK (state BETWEEN 0 AND 3),
  started_at {integer} NOT NULL,
  finished_at {integer},
  plan TEXT NOT NULL,
  package TEXT NOT NULL,
  component {bytes} NOT NULL,
  previous TEXT,
  previous_component {bytes}
) {strict};
CREATE TABLE IF NOT EXISTS migration_step(
  migration {integer} NOT NULL,
  step {integer} NOT NULL,
  checksum TEXT NOT NULL,
  at {integer} NOT NULL,
  PRIMARY KEY (migration, step)
) {compact};
CREATE TABLE IF NOT EXISTS migration_cursor(
  migration {integer} NOT NULL,
  step {integer} NOT NULL,
  place TEXT NOT NULL,
  PRIMARY KEY (migration, step)
) {compact};
CREATE TABLE IF NOT EXISTS table_shape(
  name TEXT PRIMARY KEY,
  shape TEXT NOT NULL,
  fingerprint TEXT NOT NULL
) {compact};
)sql";

storage::Blob bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string text_of(storage::Blob blob) { return {blob.begin(), blob.end()}; }

std::string package_json(const Package& package) {
  json::array entities;
  for (const auto& entity : package.entities) entities.emplace_back(to_json(entity));
  return json::serialize(json::object{{"id", package.id},
                                      {"version", package.version},
                                      {"manifest", package.manifest},
                                      {"sha256", package.sha256},
                                      {"entities", std::move(entities)}});
}

Result<Package> package_from(std::string_view stored, std::string component) {
  TENON_ASSIGN(object, json::parse_object(stored, {.bytes = std::size_t{64} << 20U}));
  Package package{.id = std::string(object.at("id").as_string()),
                  .version = std::string(object.at("version").as_string()),
                  .manifest = std::string(object.at("manifest").as_string()),
                  .component = std::move(component),
                  .sha256 = std::string(object.at("sha256").as_string()),
                  .entities = {}};
  for (const auto& text : object.at("entities").as_array()) {
    TENON_ASSIGN(entity, entity_from_json(text.as_string()));
    package.entities.push_back(std::move(entity));
  }
  return package;
}

struct RawRecord {
  std::int64_t state = 0, started_at = 0;
  std::string plan, package, component, previous, previous_component;
  bool has_previous = false;
};

Result<MigrationRecord> record_from(RawRecord raw) {
  MigrationRecord record;
  TENON_ASSIGN(plan, plan_from_json(raw.plan));
  record.plan = std::move(plan);
  record.state = static_cast<MigrationState>(raw.state);
  record.started_at = raw.started_at;
  TENON_ASSIGN(package, package_from(raw.package, std::move(raw.component)));
  record.package = std::move(package);
  if (!raw.has_previous) return record;
  TENON_ASSIGN(previous, package_from(raw.previous, std::move(raw.previous_component)));
  record.previous = std::move(previous);
  return record;
}

Result<std::optional<MigrationRecord>> first(storage::Session& session, const std::string& rest,
                                             storage::Values values) {
  std::optional<RawRecord> raw;
  TENON_TRY(
      session.query("SELECT state, started_at, plan, package, component, previous, "
                    "previous_component FROM migration " +
                        rest,
                    values, [&](const Row& row) {
                      raw.emplace();
                      raw->state = row.integer(0);
                      raw->started_at = row.integer(1);
                      raw->plan = row.text(2);
                      raw->package = row.text(3);
                      raw->component = text_of(row.blob(4));
                      raw->has_previous = !row.is_null(5);
                      raw->previous = row.text(5);
                      raw->previous_component = text_of(row.blob(6));
                      return Visit::stop;
                    }));
  if (!raw) return std::nullopt;
  TENON_ASSIGN(record, record_from(std::move(*raw)));
  return std::move(record);
}

/// Names (quoted) of the quarantine tables that a step makes.
std::vector<std::string> put_away(const MigrationPlan& plan, const MigrationStep& step) {
  std::vector<std::string> names;
  const auto prefix = fmt::format("\"q{}_", plan.number);
  for (const auto& sql : step.sql) {
    const auto at =
        sql.starts_with("CREATE TABLE " + prefix) ? 13 : sql.find("RENAME TO " + prefix);
    if (at == std::string::npos) continue;
    const auto begin = sql.find(prefix, at);
    names.push_back(sql.substr(begin, sql.find('"', begin + 1) - begin + 1));
  }
  return names;
}

Result<bool> has_table(storage::Session& session, std::string_view quoted) {
  bool found = false;
  const auto name = quoted.substr(1, quoted.size() - 2);
  const std::array<storage::Value, 1> values{name};
  TENON_TRY(session.query(session.dialect() == Dialect::sqlite
                              ? "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1"
                              : "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND "
                                "tablename = CAST(?1 AS TEXT)",
                          values, [&](const Row&) {
                            found = true;
                            return Visit::stop;
                          }));
  return found;
}

std::set<std::string> names_in(const MigrationPlan& plan) {
  std::set<std::string> names;
  for (const auto& shape : plan.before) names.insert(shape.name);
  for (const auto& shape : plan.after) names.insert(shape.name);
  return names;
}

}  // namespace

Result<> Ledger::create_tables() { return session_.script(portable(session_.dialect(), kTables)); }

Result<std::int64_t> Ledger::next_number() {
  std::int64_t number = 1;
  TENON_TRY(
      session_.query("SELECT coalesce(max(number), 0) + 1 FROM migration", {}, [&](const Row& row) {
        number = row.integer(0);
        return Visit::stop;
      }));
  return number;
}

Result<> Ledger::begin(const MigrationRecord& record) {
  const auto plan = json::serialize(to_json(record.plan));
  const auto package = package_json(record.package);
  const auto previous = record.previous ? package_json(*record.previous) : std::string();
  std::array<storage::Value, 8> values{
      record.plan.number,        std::string_view(record.plan.plugin),
      record.started_at,         std::string_view(plan),
      std::string_view(package), bytes(record.package.component),
      std::monostate{},          std::monostate{}};
  if (record.previous) {
    values[6] = std::string_view(previous);
    values[7] = bytes(record.previous->component);
  }
  TENON_TRY(
      session_.execute("INSERT INTO migration(number, plugin, state, started_at, plan, "
                       "package, component, previous, previous_component) "
                       "VALUES(?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8)",
                       values));
  return {};
}

Result<> Ledger::set_state(std::int64_t number, MigrationState state, Timestamp now) {
  const std::array<storage::Value, 3> values{number, std::int64_t{static_cast<int>(state)},
                                             std::int64_t{now.time_since_epoch().count()}};
  TENON_TRY(session_.execute("UPDATE migration SET state = ?2, finished_at = ?3 WHERE number = ?1",
                             values));
  return {};
}

Result<std::optional<MigrationRecord>> Ledger::unfinished() {
  return first(session_, "WHERE state IN (0, 2) ORDER BY number DESC LIMIT 1", {});
}

Result<MigrationRecord> Ledger::last_done(std::string_view plugin) {
  const std::array<storage::Value, 1> values{plugin};
  TENON_ASSIGN(
      found,
      first(session_, "WHERE plugin = ?1 AND state = 1 ORDER BY number DESC LIMIT 1", values));
  if (!found)
    return fail(
        Error(ErrorCode::not_found, "There is nothing to undo.").because("schema.no_migration"));
  // Its steps are words of the database that the tenant was in.
  if (found->plan.dialect != session_.dialect())
    return fail(Error(ErrorCode::not_found, "The tenant has moved since; nothing can be undone.")
                    .because("schema.no_migration"));
  const auto ours = names_in(found->plan);
  std::vector<std::string> later;
  const std::array<storage::Value, 1> after{found->plan.number};
  TENON_TRY(session_.query("SELECT plan FROM migration WHERE number > ?1 AND state = 1", after,
                           [&](const Row& row) {
                             later.emplace_back(row.text(0));
                             return Visit::more;
                           }));
  for (const auto& text : later) {
    TENON_ASSIGN(plan, plan_from_json(text));
    for (const auto& name : names_in(plan))
      if (ours.contains(name))
        return fail(
            Error(ErrorCode::conflict,
                  fmt::format("A later change by \"{}\" has to be undone first.", plan.plugin))
                .because("schema.undo_order"));
  }
  return std::move(*found);
}

Result<std::size_t> Ledger::steps_done(const MigrationPlan& plan) {
  std::size_t done = 0;
  bool same = true;
  const std::array<storage::Value, 1> values{plan.number};
  TENON_TRY(session_.query(
      "SELECT step, checksum FROM migration_step WHERE migration = ?1 ORDER BY step", values,
      [&](const Row& row) {
        same = same && row.integer(0) == static_cast<std::int64_t>(done) &&
               done < plan.steps.size() && row.text(1) == plan.steps[done].checksum();
        ++done;
        return Visit::more;
      }));
  if (same) return done;
  return fail(Error(ErrorCode::internal, "The ledger of schema changes does not match its plan.")
                  .because("schema.checksum"));
}

Result<> Ledger::step_done(const MigrationPlan& plan, std::size_t step, Timestamp now) {
  const auto checksum = plan.steps[step].checksum();
  const std::array<storage::Value, 4> values{plan.number, static_cast<std::int64_t>(step),
                                             std::string_view(checksum),
                                             std::int64_t{now.time_since_epoch().count()}};
  TENON_TRY(session_.execute(
      "INSERT INTO migration_step(migration, step, checksum, at) VALUES(?1, ?2, ?3, ?4)", values));
  return {};
}

Result<> Ledger::step_undone(const MigrationPlan& plan, std::size_t step) {
  const std::array<storage::Value, 2> values{plan.number, static_cast<std::int64_t>(step)};
  TENON_TRY(
      session_.execute("DELETE FROM migration_step WHERE migration = ?1 AND step = ?2", values));
  return {};
}

Result<std::string> Ledger::cursor(std::int64_t number, std::size_t step) {
  std::string place;
  const std::array<storage::Value, 2> values{number, static_cast<std::int64_t>(step)};
  TENON_TRY(session_.query("SELECT place FROM migration_cursor WHERE migration = ?1 AND step = ?2",
                           values, [&](const Row& row) {
                             place = row.text(0);
                             return Visit::stop;
                           }));
  return place;
}

Result<> Ledger::set_cursor(std::int64_t number, std::size_t step, std::string_view cursor) {
  const std::array<storage::Value, 3> values{number, static_cast<std::int64_t>(step), cursor};
  TENON_TRY(
      session_.execute("INSERT INTO migration_cursor(migration, step, place) VALUES(?1, ?2, ?3) "
                       "ON CONFLICT(migration, step) DO UPDATE SET place = ?3",
                       values));
  return {};
}

Result<std::vector<TableShape>> Ledger::shapes() {
  std::vector<std::string> texts;
  TENON_TRY(session_.query("SELECT shape FROM table_shape ORDER BY name", {}, [&](const Row& row) {
    texts.emplace_back(row.text(0));
    return Visit::more;
  }));
  std::vector<TableShape> shapes;
  for (const auto& text : texts) {
    TENON_ASSIGN(object, json::parse_object(text, {.bytes = std::size_t{16} << 20U}));
    shapes.push_back(shape_from_json(object));
  }
  return shapes;
}

Result<> Ledger::note_tables(const MigrationPlan& plan) {
  TENON_ASSIGN(tables, dump_tables(session_));
  for (const auto& name : names_in(plan)) {
    const auto found = tables.find(name);
    if (found == tables.end()) {
      TENON_TRY(forget_table(name));
      continue;
    }
    const auto fingerprint = hex(sha256(found->second));
    const auto shape = std::ranges::find(plan.after, name, &TableShape::name);
    const auto old = std::ranges::find(plan.before, name, &TableShape::name);
    const auto text = json::serialize(to_json(old != plan.before.end() ? *old : *shape));
    const std::array<storage::Value, 3> values{std::string_view(name), std::string_view(text),
                                               std::string_view(fingerprint)};
    TENON_TRY(
        session_.execute("INSERT INTO table_shape(name, shape, fingerprint) "
                         "VALUES(?1, ?2, ?3) ON CONFLICT(name) DO UPDATE SET fingerprint = ?3",
                         values));
  }
  return {};
}

Result<> Ledger::set_shapes(const std::vector<TableShape>& gone,
                            const std::vector<TableShape>& now) {
  for (const auto& shape : gone)
    if (std::ranges::find(now, shape.name, &TableShape::name) == now.end())
      TENON_TRY(forget_table(shape.name));
  for (const auto& shape : now) {
    const auto text = json::serialize(to_json(shape));
    const std::array<storage::Value, 2> values{std::string_view(shape.name),
                                               std::string_view(text)};
    TENON_TRY(session_.execute("UPDATE table_shape SET shape = ?2 WHERE name = ?1", values));
  }
  return {};
}

Result<> Ledger::forget_table(std::string_view name) {
  const std::array<storage::Value, 1> values{name};
  TENON_TRY(session_.execute("DELETE FROM table_shape WHERE name = ?1", values));
  return {};
}

Result<> Ledger::forget_changes(std::string_view plugin, Which which) {
  const std::array<storage::Value, 1> values{plugin};
  const std::string whose = which == Which::all ? "plugin = ?1" : "plugin = ?1 AND state IN (1, 3)";
  for (const auto* table : {"migration_step", "migration_cursor"})
    TENON_TRY(session_.execute(
        fmt::format("DELETE FROM {} WHERE migration IN (SELECT number FROM migration WHERE {})",
                    table, whose),
        values));
  TENON_TRY(session_.execute("DELETE FROM migration WHERE " + whose, values));
  return {};
}

Result<> Ledger::check_fingerprints() {
  TENON_ASSIGN(tables, dump_tables(session_));
  std::string wrong;
  TENON_TRY(session_.query("SELECT name, fingerprint FROM table_shape ORDER BY name", {},
                           [&](const Row& row) {
                             const auto found = tables.find(std::string(row.text(0)));
                             if (found != tables.end() && hex(sha256(found->second)) == row.text(1))
                               return Visit::more;
                             wrong = row.text(0);
                             return Visit::stop;
                           }));
  if (wrong.empty()) return {};
  return fail(
      Error(ErrorCode::unavailable,
            fmt::format("The table {} is not as it was left; it was changed from outside.", wrong))
          .because("schema.fingerprint"));
}

Result<std::size_t> Ledger::drop_quarantine(std::string_view plugin, Timestamp now) {
  std::vector<std::string> plans;
  const std::array<storage::Value, 1> values{plugin};
  TENON_TRY(session_.query("SELECT plan FROM migration WHERE plugin = ?1 AND state = 1", values,
                           [&](const Row& row) {
                             plans.emplace_back(row.text(0));
                             return Visit::more;
                           }));
  const std::array<storage::Value, 1> at{std::int64_t{now.time_since_epoch().count()}};
  std::size_t dropped = 0;
  for (const auto& text : plans) {
    TENON_ASSIGN(plan, plan_from_json(text));
    for (const auto& step : plan.steps)
      for (const auto& name : put_away(plan, step)) {
        TENON_ASSIGN(there, has_table(session_, name));
        if (!there) continue;
        for (const auto& sql : step.release) TENON_TRY(session_.execute(sql, at));
        TENON_TRY(session_.script("DROP TABLE " + name));
        ++dropped;
      }
  }
  return dropped;
}

}  // namespace tenon::data
