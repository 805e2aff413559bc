#pragma once
// Comments on records, as rows.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "modules/module.h"
#include "storage/session.h"

namespace tenon::services {

using CommentId = Id<struct CommentTag>;

inline constexpr std::size_t kMaxComment = 4000;   // bytes of a text
inline constexpr std::size_t kMaxComments = 5000;  // on one record

struct Comment {
  CommentId id;
  std::string entity;  // `crm.customer`
  RecordId record;
  std::optional<UserId> author;
  std::string text;
  std::vector<UserId> mentions;
  Timestamp at;
  std::optional<Timestamp> edited_at, deleted_at;
};

[[nodiscard]] modules::Migrations comment_tables();

/// Errors: exhausted (`comment.limit`).
[[nodiscard]] Result<> insert_comment(storage::Session& session, const Comment& comment);
/// Errors: not_found (`comment.unknown`).
[[nodiscard]] Result<Comment> read_comment(storage::Session& session, CommentId id);
/// Stores text, mentions and the times of what was done to it.
[[nodiscard]] Result<> update_comment(storage::Session& session, const Comment& comment);
/// Oldest first, behind `after`; those that were deleted without their text.
[[nodiscard]] Result<std::vector<Comment>> list_comments(storage::Session& session,
                                                         std::string_view entity, RecordId record,
                                                         std::optional<CommentId> after,
                                                         std::size_t limit);
[[nodiscard]] Result<> forget_comments(storage::Session& session, std::string_view entity,
                                       RecordId record);

/// `author_name` may be empty.
[[nodiscard]] json::object to_json(const Comment& comment, std::string_view author_name);

}  // namespace tenon::services
