#include "identity/change.h"

#include <algorithm>

#include "base/hash.h"
#include "identity/sql.h"

namespace tenon::identity {

std::string Change::make_secret() {
  std::array<std::uint8_t, 32> bytes{};
  random_.fill(std::as_writable_bytes(std::span(bytes)));
  return base64url(bytes);
}

Result<> Change::audit(std::string_view kind, const Uuid& id, std::string_view action,
                       const json::object& before, const json::object& after) {
  json::object told = after;
  if (!actor_.by.empty()) told["by"] = actor_.by;
  const auto* who = actor_.principal.get();
  if (who != nullptr && who->actor) told["as"] = who->name;
  const std::string entity = "tenon." + std::string(kind);
  const std::string old = before.empty() ? std::string() : json::serialize(before);
  const std::string now = told.empty() ? std::string() : json::serialize(told);
  return data::append_audit(
      session_,
      {.at = now_.time_since_epoch().count(),
       .user = who == nullptr ? std::nullopt : std::optional(who->responsible()),
       .plugin = {},
       .trace = actor_.trace,
       .entity = entity,
       .record = RecordId{id},
       .version = 0,
       .action = action,
       .before = old,
       .after = now},
      head_);
}

Result<std::int64_t> Change::next_epoch() {
  if (!touched_) return 0;
  TENON_ASSIGN(last, read_epoch(session_));
  // From the clock, so that a tenant made anew under the same name does not begin where it was.
  const std::int64_t next = std::max(last + 1, std::int64_t{now_.time_since_epoch().count()});
  const std::string text = std::to_string(next);
  TENON_TRY(
      execute("INSERT INTO identity_state(key, value) VALUES('epoch', ?1) "
              "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
              std::array<sql::Value, 1>{std::string_view(text)}));
  return next;
}

}  // namespace tenon::identity
