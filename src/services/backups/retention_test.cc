#include "services/backups/retention.h"

#include <gtest/gtest.h>

namespace tenon::services {
namespace {

using std::chrono::days;

TEST(RetentionTest, names_tell_their_tenant_and_time_and_nothing_else_is_touched) {
  const auto made = from_rfc3339("2026-11-28T03:00:05.123Z").value();
  EXPECT_EQ(backup_name("acme", made), "acme-20261128T030005Z.tenon");
  EXPECT_EQ(free_backup_name("acme", made, {"acme-20261128T030005Z.tenon"}),
            "acme-20261128T030006Z.tenon");
  const auto found = backups_among(
      "acme", {"acme-20261128T030005Z.tenon", "acme-2-20261128T030005Z.tenon", "notes.txt",
               "acme-20261128T030005Z.tenon.part", "acme-20261328T030005Z.tenon",
               "acme-20261129T030005Z.tenon", ".drill"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "acme-20261129T030005Z.tenon") << "newest first";
  EXPECT_EQ(found[1].made, from_rfc3339("2026-11-28T03:00:05Z"));
}

TEST(RetentionTest, a_year_of_daily_backups_leaves_days_weeks_and_months) {
  const Keep keep{.daily = 7, .weekly = 4, .monthly = 6};
  std::vector<std::string> names;
  const auto start = from_rfc3339("2026-01-01T03:00:00Z").value();
  for (int day = 0; day < 365; ++day) {
    names.push_back(backup_name("acme", start + days(day)));
    for (const auto& gone : not_kept(backups_among("acme", names), keep))
      std::erase(names, gone.name);
  }
  std::string left;
  for (const auto& file : backups_among("acme", names))
    left += to_rfc3339(file.made).substr(5, 5) + " ";
  EXPECT_EQ(left,
            "12-31 12-30 12-29 12-28 12-27 12-26 12-25 12-20 12-13 11-30 10-31 09-30 08-31 07-31 ");
}

TEST(RetentionTest, the_newest_is_kept_also_when_nothing_is) {
  const std::vector<BackupFile> files{{.name = "b", .made = Timestamp(days(2))},
                                      {.name = "a", .made = Timestamp(days(1))}};
  const auto gone = not_kept(files, {.daily = 0, .weekly = 0, .monthly = 0});
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].name, "a");
}

}  // namespace
}  // namespace tenon::services
