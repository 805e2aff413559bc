#include "data/native_scripts.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>

#include "base/hash.h"
#include "data/dialect.h"

namespace tenon::data {
namespace {

constexpr std::string_view kTable = R"sql(
CREATE TABLE IF NOT EXISTS native_script(
  module TEXT NOT NULL,
  number {integer} NOT NULL,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  at {integer} NOT NULL,
  PRIMARY KEY (module, number)
) {compact};
)sql";

struct Applied {
  std::string name, checksum;
};

std::unexpected<Error> refused(std::string_view reason, std::string text) {
  return fail(Error(ErrorCode::unavailable, std::move(text)).because(std::string(reason)));
}

std::string_view text_of(const NativeScript& script, Dialect dialect) noexcept {
  return dialect == Dialect::sqlite ? script.sqlite : script.postgres;
}

/// Whether any script was ever run: the table is made by the first.
Result<bool> has_scripts(storage::Session& session) {
  bool found = false;
  const std::string_view sql = session.dialect() == Dialect::sqlite
                                   ? "SELECT 1 FROM sqlite_schema WHERE name = 'native_script'"
                                   : "SELECT 1 FROM pg_class WHERE relname = 'native_script' AND "
                                     "relnamespace = current_schema()::regnamespace";
  TENON_TRY(session.query(sql, {}, [&](const storage::Row&) {
    found = true;
    return storage::Visit::stop;
  }));
  return found;
}

}  // namespace

Result<std::size_t> apply_scripts(storage::Session& session, std::string_view module,
                                  std::span<const NativeScript> scripts, Timestamp now) {
  TENON_TRY(session.script(portable(session.dialect(), kTable)));
  std::map<std::int64_t, Applied> applied;
  const std::array<storage::Value, 1> owner{module};
  TENON_TRY(session.query("SELECT number, name, checksum FROM native_script WHERE module = ?1",
                          owner, [&](const storage::Row& row) {
                            applied[row.integer(0)] = {std::string(row.text(1)),
                                                       std::string(row.text(2))};
                            return storage::Visit::more;
                          }));
  std::size_t run = 0;
  std::uint32_t expected = 0;
  for (const auto& script : scripts) {
    if (script.number != ++expected)
      return fail(
          Error(ErrorCode::internal, fmt::format("Script \"{}\" of {} is number {}, not {}.",
                                                 script.name, module, script.number, expected))
              .because("schema.script_order"));
    // Both texts: moving a tenant to the other database does not make a changed script a new one.
    const auto checksum =
        hex(sha256(std::string(script.sqlite) + '\0' + std::string(script.postgres)));
    if (const auto found = applied.find(script.number); found != applied.end()) {
      if (found->second.checksum != checksum)
        return refused("schema.script_changed",
                       fmt::format("Script {} \"{}\" of {} was changed after it was run.",
                                   script.number, script.name, module));
      applied.erase(found);
      continue;
    }
    TENON_TRY(session.script(text_of(script, session.dialect())));
    const std::array<storage::Value, 5> values{module, std::int64_t{script.number}, script.name,
                                               std::string_view(checksum),
                                               std::int64_t{now.time_since_epoch().count()}};
    TENON_TRY(
        session.execute("INSERT INTO native_script(module, number, name, checksum, at) "
                        "VALUES(?1, ?2, ?3, ?4, ?5)",
                        values));
    ++run;
  }
  if (applied.empty()) return run;
  return refused("schema.script_unknown",
                 fmt::format("Script {} \"{}\" of {} is of a newer program.",
                             applied.begin()->first, applied.begin()->second.name, module));
}

Result<> make_native_tables(storage::Session& from, storage::Session& to,
                            std::span<const NativeModule> modules) {
  TENON_ASSIGN(any, has_scripts(from));
  if (!any) return {};
  TENON_TRY(to.script(portable(to.dialect(), kTable)));
  for (const auto& module : modules) {
    std::int64_t last = 0;
    const std::array<storage::Value, 1> owner{module.name};
    TENON_TRY(from.query("SELECT max(number) FROM native_script WHERE module = ?1", owner,
                         [&](const storage::Row& row) {
                           last = row.integer(0);
                           return storage::Visit::stop;
                         }));
    for (const auto& script : module.scripts)
      if (script.number <= last) TENON_TRY(to.script(text_of(script, to.dialect())));
  }
  return {};
}

}  // namespace tenon::data
