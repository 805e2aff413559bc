#pragma once
// The rows of what people were told: one inbox per user, bounded, newest first.

#include <cstdint>
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

using NotificationId = Id<struct NotificationTag>;

/// Notifications that one user keeps; the oldest go first.
inline constexpr std::size_t kInbox = 500;
/// How long they are kept.
inline constexpr std::chrono::days kInboxDays{90};

struct Notification {
  NotificationId id;
  UserId user;
  std::string kind;
  std::string arguments;  // JSON object
  std::string entity;     // empty: about no record
  std::optional<RecordId> record;
  Timestamp at;
  std::optional<Timestamp> read_at;
};

[[nodiscard]] modules::Migrations inbox_tables();

/// False: the user does not want this kind.
[[nodiscard]] Result<bool> put(storage::Session& session, const Notification& notification);

struct InboxQuery {
  bool unread = false;
  std::optional<NotificationId> before;
  std::size_t limit = 50;
};
[[nodiscard]] Result<std::vector<Notification>> list(storage::Session& session, UserId user,
                                                     const InboxQuery& query);
[[nodiscard]] Result<std::uint64_t> unread(storage::Session& session, UserId user);
/// False: the user has no such notification.
[[nodiscard]] Result<bool> mark_read(storage::Session& session, UserId user, NotificationId id,
                                     Timestamp now);
/// Gives how many were unread.
[[nodiscard]] Result<std::uint64_t> mark_all_read(storage::Session& session, UserId user,
                                                  Timestamp now);
[[nodiscard]] Result<bool> remove(storage::Session& session, UserId user, NotificationId id);

/// Kinds that the user does not want to hear of.
[[nodiscard]] Result<std::vector<std::string>> unwanted(storage::Session& session, UserId user);
[[nodiscard]] Result<> want(storage::Session& session, UserId user, std::string_view kind,
                            bool wanted);

/// Removes at most `bound` that are too old; gives how many.
[[nodiscard]] Result<std::uint64_t> forget_old(storage::Session& session, Timestamp now,
                                               std::size_t bound);

/// As a reader in `locale` sees it.
[[nodiscard]] json::object to_json(const Notification& notification, std::string_view locale);

}  // namespace tenon::services
