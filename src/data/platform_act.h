#pragma once
// What an administrator does to the platform itself (a plugin installed, a dead letter replayed) is
// in the same sealed trail as the changes of records.

#include <optional>
#include <string>

#include "async/deadline.h"
#include "async/task.h"
#include "base/clock.h"
#include "base/id.h"
#include "storage/session.h"

namespace tenon::data {

class Tenant;

struct PlatformAct {
  std::optional<UserId> user;
  std::optional<TraceId> trace;
  std::string subject;     // `platform.plugin`: stands where a record has its entity
  std::string key;         // which one: `crm`
  std::string action;      // `installed`
  std::string after = {};  // JSON object of what is so now; the key is added to it
};

/// The id that the audit gives the thing: always the same for the same subject and key.
[[nodiscard]] RecordId act_record(std::string_view subject, std::string_view key);

/// Writes the row inside the caller's transaction.
[[nodiscard]] Result<> note_act(storage::Session& session, const PlatformAct& act, Timestamp now);
/// The same in a transaction of its own. Errors: those of a commit.
[[nodiscard]] Task<> record_act(Tenant& tenant, PlatformAct act, Timestamp now, Deadline deadline);

}  // namespace tenon::data
