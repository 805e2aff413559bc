// Two ways in which a disk ends writing. A full one: writes are refused, reads go on, and writing
// goes on when there is space again. One that cannot sync: nobody knows what it holds, so nothing
// is acknowledged any more until the file was recovered by opening it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>

#include "data/test_fixture.h"
#include "fault_disk.h"
#include "invariants.h"
#include "proof.h"
#include "stand.h"

namespace tenon::testing {
namespace {

using data::testing::soon;

Result<data::Record> insert(const std::shared_ptr<data::Tenant>& tenant, std::size_t notes) {
  return run(data::run_unit(tenant, data::Viewer{}, data::Origin{.plugin = "crm"}, soon(),
                            [notes](data::UnitOfWork& unit) -> Result<data::Record> {
                              TENON_ASSIGN(info, unit.catalog().entity("crm", "customer"));
                              return unit.insert(
                                  *info, {{"name", "Acme"}, {"notes", std::string(notes, 'n')}});
                            }));
}

Result<data::Record> get(data::Tenant& tenant, RecordId id) {
  return tenant.get(*tenant.catalog()->find("crm", "customer"), id, {});
}

std::shared_ptr<data::Tenant> installed(Stand& stand) {
  auto tenant = stand.create();
  if (!tenant || !run((*tenant)->install(data::testing::crm(), soon()))) return nullptr;
  return *tenant;
}

/// Writes until the disk is full and for some time after, then makes space and writes again.
void fill_and_free(Stand& stand, const std::function<void()>& make_space) {
  std::vector<RecordId> kept;
  {
    const auto tenant = installed(stand);
    ASSERT_NE(tenant, nullptr);
    int refused = 0;
    for (int i = 0; i < 4000 && refused < 20; ++i) {
      auto made = insert(tenant, 5000);
      if (made) {
        kept.push_back(made->id);
        continue;
      }
      ++refused;
      EXPECT_EQ(made.error().code(), ErrorCode::exhausted) << made.error().for_log();
      EXPECT_EQ(made.error().reason(), "storage.full") << made.error().for_log();
      ASSERT_FALSE(kept.empty());
      EXPECT_TRUE(get(*tenant, kept.front())) << "reads go on";
      EXPECT_TRUE(get(*tenant, kept.back()));
    }
    EXPECT_EQ(refused, 20);
    make_space();
    for (int i = 0; i < 20; ++i) {
      auto made = insert(tenant, 5000);
      ASSERT_TRUE(made) << made.error().for_log();
      kept.push_back(made->id);
    }
    EXPECT_EQ(breach_of_invariants(*tenant), "");
  }
  stand.close();
  auto tenant = stand.open();
  ASSERT_TRUE(tenant) << tenant.error().for_log();
  EXPECT_EQ(breach_of_invariants(**tenant), "");
  for (const auto id : kept) EXPECT_TRUE(get(**tenant, id));
}

TEST(FullDisk, refuses_writes_reads_on_and_recovers_when_there_is_space) {
  FaultDisk disk;
  auto stand = make_stand(Engine::sqlite);
  disk.set_space(2'000'000);
  fill_and_free(*stand, [&disk] { disk.set_space(50'000'000); });
}

/// A small file system of its own, where this user may mount one.
class Mounted {
 public:
  explicit Mounted(const std::string& at) : at_(at) {
    mounted_ = ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=4m") == 0;
  }
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;
  ~Mounted() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool held() const noexcept { return mounted_; }
  void grow() const { ::mount("tmpfs", at_.c_str(), "tmpfs", MS_REMOUNT, "size=64m"); }

 private:
  std::string at_;
  bool mounted_ = false;
};

TEST(FullDisk, does_the_same_on_a_real_file_system) {
  ScratchDirectory place;
  const Mounted small(place.path());
  if (!small.held()) GTEST_SKIP() << "mounting is not allowed here";
  auto stand = make_stand(Engine::sqlite, place.path());
  fill_and_free(*stand, [&small] { small.grow(); });
}

class FailedSync : public ::testing::Test {
 protected:
  FaultDisk disk_;
  std::unique_ptr<Stand> stand_ = make_stand(Engine::sqlite);
};

TEST_F(FailedSync, ends_acknowledgements_until_the_file_is_opened_again) {
  std::vector<RecordId> kept;
  {
    const auto tenant = installed(*stand_);
    ASSERT_NE(tenant, nullptr);
    for (int i = 0; i < 30; ++i) kept.push_back(insert(tenant, 100)->id);
    // Once only: what Linux answers the second time is success for pages that it has thrown away.
    disk_.arm({.nth = 1, .repeat = Repeat::once, .fault = Fault::io, .only = Call::sync});
    auto lost = insert(tenant, 100);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code(), ErrorCode::unavailable) << lost.error().for_log();
    for (int i = 0; i < 50; ++i) {
      auto later = insert(tenant, 100);
      ASSERT_FALSE(later) << "acknowledged after a failed sync";
      EXPECT_EQ(later.error().code(), ErrorCode::unavailable);
      EXPECT_EQ(later.error().reason(), "storage.failed") << later.error().for_log();
    }
    EXPECT_TRUE(tenant->database().figures().failed);
    EXPECT_TRUE(get(*tenant, kept.back())) << "reads go on";
  }
  stand_->close();
  disk_.disarm();
  auto tenant = stand_->open();
  ASSERT_TRUE(tenant) << tenant.error().for_log();
  EXPECT_EQ(breach_of_invariants(**tenant), "");
  for (const auto id : kept) EXPECT_TRUE(get(**tenant, id));
  EXPECT_TRUE(insert(*tenant, 100));
}

TEST_F(FailedSync, of_a_checkpoint_ends_them_as_well) {
  // The first commit after the log has grown past its bound copies it; that one's syncs come after
  // the commit's own.
  const auto tenant = installed(*stand_);
  ASSERT_NE(tenant, nullptr);
  disk_.arm({.nth = UINT64_MAX, .repeat = Repeat::once, .fault = Fault::io, .only = Call::sync});
  std::uint64_t before = 0;
  std::uint64_t nth = 0;
  for (int i = 0; i < 3000 && nth == 0; ++i) {
    before = disk_.calls();
    ASSERT_TRUE(insert(tenant, 50'000));
    if (disk_.calls() - before > 1) nth = disk_.calls();
  }
  ASSERT_GT(nth, 0U) << "no checkpoint came";
  disk_.arm({.nth = 2, .repeat = Repeat::once, .fault = Fault::io, .only = Call::sync});
  Result<data::Record> last = insert(tenant, 50'000);
  for (int i = 0; i < 3000 && disk_.failed() == 0; ++i) {
    disk_.arm({.nth = 2, .repeat = Repeat::once, .fault = Fault::io, .only = Call::sync});
    last = insert(tenant, 50'000);
  }
  ASSERT_EQ(disk_.failed(), 1U);
  // Whoever came before the checkpoint was durable; whoever comes after is refused.
  auto after = insert(tenant, 10);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().reason(), "storage.failed");
}

}  // namespace
}  // namespace tenon::testing
