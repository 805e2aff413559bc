#include "data/system.h"

#include <array>

namespace tenon::data {
namespace {

constexpr std::string_view kTables = R"sql(
CREATE TABLE IF NOT EXISTS meta(
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS plugin(
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  version TEXT NOT NULL,
  manifest TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
  installed_at INTEGER NOT NULL,
  component BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS entity(
  plugin INTEGER NOT NULL REFERENCES plugin(number) ON DELETE CASCADE,
  name TEXT NOT NULL,
  definition TEXT NOT NULL,
  PRIMARY KEY (plugin, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL,
  type TEXT NOT NULL,
  aggregate TEXT NOT NULL,
  payload TEXT NOT NULL,
  correlation BLOB NOT NULL,
  causation BLOB,
  hop INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  lease_until INTEGER NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0,
  error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_aggregate ON outbox(aggregate, sequence) WHERE state = 0;
CREATE INDEX IF NOT EXISTS outbox_dead ON outbox(type, sequence) WHERE state = 1;
CREATE TABLE IF NOT EXISTS inbox(
  consumer TEXT NOT NULL,
  event BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (consumer, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS inbox_at ON inbox(at);
CREATE TABLE IF NOT EXISTS blob(
  sha256 BLOB PRIMARY KEY,
  size INTEGER NOT NULL,
  pinned_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file(
  id BLOB PRIMARY KEY,
  sha256 BLOB NOT NULL REFERENCES blob(sha256),
  size INTEGER NOT NULL,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by BLOB,
  refs INTEGER NOT NULL DEFAULT 0 CHECK (refs >= 0),
  unused_since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS file_sha256 ON file(sha256);
CREATE INDEX IF NOT EXISTS file_unused ON file(unused_since) WHERE refs = 0;
CREATE TABLE IF NOT EXISTS import(
  trace BLOB PRIMARY KEY,
  plugin TEXT NOT NULL,
  entity TEXT NOT NULL,
  audit INTEGER NOT NULL,
  alive_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  user BLOB,
  plugin TEXT NOT NULL,
  trace BLOB,
  entity TEXT NOT NULL,
  record BLOB NOT NULL,
  action TEXT NOT NULL,
  before TEXT,
  after TEXT
) STRICT;
)sql";

}  // namespace

Result<> create_system_tables(storage::Session& session, Random& random) {
  TENON_TRY(session.script(kTables));
  std::array<std::byte, 32> secret{};
  random.fill(secret);
  const std::array<storage::Value, 1> values{
      storage::Blob(reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size())};
  TENON_TRY(session.execute(
      "INSERT INTO meta(key, value) VALUES('cursor_key', ?1) ON CONFLICT DO NOTHING", values));
  return {};
}

Result<std::string> read_cursor_key(storage::Session& session) {
  std::string key;
  TENON_TRY(session.query("SELECT value FROM meta WHERE key = 'cursor_key'", {},
                          [&](const storage::Row& row) {
                            const auto blob = row.blob(0);
                            key.assign(blob.begin(), blob.end());
                            return storage::Visit::more;
                          }));
  if (key.size() != 32)
    return fail(
        Error(ErrorCode::unavailable, "The database is damaged.").because("storage.corrupt"));
  return key;
}

}  // namespace tenon::data
