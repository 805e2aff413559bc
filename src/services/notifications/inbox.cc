#include "services/notifications/inbox.h"

#include <array>

#include "data/dialect.h"
#include "identity/sql.h"
#include "services/notifications/kinds.h"

namespace tenon::services {
namespace {

namespace sql = identity::sql;

constexpr std::string_view kTables = R"sql(
CREATE TABLE notification(
  id {id} PRIMARY KEY,
  user_id {id} NOT NULL,
  kind TEXT NOT NULL,
  arguments TEXT NOT NULL,
  entity TEXT NOT NULL,
  record {id},
  at {integer} NOT NULL,
  read_at {integer}
) {compact};
CREATE INDEX notification_user ON notification(user_id, id);
CREATE INDEX notification_unread ON notification(user_id, id) WHERE read_at IS NULL;
CREATE INDEX notification_at ON notification(at);
CREATE TABLE notification_unwanted(
  user_id {id} NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (user_id, kind)
) {compact};
)sql";

Notification notification_of(const sql::Row& row, UserId user) {
  Notification made{.id = sql::id_at<NotificationId>(row, 0),
                    .user = user,
                    .kind = std::string(row.text(1)),
                    .arguments = std::string(row.text(2)),
                    .entity = std::string(row.text(3)),
                    .record = sql::optional_id_at<RecordId>(row, 4),
                    .at = sql::time_at(row, 5),
                    .read_at = std::nullopt};
  if (!row.is_null(6)) made.read_at = sql::time_at(row, 6);
  return made;
}

}  // namespace

modules::Migrations inbox_tables() {
  static const std::string sqlite = data::portable(data::Dialect::sqlite, kTables);
  static const std::string postgres = data::portable(data::Dialect::postgres, kTables);
  return {.version = 1,
          .scripts = {{.number = 1, .name = "inbox", .sqlite = sqlite, .postgres = postgres}},
          .entities = {}};
}

Result<bool> put(storage::Session& session, const Notification& one) {
  TENON_ASSIGN(refused,
               sql::number(session,
                           "SELECT count(*) FROM notification_unwanted WHERE user_id = ?1 AND "
                           "kind = ?2",
                           std::array<sql::Value, 2>{sql::id(one.user), one.kind}));
  if (refused != 0) return false;
  TENON_TRY(session.execute(
      "INSERT INTO notification(id, user_id, kind, arguments, entity, record, at) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      std::array<sql::Value, 7>{sql::id(one.id), sql::id(one.user), one.kind, one.arguments,
                                one.entity, sql::id(one.record), sql::time(one.at)}));
  TENON_TRY(session.execute(
      "DELETE FROM notification WHERE user_id = ?1 AND id < (SELECT id FROM notification WHERE "
      "user_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
      std::array<sql::Value, 2>{sql::id(one.user), static_cast<std::int64_t>(kInbox) - 1}));
  return true;
}

Result<std::vector<Notification>> list(storage::Session& session, UserId user,
                                       const InboxQuery& query) {
  // Ids sort by time; the highest stands for "from the newest on".
  NotificationId before;
  before.value.bytes.fill(0xFF);
  if (query.before) before = *query.before;
  std::string text =
      "SELECT id, kind, arguments, entity, record, at, read_at FROM notification WHERE user_id = "
      "?1 AND id < ?2";
  if (query.unread) text += " AND read_at IS NULL";
  std::vector<Notification> found;
  TENON_TRY(sql::each(session, text + " ORDER BY id DESC LIMIT ?3",
                      std::array<sql::Value, 3>{sql::id(user), sql::id(before),
                                                static_cast<std::int64_t>(query.limit)},
                      [&](const sql::Row& row) { found.push_back(notification_of(row, user)); }));
  return found;
}

Result<std::uint64_t> unread(storage::Session& session, UserId user) {
  TENON_ASSIGN(count, sql::number(session,
                                  "SELECT count(*) FROM notification WHERE user_id = ?1 AND "
                                  "read_at IS NULL",
                                  std::array<sql::Value, 1>{sql::id(user)}));
  return static_cast<std::uint64_t>(count);
}

Result<bool> mark_read(storage::Session& session, UserId user, NotificationId id, Timestamp now) {
  TENON_ASSIGN(changed, session.execute(
                            "UPDATE notification SET read_at = coalesce(read_at, ?3) "
                            "WHERE id = ?1 AND user_id = ?2",
                            std::array<sql::Value, 3>{sql::id(id), sql::id(user), sql::time(now)}));
  return changed > 0;
}

Result<std::uint64_t> mark_all_read(storage::Session& session, UserId user, Timestamp now) {
  TENON_ASSIGN(
      changed,
      session.execute("UPDATE notification SET read_at = ?2 WHERE user_id = ?1 AND read_at IS NULL",
                      std::array<sql::Value, 2>{sql::id(user), sql::time(now)}));
  return static_cast<std::uint64_t>(changed);
}

Result<bool> remove(storage::Session& session, UserId user, NotificationId id) {
  TENON_ASSIGN(changed, session.execute("DELETE FROM notification WHERE id = ?1 AND user_id = ?2",
                                        std::array<sql::Value, 2>{sql::id(id), sql::id(user)}));
  return changed > 0;
}

Result<std::vector<std::string>> unwanted(storage::Session& session, UserId user) {
  std::vector<std::string> kinds;
  TENON_TRY(sql::each(session,
                      "SELECT kind FROM notification_unwanted WHERE user_id = ?1 ORDER BY kind",
                      std::array<sql::Value, 1>{sql::id(user)},
                      [&](const sql::Row& row) { kinds.emplace_back(row.text(0)); }));
  return kinds;
}

Result<> want(storage::Session& session, UserId user, std::string_view kind, bool wanted) {
  const std::array<sql::Value, 2> values{sql::id(user), kind};
  TENON_TRY(session.execute(
      wanted ? "DELETE FROM notification_unwanted WHERE user_id = ?1 AND kind = ?2"
             : "INSERT INTO notification_unwanted(user_id, kind) VALUES(?1, ?2) ON CONFLICT DO "
               "NOTHING",
      values));
  return {};
}

Result<std::uint64_t> forget_old(storage::Session& session, Timestamp now, std::size_t bound) {
  TENON_ASSIGN(gone, session.execute(
                         "DELETE FROM notification WHERE id IN (SELECT id FROM notification WHERE "
                         "at < ?1 ORDER BY at LIMIT ?2)",
                         std::array<sql::Value, 2>{sql::time(now - kInboxDays),
                                                   static_cast<std::int64_t>(bound)}));
  return static_cast<std::uint64_t>(gone);
}

json::object to_json(const Notification& one, std::string_view locale) {
  const auto arguments = json::parse_object(one.arguments).value_or(json::object());
  const auto* kind = find_kind(one.kind);
  json::object object{{"id", one.id.to_string()},
                      {"kind", one.kind},
                      {"text", kind == nullptr ? one.kind : text_of(*kind, arguments, locale)},
                      {"arguments", arguments},
                      {"at", to_rfc3339(one.at)},
                      {"read", one.read_at.has_value()}};
  object["entity"] = one.entity.empty() ? json::value(nullptr) : json::value(one.entity);
  object["record"] = one.record ? json::value(one.record->to_string()) : json::value(nullptr);
  return object;
}

}  // namespace tenon::services
