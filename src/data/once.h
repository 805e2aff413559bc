#pragma once
// A client that got no answer sends its request again with the same key, and it is done once. The
// key is a row of the business transaction itself: either both are there or neither.
//
// Two that come at the same time: the second waits for the first (SQLite: for the writer lease;
// PostgreSQL: at the unique index, then it is run again) and finds its answer.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/hash.h"
#include "base/id.h"
#include "storage/session.h"

namespace tenon::data {

inline constexpr std::chrono::hours kOnceKept{24};
inline constexpr std::size_t kMaxOnceKey = 255;
inline constexpr std::size_t kMaxStoredAnswer = std::size_t{4} << 20U;

struct OnceKey {
  std::optional<UserId> user;  // empty: the system
  std::string route;           // `POST /api/v1/crm/customer`
  std::string key;             // as the client made it: 1…255 visible ASCII characters
  Digest request{};            // of everything that makes it another request
};

struct StoredAnswer {
  std::int64_t status = 0;
  std::string response;  // whatever the edge needs to give the same answer
};

/// See UnitOfWork::begin_once(), finish_once().
[[nodiscard]] Result<std::optional<StoredAnswer>> begin_once(storage::Session& session,
                                                             const OnceKey& key, Timestamp now);
[[nodiscard]] Result<> finish_once(storage::Session& session, const OnceKey& key,
                                   const StoredAnswer& answer);
/// Forgets at most `bound` keys that have expired; gives how many. For a job, in its own unit.
[[nodiscard]] Result<std::size_t> clean_once(storage::Session& session, Timestamp now,
                                             std::size_t bound);

}  // namespace tenon::data
