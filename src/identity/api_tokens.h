#pragma once
// Programs sign in with tokens that a user made for them: shown once, kept as a hash, narrower than
// the user if so wished, and never for ever.

#include <optional>
#include <string>
#include <vector>

#include "identity/sessions.h"

namespace tenon::identity {

inline constexpr std::chrono::days kLongestToken{366};
inline constexpr std::size_t kScopesOfToken = 100;

using TokenId = SessionId;

struct ApiToken {
  TokenId id;
  std::string name;
  std::optional<std::vector<std::string>> scopes;  // permissions; empty: all that the user has
  Timestamp created, expires;
  std::optional<Timestamp> used;
};

struct NewApiToken {
  UserId user;
  std::string name;  // 1…100 bytes
  std::optional<std::vector<std::string>> scopes = {};
  std::chrono::seconds lifetime{std::chrono::days(90)};
};

/// The token's text and its row. Errors: invalid (`token.…`), exhausted (`token.limit`).
struct MadeToken {
  std::string text;
  ApiToken token;
};
[[nodiscard]] Result<MadeToken> make_api_token(Change& change, const NewApiToken& token);
/// Newest first.
[[nodiscard]] Result<std::vector<ApiToken>> api_tokens_of(storage::Session& session, UserId user);
/// Errors: not_found (`token.unknown`).
[[nodiscard]] Result<> end_api_token(Change& change, UserId user, TokenId id);

/// What the token with this hash stands for at `now`; empty: nothing.
[[nodiscard]] Result<std::optional<Credential>> read_api_token(storage::Session& session,
                                                               const std::string& tenant,
                                                               const Digest& hash, Timestamp now);

}  // namespace tenon::identity
