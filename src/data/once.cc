#include "data/once.h"

#include <algorithm>
#include <array>

namespace tenon::data {
namespace {

using storage::Blob;
using Bound = storage::Value;

constexpr std::int64_t kRunning = 0;

Uuid user_of(const OnceKey& key) { return key.user ? key.user->value : Uuid{}; }

std::unexpected<Error> running() {
  return fail(Error(ErrorCode::conflict, "The first request with this key is still running.")
                  .because("idempotency.running"));
}

std::int64_t count_of(Timestamp time) { return time.time_since_epoch().count(); }

}  // namespace

Result<std::optional<StoredAnswer>> begin_once(storage::Session& session, const OnceKey& key,
                                               Timestamp now) {
  const bool visible = std::ranges::all_of(key.key, [](char c) { return c > 0x20 && c < 0x7F; });
  if (key.key.empty() || key.key.size() > kMaxOnceKey || !visible)
    return fail(
        Error(ErrorCode::invalid, "An idempotency key has 1 to 255 visible ASCII characters.")
            .because("idempotency.key"));
  const auto user = user_of(key);
  const std::array<Bound, 7> values{Blob(user.bytes),
                                    std::string_view(key.route),
                                    std::string_view(key.key),
                                    Blob(key.request),
                                    kRunning,
                                    count_of(now + kOnceKept),
                                    count_of(now)};
  // A key that has expired is as good as none. Where writers run side by side the statement waits
  // for the first one's end.
  auto claimed = session.execute(
      "INSERT INTO idempotency(\"user\", route, key, request, status, response, expires_at) "
      "VALUES(?1, ?2, ?3, ?4, ?5, '', ?6) ON CONFLICT(\"user\", route, key) DO UPDATE SET "
      "request = ?4, status = ?5, response = '', expires_at = ?6 "
      "WHERE idempotency.expires_at <= ?7",
      values);
  if (!claimed && claimed.error().reason() == "storage.busy") return running();
  TENON_ASSIGN(changed, std::move(claimed));
  if (changed == 1) return std::optional<StoredAnswer>();
  StoredAnswer answer;
  bool same = false;
  TENON_TRY(
      session.query("SELECT request, status, response FROM idempotency "
                    "WHERE \"user\" = ?1 AND route = ?2 AND key = ?3",
                    std::span(values).first(3), [&](const storage::Row& row) {
                      same = std::ranges::equal(row.blob(0), key.request);
                      answer.status = row.integer(1);
                      answer.response = row.text(2);
                      return storage::Visit::more;
                    }));
  if (!same)
    return fail(Error(ErrorCode::invalid, "This idempotency key was used for another request.")
                    .because("idempotency.mismatch"));
  if (answer.status == kRunning) return running();
  return std::optional(std::move(answer));
}

Result<> finish_once(storage::Session& session, const OnceKey& key, const StoredAnswer& answer) {
  TENON_ASSERT(answer.status != kRunning);
  if (answer.response.size() > kMaxStoredAnswer)
    return fail(Error(ErrorCode::exhausted, "The answer is too large to be kept for a repetition.")
                    .because("idempotency.size"));
  const auto user = user_of(key);
  const std::array<Bound, 5> values{Blob(user.bytes), std::string_view(key.route),
                                    std::string_view(key.key), answer.status,
                                    std::string_view(answer.response)};
  TENON_ASSIGN(changed, session.execute("UPDATE idempotency SET status = ?4, response = ?5 "
                                        "WHERE \"user\" = ?1 AND route = ?2 AND key = ?3",
                                        values));
  TENON_ASSERT(changed == 1);
  return {};
}

Result<std::size_t> clean_once(storage::Session& session, Timestamp now, std::size_t bound) {
  const std::array<Bound, 2> values{count_of(now), static_cast<std::int64_t>(bound)};
  TENON_ASSIGN(
      changed,
      session.execute("DELETE FROM idempotency WHERE (\"user\", route, key) IN (SELECT "
                      "\"user\", route, key FROM idempotency WHERE expires_at <= ?1 LIMIT ?2)",
                      values));
  return static_cast<std::size_t>(changed);
}

}  // namespace tenon::data
