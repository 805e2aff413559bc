// A backup that is restored on trial, and one that does not hold what it says.
#include "data/transfer/drill.h"

#include <fstream>

#include "data/transfer/transfer_fixture.h"

namespace tenon::data {
namespace {

class DrillTest : public testing::TransferTest {
 protected:
  BlockingPool others_{{.threads = 2}};
  Result<DrillReport> drill(const std::string& archive) {
    return drill_archive(archive, directory_ / "scratch",
                         {.pool = others_, .clock = clock_, .random = random_, .native = {}});
  }
  bool scratch_is_there() { return std::filesystem::exists(directory_ / "scratch"); }
};

TEST_F(DrillTest, a_good_backup_is_restored_compared_and_taken_away_again) {
  fill();
  const auto archive = directory_ / "acme.tenon";
  const auto made = operations().backup("acme", archive);
  ASSERT_TRUE(made) << made.error().for_log();
  const auto report = drill(archive);
  ASSERT_TRUE(report) << report.error().for_log();
  EXPECT_EQ(report->archive.rows, made->rows);
  EXPECT_GT(report->audit_rows, 20U);
  EXPECT_FALSE(scratch_is_there());
}

TEST_F(DrillTest, a_backup_that_was_changed_is_refused_and_nothing_is_left) {
  fill();
  const auto archive = directory_ / "acme.tenon";
  ASSERT_TRUE(operations().backup("acme", archive));
  {
    std::fstream file(archive, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5000);
    file.put('\x7f');
  }
  const auto report = drill(archive);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().reason(), "archive.corrupt");
  EXPECT_FALSE(scratch_is_there());
}

TEST_F(DrillTest, somebody_elses_folder_is_left_alone) {
  std::filesystem::create_directories(directory_ / "scratch");
  const auto report = drill(directory_ / "none.tenon");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().reason(), "drill.scratch");
  EXPECT_TRUE(scratch_is_there());
}

}  // namespace
}  // namespace tenon::data
