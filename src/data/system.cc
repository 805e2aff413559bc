#include "data/system.h"

#include <array>

#include "data/dialect.h"

namespace tenon::data {
namespace {

constexpr std::string_view kTables = R"sql(
CREATE TABLE IF NOT EXISTS meta(
  key TEXT PRIMARY KEY,
  value {bytes} NOT NULL
) {compact};
CREATE TABLE IF NOT EXISTS plugin(
  number {integer} PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  version TEXT NOT NULL,
  manifest TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  state {integer} NOT NULL CHECK (state BETWEEN 0 AND 3),
  installed_at {integer} NOT NULL,
  component {bytes} NOT NULL
) {strict};
CREATE TABLE IF NOT EXISTS entity(
  plugin {integer} NOT NULL REFERENCES plugin(number) ON DELETE CASCADE,
  name TEXT NOT NULL,
  definition TEXT NOT NULL,
  PRIMARY KEY (plugin, name)
) {compact};
CREATE TABLE IF NOT EXISTS outbox(
  sequence {sequence},
  id {id} NOT NULL,
  type TEXT NOT NULL,
  aggregate TEXT NOT NULL,
  payload TEXT NOT NULL,
  correlation {id} NOT NULL,
  causation {id},
  hop {integer} NOT NULL,
  created_at {integer} NOT NULL,
  state {integer} NOT NULL DEFAULT 0,
  attempts {integer} NOT NULL DEFAULT 0,
  next_at {integer} NOT NULL,
  lease_until {integer} NOT NULL DEFAULT 0,
  fence {integer} NOT NULL DEFAULT 0,
  error TEXT
) {strict};
CREATE INDEX IF NOT EXISTS outbox_aggregate ON outbox(aggregate, sequence) WHERE state = 0;
CREATE INDEX IF NOT EXISTS outbox_dead ON outbox(type, sequence) WHERE state = 1;
CREATE TABLE IF NOT EXISTS inbox(
  consumer TEXT NOT NULL,
  event {id} NOT NULL,
  at {integer} NOT NULL,
  PRIMARY KEY (consumer, event)
) {compact};
CREATE INDEX IF NOT EXISTS inbox_at ON inbox(at);
CREATE TABLE IF NOT EXISTS blob(
  sha256 {bytes} PRIMARY KEY,
  size {integer} NOT NULL,
  pinned_until {integer} NOT NULL
) {compact};
CREATE TABLE IF NOT EXISTS file(
  id {id} PRIMARY KEY,
  sha256 {bytes} NOT NULL REFERENCES blob(sha256),
  size {integer} NOT NULL,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at {integer} NOT NULL,
  created_by {id},
  refs {integer} NOT NULL DEFAULT 0 CHECK (refs >= 0),
  unused_since {integer} NOT NULL
) {compact};
CREATE INDEX IF NOT EXISTS file_sha256 ON file(sha256);
CREATE INDEX IF NOT EXISTS file_unused ON file(unused_since) WHERE refs = 0;
CREATE TABLE IF NOT EXISTS import(
  trace {id} PRIMARY KEY,
  plugin TEXT NOT NULL,
  entity TEXT NOT NULL,
  audit {integer} NOT NULL,
  alive_until {integer} NOT NULL
) {compact};
CREATE TABLE IF NOT EXISTS audit(
  sequence {sequence},
  at {integer} NOT NULL,
  "user" {id},
  plugin TEXT NOT NULL,
  trace {id},
  entity TEXT NOT NULL,
  record {id} NOT NULL,
  version {integer} NOT NULL,
  action TEXT NOT NULL,
  before TEXT,
  after TEXT,
  position {integer},
  hash {bytes}
) {strict};
CREATE INDEX IF NOT EXISTS audit_record ON audit(record, sequence);
CREATE UNIQUE INDEX IF NOT EXISTS audit_position ON audit(position) WHERE position IS NOT NULL;
CREATE INDEX IF NOT EXISTS audit_unsealed ON audit(sequence) WHERE position IS NULL;
CREATE TABLE IF NOT EXISTS approval(
  id {id} PRIMARY KEY,
  entity TEXT NOT NULL,
  record {id} NOT NULL,
  step TEXT NOT NULL,
  version {integer} NOT NULL,
  state {integer} NOT NULL CHECK (state BETWEEN 0 AND 3),
  needed {integer} NOT NULL,
  permission TEXT NOT NULL,
  not_author {integer} NOT NULL,
  author {id},
  asked_by {id},
  asked_at {integer} NOT NULL,
  comment TEXT NOT NULL,
  ended_at {integer}
) {compact};
CREATE UNIQUE INDEX IF NOT EXISTS approval_waiting ON approval(record) WHERE state = 0;
CREATE INDEX IF NOT EXISTS approval_permission ON approval(permission, id) WHERE state = 0;
CREATE INDEX IF NOT EXISTS approval_record ON approval(record, id);
CREATE INDEX IF NOT EXISTS approval_asked_by ON approval(asked_by, id);
CREATE TABLE IF NOT EXISTS approval_decision(
  approval {id} NOT NULL,
  "user" {id} NOT NULL,
  agrees {integer} NOT NULL,
  at {integer} NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (approval, "user")
) {compact};
CREATE TABLE IF NOT EXISTS number_sequence(
  name TEXT NOT NULL,
  period TEXT NOT NULL,
  next {integer} NOT NULL,
  PRIMARY KEY (name, period)
) {compact};
CREATE TABLE IF NOT EXISTS idempotency(
  "user" {id} NOT NULL,
  route TEXT NOT NULL,
  key TEXT NOT NULL,
  request {bytes} NOT NULL,
  status {integer} NOT NULL,
  response TEXT NOT NULL,
  expires_at {integer} NOT NULL,
  PRIMARY KEY ("user", route, key)
) {compact};
CREATE INDEX IF NOT EXISTS idempotency_expiry ON idempotency(expires_at);
CREATE TABLE IF NOT EXISTS preference(
  "user" {id} NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY ("user", name)
) {compact};
CREATE TABLE IF NOT EXISTS saved_view(
  id {id} PRIMARY KEY,
  "user" {id} NOT NULL,
  entity TEXT NOT NULL,
  name TEXT NOT NULL,
  shared {integer} NOT NULL,
  definition TEXT NOT NULL,
  version {integer} NOT NULL,
  updated_at {integer} NOT NULL
) {compact};
CREATE INDEX IF NOT EXISTS saved_view_entity ON saved_view(entity, name);
)sql";

}  // namespace

Result<> create_system_tables(storage::Session& session, Random& random) {
  TENON_TRY(session.script(portable(session.dialect(), kTables)));
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
