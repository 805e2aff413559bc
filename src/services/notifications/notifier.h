#pragma once
// How the rest of the program tells people something: inside its own unit of work, so that the
// word goes out exactly when what it tells of was committed. The word is an event in the outbox;
// the module Notifications makes rows of it, once, and tells the browsers that listen.

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/unit_of_work.h"

namespace tenon::services {

/// People that one notice may go to.
inline constexpr std::size_t kMaxAudience = 200;

struct Notice {
  std::string kind;           // `job.failed`; kinds.h has them all
  std::vector<UserId> users;  // at most kMaxAudience
  /// What the kind's text names: texts, or `{"en": …, "zh-CN": …}`.
  json::object arguments = {};
  // The record it is about, if any. Who does not see it at that moment is not told.
  std::string entity = {};  // `crm.customer`
  std::optional<RecordId> record = {};
};

/// Errors: invalid (`notification.kind`: there is no such kind), exhausted
/// (`notification.audience`), those of UnitOfWork::announce().
[[nodiscard]] Result<> notify(data::UnitOfWork& unit, const Notice& notice);

}  // namespace tenon::services
