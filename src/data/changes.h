#pragma once
// What changed lately, for those who want to hear of it while it happens. The audit is that list
// already: its sealed rows are numbered without gaps in the order in which they were committed (on
// PostgreSQL a row has its number when it is sealed, a moment after the commit).

#include <cstdint>
#include <string>
#include <vector>

#include "base/id.h"
#include "storage/session.h"

namespace tenon::data {

struct ChangeNote {
  std::int64_t position = 0;  // 1, 2, 3 …
  std::string entity;         // `crm.customer`
  RecordId record;
  std::int64_t version = 0;
  std::string action;  // as in audit.h
};

/// The newest position; 0 when there is none.
[[nodiscard]] Result<std::int64_t> newest_change(storage::Session& session);
/// At most `limit` changes behind `position`, in order. Cost: a walk along an index.
[[nodiscard]] Result<std::vector<ChangeNote>> changes_after(storage::Session& session,
                                                            std::int64_t position,
                                                            std::size_t limit);

}  // namespace tenon::data
