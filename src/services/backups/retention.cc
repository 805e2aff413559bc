#include "services/backups/retention.h"

#include <algorithm>
#include <set>

namespace tenon::services {
namespace {

constexpr std::string_view kEnding = ".tenon";
constexpr std::size_t kStamp = 16;  // 20261128T030000Z

/// Marks one file for each of the newest `count` values of `period`.
template <class Period>
void mark(const std::vector<BackupFile>& files, std::size_t count, Period period,
          std::set<std::string>& kept) {
  std::set<std::int64_t> seen;
  for (const auto& file : files) {
    if (seen.size() >= count) break;
    if (seen.insert(period(std::chrono::floor<std::chrono::days>(file.made))).second)
      kept.insert(file.name);
  }
}

}  // namespace

std::string backup_name(std::string_view tenant, Timestamp made) {
  const auto text = to_rfc3339(made);  // 2026-11-28T03:00:00.000000Z
  std::string stamp;
  for (const char c : text.substr(0, 19))
    if (c != '-' && c != ':') stamp += c;
  return std::string(tenant) + "-" + stamp + "Z" + std::string(kEnding);
}

std::string free_backup_name(std::string_view tenant, Timestamp made,
                             const std::vector<std::string>& taken) {
  auto name = backup_name(tenant, made);
  while (std::ranges::find(taken, name) != taken.end())
    name = backup_name(tenant, made += std::chrono::seconds(1));
  return name;
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error))
    names.push_back(it->path().filename().string());
  return names;
}

std::vector<BackupFile> backups_among(std::string_view tenant,
                                      const std::vector<std::string>& names) {
  std::vector<BackupFile> files;
  const auto head = std::string(tenant) + "-";
  for (const auto& name : names) {
    if (name.size() != head.size() + kStamp + kEnding.size() || !name.starts_with(head) ||
        !name.ends_with(kEnding))
      continue;
    const auto stamp = name.substr(head.size(), kStamp);
    const auto made =
        from_rfc3339(stamp.substr(0, 4) + "-" + stamp.substr(4, 2) + "-" + stamp.substr(6, 5) +
                     ":" + stamp.substr(11, 2) + ":" + stamp.substr(13));
    if (made) files.push_back({.name = name, .made = *made});
  }
  std::ranges::sort(files, std::greater<>(), &BackupFile::made);
  return files;
}

std::vector<BackupFile> not_kept(const std::vector<BackupFile>& files, const Keep& keep) {
  std::set<std::string> kept;
  if (!files.empty()) kept.insert(files.front().name);
  using std::chrono::sys_days;
  using std::chrono::year_month_day;
  mark(files, keep.daily, [](sys_days day) { return day.time_since_epoch().count(); }, kept);
  // 1970-01-01 was a Thursday: three days behind a Monday.
  mark(
      files, keep.weekly, [](sys_days day) { return (day.time_since_epoch().count() + 3) / 7; },
      kept);
  mark(
      files, keep.monthly,
      [](sys_days day) {
        const year_month_day date(day);
        return std::int64_t{static_cast<int>(date.year())} * 12 +
               static_cast<unsigned>(date.month());
      },
      kept);
  std::vector<BackupFile> gone;
  for (const auto& file : files)
    if (!kept.contains(file.name)) gone.push_back(file);
  return gone;
}

}  // namespace tenon::services
