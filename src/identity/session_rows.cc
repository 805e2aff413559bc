#include "identity/session_rows.h"

#include "base/utf8.h"
#include "identity/sql.h"

namespace tenon::identity {
namespace {

constexpr std::string_view kColumns =
    "id, user_id, opened_at, seen_at, idle, view_as, address, agent";

SessionRow row_of(const sql::Row& row) {
  return {.id = sql::id_at<SessionId>(row, 0),
          .user = sql::id_at<UserId>(row, 1),
          .opened = sql::time_at(row, 2),
          .seen = sql::time_at(row, 3),
          .idle = std::chrono::microseconds(row.integer(4)),
          .view_as = sql::optional_id_at<UserId>(row, 5),
          .address = std::string(row.text(6)),
          .agent = std::string(row.text(7))};
}

/// What a browser says of itself goes into a table: short, and valid.
std::string shortened(const std::string& text) {
  return utf8::is_valid(text) ? std::string(utf8::truncated(text, 200)) : std::string();
}

/// Sessions that nobody can use any more, a bounded number at a time.
Result<> sweep(Change& change, const SessionLimits& limits) {
  const auto oldest = change.now() - limits.absolute;
  TENON_TRY(change.execute(
      "DELETE FROM identity_session WHERE hash IN (SELECT hash FROM identity_session "
      "WHERE opened_at < ?1 ORDER BY opened_at LIMIT 100)",
      std::array<sql::Value, 1>{sql::time(oldest)}));
  return {};
}

Result<> make_room(Change& change, UserId user, const SessionLimits& limits) {
  const std::array<sql::Value, 2> values{
      sql::id(user), static_cast<std::int64_t>(limits.of_user == 0 ? 0 : limits.of_user - 1)};
  TENON_ASSIGN(ended,
               change.execute("DELETE FROM identity_session WHERE user_id = ?1 AND hash NOT IN "
                              "(SELECT hash FROM identity_session WHERE user_id = ?1 "
                              "ORDER BY seen_at DESC LIMIT ?2)",
                              values));
  if (ended > 0) change.touch();
  return {};
}

}  // namespace

Result<SessionRow> store_session(Change& change, const Digest& hash, const NewSession& session,
                                 const SessionLimits& limits) {
  TENON_TRY(sweep(change, limits));
  TENON_TRY(make_room(change, session.user, limits));
  SessionRow row{.id = change.make_id<SessionId>(),
                 .user = session.user,
                 .opened = session.opened.value_or(change.now()),
                 .seen = change.now(),
                 .idle = session.remember == Remember::yes ? limits.remembered : limits.idle,
                 .view_as = session.view_as,
                 .address = session.address,
                 .agent = shortened(session.agent)};
  const std::array<sql::Value, 9> values{sql::digest(hash),          sql::id(row.id),
                                         sql::id(row.user),          sql::time(row.opened),
                                         sql::time(row.seen),        std::int64_t{row.idle.count()},
                                         sql::id(row.view_as),       std::string_view(row.address),
                                         std::string_view(row.agent)};
  TENON_TRY(change.execute(
      "INSERT INTO identity_session(hash, id, user_id, opened_at, seen_at, idle, view_as, address, "
      "agent) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      values));
  return row;
}

Result<std::optional<SessionRow>> find_session(storage::Session& session, const Digest& hash) {
  std::optional<SessionRow> found;
  TENON_TRY(sql::each(session,
                      "SELECT " + std::string(kColumns) + " FROM identity_session WHERE hash = ?1",
                      std::array<sql::Value, 1>{sql::digest(hash)},
                      [&](const sql::Row& row) { found = row_of(row); }));
  return found;
}

Result<std::vector<SessionRow>> sessions_of(storage::Session& session, UserId user) {
  std::vector<SessionRow> all;
  TENON_TRY(sql::each(session,
                      "SELECT " + std::string(kColumns) +
                          " FROM identity_session WHERE user_id = ?1 ORDER BY seen_at DESC",
                      std::array<sql::Value, 1>{sql::id(user)},
                      [&](const sql::Row& row) { all.push_back(row_of(row)); }));
  return all;
}

Result<std::int64_t> end_session(Change& change, UserId user, SessionId id) {
  change.touch();
  return change.execute("DELETE FROM identity_session WHERE user_id = ?1 AND id = ?2",
                        std::array<sql::Value, 2>{sql::id(user), sql::id(id)});
}

Result<std::int64_t> end_sessions(Change& change, UserId user, std::optional<SessionId> but) {
  change.touch();
  if (!but)
    return change.execute("DELETE FROM identity_session WHERE user_id = ?1",
                          std::array<sql::Value, 1>{sql::id(user)});
  return change.execute("DELETE FROM identity_session WHERE user_id = ?1 AND id <> ?2",
                        std::array<sql::Value, 2>{sql::id(user), sql::id(*but)});
}

}  // namespace tenon::identity
