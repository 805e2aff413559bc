#pragma once
// What an import has written is told by the audit, also when the process that ran it died before it
// could say so itself.

#include <cstdint>
#include <string>

#include "data/tenant.h"

namespace tenon::data {

struct ImportOutcome {
  std::uint64_t created = 0;
  std::uint64_t updated = 0;
  bool open = false;      // it is in the journal: what it wrote will be taken back
  bool standing = false;  // its last change is the record's newest: it was not taken back
};

/// The place in the audit that everything written from now on lies behind. Blocks.
[[nodiscard]] Result<std::int64_t> audit_place(Tenant& tenant);
/// What was written to `entity` (its full name) under `trace` behind `from`. Blocks. Cost: reads
/// the audit from there.
[[nodiscard]] Result<ImportOutcome> import_outcome(Tenant& tenant, const std::string& entity,
                                                   const TraceId& trace, std::int64_t from);

}  // namespace tenon::data
