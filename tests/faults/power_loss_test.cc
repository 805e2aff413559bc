// What was acknowledged survives a power cut at any moment: everything that the disk is told while
// a tenant works is written down, the cut is acted out after each write and each sync with five
// kinds of damage, and the file is opened again.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

#include "data/test_fixture.h"
#include "fault_disk.h"
#include "invariants.h"
#include "power_cut.h"
#include "proof.h"
#include "stand.h"
#include "workload.h"

namespace tenon::testing {
namespace {

using data::testing::soon;

enum class Plant : std::uint8_t { none, acknowledge_early, no_sync };

/// What was true at some position of the record, and so must be true after a cut there.
struct Promise {
  std::size_t position = 0;
  Sight sight;                        // script: all that was acknowledged
  std::vector<std::string> inserted;  // burst: ids acknowledged by then
};

struct Recording {
  std::vector<DiskOperation> operations;
  std::size_t created_at = 0;  // position at which create() had returned
  std::vector<Promise> promises;
};

class Room {
 public:
  explicit Room(std::string folder) : folder_(std::move(folder)) {}

  Result<std::shared_ptr<data::Tenant>> create() { return fresh().create("acme"); }
  Result<std::shared_ptr<data::Tenant>> open() { return fresh().open("acme"); }
  void close() { tenants_.reset(); }
  [[nodiscard]] std::filesystem::path files() const { return folder_ / "tenants"; }
  void clear() {
    close();
    for (const auto& entry : std::filesystem::directory_iterator(files()))
      std::filesystem::remove(entry.path());
  }

 private:
  data::Tenants& fresh() {
    // Small logs, so that checkpoints and their syncs are cut through as well.
    data::Tenants::Options options;
    options.storage.checkpoint_pages = 40;
    tenants_.emplace(folder_.string(), pool_, clock_, random_, options);
    return *tenants_;
  }

  std::filesystem::path folder_;
  BlockingPool pool_{{.threads = 1}};
  SystemClock clock_;
  SystemRandom random_;
  std::optional<data::Tenants> tenants_;
};

class PowerLoss : public ::testing::Test {
 protected:
  MemoryFolder folder_;
  FaultDisk disk_;
  Room room_{folder_.path()};
  std::uint64_t seed_ = seed_of_run();

  Recording script(std::size_t steps, Plant plant) {
    Recording made;
    disk_.swallow_syncs(plant == Plant::no_sync);
    disk_.record();
    {
      auto tenant = room_.create();
      EXPECT_TRUE(tenant) << tenant.error().for_log();
      if (!tenant) return made;
      made.created_at = disk_.position();
      made.promises.push_back({.position = disk_.position()});
      Workload work(steps, seed_);
      for (std::size_t i = 0; i < steps; ++i) {
        const auto before = disk_.position();
        auto done = work.run(*tenant, i);
        EXPECT_TRUE(done) << "step " << i << ": " << done.error().for_log();
        made.promises.push_back(
            {.position = plant == Plant::acknowledge_early ? before : disk_.position(),
             .sight = work.acknowledged()});
      }
      made.operations = disk_.take_record();
    }
    room_.clear();
    disk_.swallow_syncs(false);
    return made;
  }

  static asio::awaitable<void> keep_inserting(std::shared_ptr<data::Tenant> tenant, FaultDisk* disk,
                                              int count, Recording* out) {
    for (int i = 0; i < count; ++i) {
      std::string id;
      auto done = co_await data::run_unit(
          tenant, data::Viewer{}, data::Origin{.plugin = "crm"}, soon(),
          [&id, i](data::UnitOfWork& unit) -> Result<> {
            TENON_ASSIGN(info, unit.catalog().entity("crm", "customer"));
            TENON_ASSIGN(
                made, unit.insert(*info,
                                  {{"name", "a"},
                                   {"notes", std::string(static_cast<std::size_t>(i) * 50, 'n')}}));
            id = made.id.to_string();
            return {};
          });
      EXPECT_TRUE(done) << done.error().for_log();
      out->promises.push_back({.position = disk->position(), .sight = {}, .inserted = {id}});
    }
  }

  /// Eight writers in group commit.
  Recording burst(int each) {
    Recording made;
    disk_.record();
    {
      auto tenant = room_.create();
      EXPECT_TRUE(tenant);
      EXPECT_TRUE(testing::run((*tenant)->install(data::testing::crm(), soon())));
      made.created_at = disk_.position();
      run_all(1, 8, [&](std::size_t) { return keep_inserting(*tenant, &disk_, each, &made); });
      made.operations = disk_.take_record();
      EXPECT_LT((*tenant)->database().figures().commits, (*tenant)->database().figures().members);
    }
    room_.clear();
    return made;
  }

  /// Empty when everything that was promised by `position` is there, and nothing by halves.
  std::string breach(const Recording& recording, std::size_t position, bool in_order) {
    auto tenant = room_.open();
    if (!tenant) {
      if (position >= recording.created_at) return tenant.error().for_log();
      const bool missing = tenant.error().code() == ErrorCode::not_found;
      return missing ? "" : "a half-made tenant is in the way: " + tenant.error().for_log();
    }
    if (auto wrong = breach_of_invariants(**tenant); !wrong.empty()) return wrong;
    if (position < recording.created_at) return {};
    const auto& promises = recording.promises;
    const auto kept = static_cast<std::size_t>(
        std::ranges::upper_bound(promises, position, {}, &Promise::position) - promises.begin());
    if (in_order) {
      auto sight = look(**tenant);
      if (!sight) return sight.error().for_log();
      const bool as_promised = kept > 0 && *sight == promises[kept - 1].sight;
      const bool one_further = kept < promises.size() && *sight == promises[kept].sight;
      return as_promised || one_further ? "" : fmt::format("step {} is lost or torn", kept);
    }
    auto there = versions(**tenant, "crm", "customer");
    if (!there) return there.error().for_log();
    for (std::size_t i = 0; i < kept; ++i)
      for (const auto& id : promises[i].inserted) {
        const auto bytes = RecordId::parse(id)->value.bytes;
        if (!there->contains(std::string(bytes.begin(), bytes.end())))
          return "an acknowledged row is lost: " + id;
      }
    return {};
  }

  struct Verdict {
    std::uint64_t points = 0;  // at which something was not synced yet
    std::uint64_t images = 0;
    std::uint64_t breaches = 0;
    std::string first;
  };

  /// Cuts after every `stride`-th operation.
  Verdict cut_everywhere(const Recording& recording, bool in_order, std::size_t stride) {
    Verdict verdict;
    PowerCut cut;
    std::mt19937_64 random(seed_);
    for (std::size_t i = 0; i < recording.operations.size(); ++i) {
      cut.advance(recording.operations[i]);
      if (i % stride != 0) continue;
      if (cut.pending()) ++verdict.points;
      for (const auto damage : kDamages) {
        room_.clear();
        cut.write_files(damage, random);
        ++verdict.images;
        auto wrong = breach(recording, i + 1, in_order);
        if (wrong.empty()) {
          if (!cut.pending()) break;  // all kinds of damage are the same
          continue;
        }
        if (verdict.breaches++ == 0)
          verdict.first =
              fmt::format("after operation {} ({}), damage {}: {}", i, recording.operations[i].file,
                          static_cast<int>(damage), wrong);
      }
    }
    room_.clear();
    return verdict;
  }
};

TEST_F(PowerLoss, keeps_every_acknowledged_step_and_no_half_of_any) {
  const auto recording = script(size_of_run(24, 220), Plant::none);
  const auto stride = static_cast<std::size_t>(size_of_run(7, 1));
  const auto verdict = cut_everywhere(recording, true, stride);
  EXPECT_EQ(verdict.breaches, 0U) << verdict.first << ", seed " << seed_;
  EXPECT_GT(verdict.points, 40U);
  report("power loss, script",
         fmt::format("{} breaches in {} crash points, {} images", verdict.breaches, verdict.points,
                     verdict.images),
         seed_);
}

TEST_F(PowerLoss, keeps_every_acknowledged_member_of_a_group) {
  const auto recording = burst(static_cast<int>(size_of_run(6, 60)));
  const auto stride = static_cast<std::size_t>(size_of_run(7, 1));
  const auto verdict = cut_everywhere(recording, false, stride);
  EXPECT_EQ(verdict.breaches, 0U) << verdict.first << ", seed " << seed_;
  report("power loss, groups",
         fmt::format("{} breaches in {} crash points, {} images", verdict.breaches, verdict.points,
                     verdict.images),
         seed_);
}

TEST_F(PowerLoss, catches_an_acknowledgement_before_commit) {
  const auto recording = script(16, Plant::acknowledge_early);
  EXPECT_GT(cut_everywhere(recording, true, 7).breaches, 0U) << "seed " << seed_;
}

TEST_F(PowerLoss, catches_a_database_that_does_not_sync) {
  const auto recording = script(16, Plant::no_sync);
  EXPECT_GT(cut_everywhere(recording, true, 7).breaches, 0U) << "seed " << seed_;
}

}  // namespace
}  // namespace tenon::testing
