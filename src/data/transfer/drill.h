#pragma once
// A backup that nobody has restored is a hope. A drill restores one into a scratch folder, opens
// the tenant that comes of it, compares every table with what the archive says, walks the audit
// chain, and takes all of it away again.

#include <filesystem>
#include <string>

#include "async/blocking_pool.h"
#include "base/clock.h"
#include "base/random.h"
#include "data/tenant.h"
#include "data/transfer/archive.h"

namespace tenon::data {

struct DrillReport {
  ArchiveReport archive;
  std::uint64_t audit_rows = 0;  // that hold
};

/// What a drill works with. Lifetime: all outlive it.
struct DrillTools {
  BlockingPool& pool;
  const Clock& clock;
  Random& random;
  std::vector<NativeModule> native;
};

/// `scratch` is made, and removed whatever comes of it; it needs room for the archive twice.
/// Errors: those of TenantOperations::restore(); invalid (`archive.corrupt`: a table or the audit
/// of the restored tenant is not what the archive says), conflict (`drill.scratch`: there is such a
/// folder already). Blocks; not on a thread of `pool`.
[[nodiscard]] Result<DrillReport> drill_archive(const std::string& archive,
                                                const std::filesystem::path& scratch,
                                                DrillTools tools);

}  // namespace tenon::data
