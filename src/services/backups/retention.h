#pragma once
// Which backups are kept: of the newest days, weeks and months one each, the last of its day, week
// or month. The newest of all is always kept.

#include <cstddef>
#include <filesystem>
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
/// The same of the first second from `made` on that is not among `taken`: two may be asked for at
/// once.
[[nodiscard]] std::string free_backup_name(std::string_view tenant, Timestamp made,
                                           const std::vector<std::string>& taken);
/// The names of the files in `folder`; none when it cannot be read.
[[nodiscard]] std::vector<std::string> names_in(const std::filesystem::path& folder);
/// The backups of `tenant` among `names`, newest first; other names are left alone.
[[nodiscard]] std::vector<BackupFile> backups_among(std::string_view tenant,
                                                    const std::vector<std::string>& names);
/// Those of `files`, newest first, that are not kept.
[[nodiscard]] std::vector<BackupFile> not_kept(const std::vector<BackupFile>& files,
                                               const Keep& keep);

}  // namespace tenon::services
