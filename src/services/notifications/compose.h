#pragma once
// Of an event: who is told what.

#include <vector>

#include "data/outbox.h"
#include "data/tenant.h"
#include "services/notifications/notifier.h"

namespace tenon::services {

/// The notice that an event gives rise to, for those alone who may hear of it; nobody in it: there
/// is nothing to tell. Blocks as reads do. Errors: invalid (`notification.event`), those of reads.
[[nodiscard]] Result<Notice> compose(data::Tenant& tenant, const data::Event& event);

}  // namespace tenon::services
