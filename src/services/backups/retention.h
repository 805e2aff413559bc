#pragma once
// Which backups are kept: of the newest days, weeks and months one each, the last of its day, week
// or month. The newest of all is always kept.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace tenon::services {

struct Keep {
  std::size_t daily = 7;
  std::size_t weekly = 4;  // weeks begin on Monday, in UTC
  std::size_t monthly = 6;
};

struct BackupFile {
  std::string name;
  Timestamp made;
};

/// `demo-20261128T030000Z.tenon`
[[nodiscard]] std::string backup_name(std::string_view tenant, Timestamp made);
/// The backups of `tenant` among `names`, newest first; other names are left alone.
[[nodiscard]] std::vector<BackupFile> backups_among(std::string_view tenant,
                                                    const std::vector<std::string>& names);
/// Those of `files`, newest first, that are not kept.
[[nodiscard]] std::vector<BackupFile> not_kept(const std::vector<BackupFile>& files,
                                               const Keep& keep);

}  // namespace tenon::services
