#pragma once
// A client proves who it is by a random token: a browser in a cookie, a program in a header. The
// token names its tenant, the tenant's database knows its hash, and what follows from it (who, with
// which rights) is kept in memory until somebody's rights change or the time is up.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "identity/session_rows.h"

namespace tenon::identity {

/// `acme.` and 43 characters of base64url. Empty for any other text.
struct TokenParts {
  std::string_view tenant, secret;
};
[[nodiscard]] std::optional<TokenParts> parts_of(std::string_view token) noexcept;

/// What a session token or an API token stands for.
struct Credential {
  std::shared_ptr<const Principal> principal;  // shared with requests that are still running
  Timestamp opened, seen;
  std::chrono::microseconds idle{};
  std::chrono::microseconds absolute{};
};

/// Thread: any. Lifetime: tools and realms outlive it.
class Sessions {
 public:
  struct Options {
    SessionLimits limits;
    std::size_t capacity = 10'000;  // credentials in memory; any other is read again
    std::chrono::seconds save{60};  // use is written down so often at most
  };
  Sessions(Options options, Tools tools, Realms& realms)
      : options_(options), tools_(tools), realms_(realms) {}

  /// The principal of a live session or API token, or null. Counts as use. Errors: unavailable
  /// when the tenant's database does not answer.
  [[nodiscard]] Task<std::shared_ptr<const Principal>> find(std::string token, Proof proof,
                                                            Deadline deadline);
  /// The same without counting as use: for a stream that a browser keeps open by itself.
  [[nodiscard]] Task<std::shared_ptr<const Principal>> peek(std::string token, Proof proof,
                                                            Deadline deadline);

  /// Stores a session inside `change`; gives its token.
  [[nodiscard]] Result<std::string> open(Change& change, const NewSession& session);
  /// Ends one session; unknown tokens are ignored.
  [[nodiscard]] Task<> close(std::string token, Actor actor, Deadline deadline);

  [[nodiscard]] const SessionLimits& limits() const noexcept { return options_.limits; }
  [[nodiscard]] Tools tools() const noexcept { return tools_; }

 private:
  struct Known {
    Credential credential;
    std::shared_ptr<Realm> realm;  // shared with other sessions
    std::int64_t epoch = 0;        // of the realm when the credential was made
    Timestamp saved;               // `seen` as the database knows it
  };
  struct Found {
    std::shared_ptr<const Principal> principal;
    std::shared_ptr<Realm> realm;
    bool save = false;  // its use is to be written down
    bool look = false;  // the realm may have changed: ask, then ask here again
  };
  enum class Use : std::uint8_t { counts, none };
  [[nodiscard]] Task<std::shared_ptr<const Principal>> ask(std::string token, Proof proof, Use use,
                                                           Deadline deadline);
  [[nodiscard]] bool expired(const Credential& credential, Timestamp now) const noexcept;
  [[nodiscard]] std::optional<Found> recall(const Digest& hash, Proof proof, Use use);
  void remember(const Digest& hash, Known known);
  void forget(const Digest& hash);
  [[nodiscard]] Task<Found> load(std::string token, Proof proof, Use use, Digest hash);
  [[nodiscard]] Result<std::optional<Credential>> read_session(storage::Session& session,
                                                               const std::string& tenant,
                                                               const Digest& hash) const;
  [[nodiscard]] Task<> save(std::shared_ptr<Realm> realm, Digest hash, Proof proof,
                            Deadline deadline);

  struct HashOfDigest {
    std::size_t operator()(const Digest& digest) const noexcept;
  };
  const Options options_;
  const Tools tools_;
  Realms& realms_;
  std::mutex mutex_;
  std::unordered_map<Digest, Known, HashOfDigest> known_;
};

}  // namespace tenon::identity
