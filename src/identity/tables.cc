#include "identity/tables.h"

#include <array>
#include <string>

#include "data/dialect.h"

namespace tenon::identity {
namespace {

// Times are microseconds. `…_key` is the Unicode fold of what stands beside it. A secret that a
// client shows (session, token, ticket, recovery code) is kept as its SHA-256 alone.
constexpr std::string_view kPeople = R"sql(
CREATE TABLE identity_user(
  id {id} PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  full_name TEXT NOT NULL,
  email TEXT,
  email_key TEXT UNIQUE,
  locale TEXT NOT NULL,
  department {id},
  state {integer} NOT NULL,
  password TEXT,
  successor {id},
  totp_secret {bytes},
  totp_pending {bytes},
  totp_step {integer} NOT NULL,
  version {integer} NOT NULL,
  created_at {integer} NOT NULL,
  updated_at {integer} NOT NULL
) {strict};
CREATE INDEX identity_user_department ON identity_user(department);
CREATE TABLE identity_recovery(
  user_id {id} NOT NULL,
  hash {bytes} NOT NULL,
  PRIMARY KEY (user_id, hash)
) {compact};
CREATE TABLE identity_department(
  id {id} PRIMARY KEY,
  parent {id},
  name TEXT NOT NULL,
  version {integer} NOT NULL,
  created_at {integer} NOT NULL
) {strict};
CREATE INDEX identity_department_parent ON identity_department(parent);
CREATE TABLE identity_role(
  id {id} PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL,
  version {integer} NOT NULL,
  created_at {integer} NOT NULL
) {strict};
CREATE TABLE identity_grant(
  role {id} NOT NULL,
  permission TEXT NOT NULL,
  scope {integer} NOT NULL,
  PRIMARY KEY (role, permission)
) {compact};
CREATE TABLE identity_column(
  role {id} NOT NULL,
  entity TEXT NOT NULL,
  name TEXT NOT NULL,
  locked {integer} NOT NULL,
  PRIMARY KEY (role, entity, name)
) {compact};
CREATE TABLE identity_assignment(
  user_id {id} NOT NULL,
  role {id} NOT NULL,
  PRIMARY KEY (user_id, role)
) {compact};
CREATE INDEX identity_assignment_role ON identity_assignment(role);
CREATE TABLE identity_session(
  hash {bytes} PRIMARY KEY,
  id {id} NOT NULL UNIQUE,
  user_id {id} NOT NULL,
  opened_at {integer} NOT NULL,
  seen_at {integer} NOT NULL,
  idle {integer} NOT NULL,
  view_as {id},
  address TEXT NOT NULL,
  agent TEXT NOT NULL
) {strict};
CREATE INDEX identity_session_user ON identity_session(user_id, seen_at);
CREATE INDEX identity_session_opened ON identity_session(opened_at);
CREATE TABLE identity_token(
  hash {bytes} PRIMARY KEY,
  id {id} NOT NULL UNIQUE,
  user_id {id} NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT,
  created_at {integer} NOT NULL,
  expires_at {integer} NOT NULL,
  used_at {integer}
) {strict};
CREATE INDEX identity_token_user ON identity_token(user_id);
CREATE TABLE identity_ticket(
  hash {bytes} PRIMARY KEY,
  user_id {id} NOT NULL,
  purpose {integer} NOT NULL,
  expires_at {integer} NOT NULL
) {strict};
CREATE INDEX identity_ticket_user ON identity_ticket(user_id);
CREATE TABLE identity_state(
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) {compact};
)sql";

constexpr std::string_view kProviders = R"sql(
CREATE TABLE identity_provider(
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  issuer TEXT NOT NULL,
  client_id TEXT NOT NULL,
  client_secret {bytes}
) {compact};
CREATE TABLE identity_link(
  provider TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id {id} NOT NULL,
  PRIMARY KEY (provider, subject)
) {compact};
CREATE INDEX identity_link_user ON identity_link(user_id);
)sql";

// Users of the first builds lay in one table, made by whoever made the first of them.
constexpr std::string_view kFirstUsers = R"sql(
CREATE TABLE IF NOT EXISTS tenon_user (id {id} PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL, locale TEXT NOT NULL, administrator {integer} NOT NULL,
  created_at {integer} NOT NULL) {strict};
INSERT INTO identity_user(id, name, name_key, full_name, locale, state, password, totp_step,
    version, created_at, updated_at)
  SELECT id, name, tenon_fold(name), '', locale, 1, password, 0, 1, created_at, created_at
    FROM tenon_user;
)sql";
constexpr std::string_view kFirstAdministrators = R"sql(
INSERT INTO identity_assignment(user_id, role)
  SELECT id, $ROLE FROM tenon_user WHERE administrator = 1;
DROP TABLE tenon_user;
)sql";

std::string first_users(data::Dialect dialect) {
  auto text = data::portable(dialect, kFirstUsers) + std::string(kFirstAdministrators);
  const std::string_view role = dialect == data::Dialect::sqlite
                                    ? "X'00000000000000000000000000000001'"
                                    : "'00000000-0000-0000-0000-000000000001'::uuid";
  return text.replace(text.find("$ROLE"), 5, role);
}

}  // namespace

data::NativeModule tables() {
  static const std::array<std::string, 6> texts = {
      data::portable(data::Dialect::sqlite, kPeople),
      data::portable(data::Dialect::postgres, kPeople),
      first_users(data::Dialect::sqlite),
      first_users(data::Dialect::postgres),
      data::portable(data::Dialect::sqlite, kProviders),
      data::portable(data::Dialect::postgres, kProviders),
  };
  static const std::array<data::NativeScript, 3> scripts = {{
      {.number = 1, .name = "people", .sqlite = texts[0], .postgres = texts[1]},
      {.number = 2, .name = "first users", .sqlite = texts[2], .postgres = texts[3]},
      {.number = 3, .name = "sign-in services", .sqlite = texts[4], .postgres = texts[5]},
  }};
  return {.name = "identity", .scripts = scripts};
}

}  // namespace tenon::identity
