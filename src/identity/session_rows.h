#pragma once
// Sessions as they lie in the tenant's database: the SHA-256 of the token and when it was used, so
// that they outlive the process and a copy of the database cannot sign in.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/change.h"

namespace tenon::identity {

struct SessionLimits {
  std::chrono::minutes idle{30};
  std::chrono::minutes remembered{8 * 60};  // idle time of who asked to be remembered
  std::chrono::minutes absolute{12 * 60};
  std::size_t of_user = 20;  // one more ends the one idle for longest
};

struct SessionRow {
  SessionId id;
  UserId user;
  Timestamp opened, seen;
  std::chrono::microseconds idle{};
  std::optional<UserId> view_as;  // with whose rights it looks
  std::string address, agent;     // where it was opened, for its owner to recognise

  /// A clock that was set back makes nothing older.
  [[nodiscard]] bool expired(Timestamp now, const SessionLimits& limits) const noexcept {
    return now - seen > idle || now - opened > limits.absolute;
  }
};

enum class Remember : std::uint8_t { no, yes };

struct NewSession {
  UserId user;
  Remember remember = Remember::no;
  std::optional<UserId> view_as = {};
  std::string address = {}, agent = {};
  std::optional<Timestamp> opened = {};  // of the session that this one goes on with
};

/// Stores a session under the hash of its token; ends the user's oldest when there are too many.
[[nodiscard]] Result<SessionRow> store_session(Change& change, const Digest& hash,
                                               const NewSession& session,
                                               const SessionLimits& limits);
[[nodiscard]] Result<std::optional<SessionRow>> find_session(storage::Session& session,
                                                             const Digest& hash);
/// Newest first.
[[nodiscard]] Result<std::vector<SessionRow>> sessions_of(storage::Session& session, UserId user);

/// All of these touch. They give how many were ended.
[[nodiscard]] Result<std::int64_t> end_session(Change& change, UserId user, SessionId id);
[[nodiscard]] Result<std::int64_t> end_sessions(Change& change, UserId user,
                                                std::optional<SessionId> but);

}  // namespace tenon::identity
