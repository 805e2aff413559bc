#include "services/settings/setting_rows.h"

#include <array>

#include "data/dialect.h"
#include "identity/sql.h"

namespace tenon::services {
namespace {

namespace sql = identity::sql;
using storage::Row;
using storage::Value;

constexpr std::string_view kTables = R"sql(
CREATE TABLE setting(
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (owner, name)
) {compact};
CREATE TABLE setting_owner(
  owner TEXT PRIMARY KEY,
  version {integer} NOT NULL,
  updated_at {integer} NOT NULL,
  updated_by {id}
) {compact};
)sql";

}  // namespace

std::span<const data::NativeScript> setting_scripts() {
  static const std::array<std::string, 2> texts = {
      data::portable(data::Dialect::sqlite, kTables),
      data::portable(data::Dialect::postgres, kTables),
  };
  static const std::array<data::NativeScript, 1> scripts = {
      {{.number = 1, .name = "settings", .sqlite = texts[0], .postgres = texts[1]}}};
  return scripts;
}

Result<StoredSettings> read_settings(storage::Session& session, std::string_view owner) {
  StoredSettings stored;
  const std::array<Value, 1> values{owner};
  TENON_TRY(sql::each(session, "SELECT name, value FROM setting WHERE owner = ?1", values,
                      [&](const Row& row) {
                        if (auto value = json::parse(row.text(1)))
                          stored.values.emplace(row.text(0), *std::move(value));
                      }));
  TENON_TRY(sql::each(session,
                      "SELECT version, updated_at, updated_by FROM setting_owner WHERE owner = ?1",
                      values, [&](const Row& row) {
                        stored.version = static_cast<std::uint64_t>(row.integer(0));
                        stored.updated_at = sql::time_at(row, 1);
                        stored.updated_by = sql::optional_id_at<UserId>(row, 2);
                      }));
  return stored;
}

Result<> write_settings(storage::Session& session, std::string_view owner,
                        const json::object& values, std::optional<UserId> by, Timestamp now) {
  for (const auto& [name, value] : values) {
    const std::string_view key(name);
    if (value.is_null()) {
      TENON_TRY(session.execute("DELETE FROM setting WHERE owner = ?1 AND name = ?2",
                                std::array<Value, 2>{owner, key}));
      continue;
    }
    const auto text = json::serialize(value);
    TENON_TRY(
        session.execute("INSERT INTO setting(owner, name, value) VALUES(?1, ?2, ?3) ON "
                        "CONFLICT(owner, name) DO UPDATE SET value = ?3",
                        std::array<Value, 3>{owner, key, std::string_view(text)}));
  }
  TENON_TRY(session.execute(
      "INSERT INTO setting_owner(owner, version, updated_at, updated_by) VALUES(?1, 1, ?2, ?3) ON "
      "CONFLICT(owner) DO UPDATE SET version = setting_owner.version + 1, updated_at = ?2, "
      "updated_by = ?3",
      std::array<Value, 3>{owner, sql::time(now), sql::id(by)}));
  return {};
}

Result<Company> read_company(storage::Session& session) {
  TENON_ASSIGN(stored, read_settings(session, kCompany));
  Company company;
  const auto take = [&](std::string_view name, std::string& into) {
    const auto found = stored.values.find(name);
    if (found != stored.values.end() && found->second.is_string())
      into = found->second.get_string();
  };
  take("name", company.name);
  take("locale", company.locale);
  take("time_zone", company.time_zone);
  take("currency", company.currency);
  return company;
}

}  // namespace tenon::services
