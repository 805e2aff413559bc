#include "services/comments/rows.h"

#include <array>

#include "data/dialect.h"
#include "identity/sql.h"

namespace tenon::services {
namespace {

namespace sql = identity::sql;

constexpr std::string_view kTables = R"sql(
CREATE TABLE record_comment(
  id {id} PRIMARY KEY,
  entity TEXT NOT NULL,
  record {id} NOT NULL,
  author {id},
  text TEXT NOT NULL,
  mentions TEXT NOT NULL,
  at {integer} NOT NULL,
  edited_at {integer},
  deleted_at {integer}
) {strict};
CREATE INDEX record_comment_record ON record_comment(record, entity, id);
)sql";

constexpr std::string_view kColumns =
    "id, entity, record, author, text, mentions, at, edited_at, deleted_at";

std::optional<Timestamp> optional_time(const sql::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return sql::time_at(row, column);
}

sql::Value time_or_null(const std::optional<Timestamp>& at) {
  if (!at) return std::monostate{};
  return sql::time(*at);
}

Comment comment_of(const sql::Row& row) {
  Comment made{.id = sql::id_at<CommentId>(row, 0),
               .entity = std::string(row.text(1)),
               .record = sql::id_at<RecordId>(row, 2),
               .author = sql::optional_id_at<UserId>(row, 3),
               .text = std::string(row.text(4)),
               .mentions = {},
               .at = sql::time_at(row, 6),
               .edited_at = optional_time(row, 7),
               .deleted_at = optional_time(row, 8)};
  if (const auto list = json::parse(row.text(5)); list && list->is_array())
    for (const auto& item : list->get_array())
      if (const auto* text = item.if_string())
        if (const auto id = UserId::parse(*text)) made.mentions.push_back(*id);
  return made;
}

json::array ids_json(const std::vector<UserId>& ids) {
  json::array list;
  for (const auto& id : ids) list.emplace_back(id.to_string());
  return list;
}

json::value time_json(const std::optional<Timestamp>& at) {
  return at ? json::value(to_rfc3339(*at)) : json::value(nullptr);
}

}  // namespace

modules::Migrations comment_tables() {
  static const std::string sqlite = data::portable(data::Dialect::sqlite, kTables);
  static const std::string postgres = data::portable(data::Dialect::postgres, kTables);
  return {.version = 1,
          .scripts = {{.number = 1, .name = "comments", .sqlite = sqlite, .postgres = postgres}},
          .entities = {}};
}

Result<> insert_comment(storage::Session& session, const Comment& comment) {
  TENON_ASSIGN(count,
               sql::number(session,
                           "SELECT count(*) FROM (SELECT 1 FROM record_comment WHERE record = ?1 "
                           "AND entity = ?2 LIMIT ?3) AS there",
                           std::array<sql::Value, 3>{sql::id(comment.record), comment.entity,
                                                     static_cast<std::int64_t>(kMaxComments)}));
  if (count >= static_cast<std::int64_t>(kMaxComments))
    return fail(Error(ErrorCode::exhausted, "This record has 5,000 comments; there are no more.")
                    .because("comment.limit"));
  const auto mentions = json::serialize(ids_json(comment.mentions));
  TENON_TRY(
      session.execute("INSERT INTO record_comment(id, entity, record, author, text, mentions, at) "
                      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                      std::array<sql::Value, 7>{sql::id(comment.id), comment.entity,
                                                sql::id(comment.record), sql::id(comment.author),
                                                comment.text, mentions, sql::time(comment.at)}));
  return {};
}

Result<Comment> read_comment(storage::Session& session, CommentId id) {
  std::optional<Comment> found;
  TENON_TRY(sql::each(session,
                      "SELECT " + std::string(kColumns) + " FROM record_comment WHERE id = ?1",
                      std::array<sql::Value, 1>{sql::id(id)},
                      [&](const sql::Row& row) { found = comment_of(row); }));
  if (!found)
    return fail(
        Error(ErrorCode::not_found, "There is no such comment.").because("comment.unknown"));
  return *std::move(found);
}

Result<> update_comment(storage::Session& session, const Comment& comment) {
  const auto mentions = json::serialize(ids_json(comment.mentions));
  TENON_TRY(session.execute(
      "UPDATE record_comment SET text = ?2, mentions = ?3, edited_at = ?4, deleted_at = ?5 "
      "WHERE id = ?1",
      std::array<sql::Value, 5>{sql::id(comment.id), comment.text, mentions,
                                time_or_null(comment.edited_at),
                                time_or_null(comment.deleted_at)}));
  return {};
}

Result<std::vector<Comment>> list_comments(storage::Session& session, std::string_view entity,
                                           RecordId record, std::optional<CommentId> after,
                                           std::size_t limit) {
  const CommentId from = after.value_or(CommentId{});
  std::vector<Comment> found;
  TENON_TRY(sql::each(session,
                      "SELECT " + std::string(kColumns) +
                          " FROM record_comment WHERE record = ?1 AND entity = ?2 AND id > ?3 "
                          "ORDER BY id LIMIT ?4",
                      std::array<sql::Value, 4>{sql::id(record), entity, sql::id(from),
                                                static_cast<std::int64_t>(limit)},
                      [&](const sql::Row& row) { found.push_back(comment_of(row)); }));
  return found;
}

Result<> forget_comments(storage::Session& session, std::string_view entity, RecordId record) {
  TENON_TRY(session.execute("DELETE FROM record_comment WHERE record = ?1 AND entity = ?2",
                            std::array<sql::Value, 2>{sql::id(record), entity}));
  return {};
}

json::object to_json(const Comment& comment, std::string_view author_name) {
  return {{"id", comment.id.to_string()},
          {"record", comment.entity + "/" + comment.record.to_string()},
          {"author", comment.author ? json::value(comment.author->to_string()) : json::value()},
          {"author_name", author_name},
          {"text", comment.text},
          {"mentions", ids_json(comment.mentions)},
          {"at", to_rfc3339(comment.at)},
          {"edited_at", time_json(comment.edited_at)},
          {"deleted", comment.deleted_at.has_value()}};
}

}  // namespace tenon::services
