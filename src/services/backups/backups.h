#pragma once
// Each company is backed up into a file of its own at the times that the operator has set, old
// files are removed by the rule of retention.h, and once a week the newest is restored into a
// scratch folder and compared (data/transfer/drill.h). Off unless a directory is set.
//
// A backup is written beside its name, synchronised and renamed: what has the name is whole.

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "async/blocking_pool.h"
#include "data/transfer/archive.h"
#include "modules/job_board.h"
#include "modules/module.h"
#include "services/backups/retention.h"

namespace tenon::services {

struct BackupOptions {
  std::filesystem::path directory;  // `<directory>/<tenant>/`; empty: no backups are made
  std::string cron = "30 2 * * *";  // in each company's time zone
  std::string drill_cron = "30 4 * * SUN";
  Keep keep;
};

/// What backups are made with. Lifetime: all outlive the module.
struct BackupParts {
  data::Tenants& tenants;
  std::filesystem::path data;  // folder of all data
  BlockingPool& pool;          // of the tenants; another thread does the work
  const Clock& clock;
  Random& random;
};

/// Thread: as ErpModule.
class Backups final : public modules::ErpModule {
 public:
  Backups(BackupParts parts, BackupOptions options);
  ~Backups() override;

  [[nodiscard]] std::string_view id() const noexcept override { return "backups"; }
  [[nodiscard]] data::Localized name() const override;
  [[nodiscard]] Version version() const override;
  [[nodiscard]] std::vector<modules::Dependency> dependencies() const override;
  /// Errors: invalid (`cron.…`, with the name of the setting).
  [[nodiscard]] Task<> on_startup(modules::ModuleContext context) override;
  /// Waits for a backup that is being written: it cannot be stopped half way.
  [[nodiscard]] Task<> on_shutdown(Deadline deadline) override;
  /// Degraded while the newest attempt of some company failed. Details: made, removed, drills.
  [[nodiscard]] Task<modules::Health> health_check(Deadline deadline) override;

  // What the jobs do. Each blocks.
  /// Makes a backup and removes what is not kept; gives the file. Errors: those of
  /// TenantOperations::backup.
  [[nodiscard]] Result<std::string> make(const std::string& tenant);
  /// Drills the newest backup; gives its name, or nothing where there is none. Errors: those of
  /// data::drill_archive.
  [[nodiscard]] Result<std::string> drill(const std::string& tenant);

 private:
  [[nodiscard]] static Task<> run(Backups* self, bool is_drill, modules::JobRun run);
  void note(const std::string& key, const Result<std::string>& outcome);

  BackupParts parts_;
  const BackupOptions options_;
  std::unique_ptr<BlockingPool> worker_;  // one at a time
  modules::JobOffer jobs_;
  std::mutex mutex_;
  std::map<std::string, std::string> failing_;  // by tenant and kind: the error
  std::uint64_t made_ = 0, removed_ = 0, drills_ = 0;
};

}  // namespace tenon::services
