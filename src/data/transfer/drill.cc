#include "data/transfer/drill.h"

#include <fmt/format.h>

#include "data/system.h"
#include "data/tenant_state.h"
#include "data/transfer/tenant_operations.h"

namespace tenon::data {
namespace {

namespace fs = std::filesystem;

constexpr auto kName = "drill";

/// Removes the folder whatever happens.
class Scratch {
 public:
  explicit Scratch(fs::path folder) : folder_(std::move(folder)) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

 private:
  fs::path folder_;
};

std::unexpected<Error> differs(const std::string& archive, const std::string& what) {
  return fail(Error(ErrorCode::invalid,
                    fmt::format("{}: {} is not what it was after a restore; make a new backup.",
                                archive, what))
                  .because("archive.corrupt"));
}

/// As it lies there, before anybody opens it for work.
Result<TableHashes> hashes_of(const std::string& file) {
  TENON_ASSIGN(session, storage::read_sqlite(file, kFormat));
  TENON_ASSIGN(catalog, read_catalog(*session));
  return hash_tables(*session, *catalog);
}

}  // namespace

Result<DrillReport> drill_archive(const std::string& archive, const fs::path& scratch,
                                  DrillTools tools) {
  std::error_code error;
  if (!fs::create_directories(scratch, error) || error)
    return fail(
        Error(ErrorCode::conflict,
              fmt::format("{}: there is such a folder already, or it cannot be made; remove "
                          "it or name another place.",
                          scratch.string()))
            .because("drill.scratch"));
  const Scratch guard(scratch);
  Tenants tenants(
      scratch.string(), tools.pool, tools.clock, tools.random,
      {.storage = {}, .files = {}, .servers = nullptr, .native = std::move(tools.native)});
  TenantOperations operations(tenants, scratch, tools.pool, tools.clock, tools.random);
  DrillReport report;
  TENON_ASSIGN(restored, operations.restore(archive, kName, {}));
  report.archive = std::move(restored);
  TENON_ASSIGN(hashes, hashes_of(TenantFolder(scratch).file(kName).string()));
  if (const auto table = first_difference(report.archive.tables, hashes); !table.empty())
    return differs(archive, "the table " + table);
  TENON_ASSIGN(tenant, tenants.open(kName));
  TENON_ASSIGN(audit, tenant->verify_audit());
  if (!audit.fault.empty()) return differs(archive, "the audit (" + audit.fault + ")");
  report.audit_rows = audit.sealed + audit.unsealed;
  return report;
}

}  // namespace tenon::data
