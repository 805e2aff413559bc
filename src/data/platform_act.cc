#include "data/platform_act.h"

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"
#include "data/audit.h"
#include "data/durably.h"

namespace tenon::data {

RecordId act_record(std::string_view subject, std::string_view key) {
  const auto digest = sha256(std::string(subject) + "/" + std::string(key));
  RecordId id;
  std::copy_n(digest.begin(), id.value.bytes.size(), id.value.bytes.begin());
  // Version 8 of RFC 9562: made by a rule of ours.
  id.value.bytes[6] = static_cast<std::uint8_t>((id.value.bytes[6] & 0x0FU) | 0x80U);
  id.value.bytes[8] = static_cast<std::uint8_t>((id.value.bytes[8] & 0x3FU) | 0x80U);
  return id;
}

Result<> note_act(storage::Session& session, const PlatformAct& act, Timestamp now) {
  json::object after;
  if (!act.after.empty()) {
    TENON_ASSIGN(given, json::parse_object(act.after));
    after = std::move(given);
  }
  after["key"] = act.key;
  const auto text = json::serialize(after);
  std::optional<ChainHead> head;
  return append_audit(session,
                      {.at = now.time_since_epoch().count(),
                       .user = act.user,
                       .plugin = {},
                       .trace = act.trace,
                       .entity = act.subject,
                       .record = act_record(act.subject, act.key),
                       .version = 0,
                       .action = act.action,
                       .before = {},
                       .after = text},
                      head);
}

Task<> record_act(Tenant& tenant, PlatformAct act, Timestamp now, Deadline deadline) {
  auto work = [&act, now](storage::Session& session) { return note_act(session, act, now); };
  co_return co_await run_durably(tenant.database(), deadline, std::move(work));
}

}  // namespace tenon::data
