// Every call that a tenant's work makes to the disk fails once, and from then on. Each answer must
// carry the right code, nothing may be half-written, what was acknowledged must be there when the
// file is opened again, and where the fault has passed the next request must work.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "data/test_fixture.h"
#include "fault_disk.h"
#include "invariants.h"
#include "proof.h"
#include "stand.h"
#include "workload.h"

namespace tenon::testing {
namespace {

constexpr std::size_t kSteps = 64;

bool honest(const Error& error) {
  static const std::set<std::string, std::less<>> kReasons{
      "storage.io",       "storage.sync", "storage.full", "storage.failed", "storage.rerun",
      "storage.readonly", "storage.busy", "storage.open", "storage.corrupt"};
  const bool code = error.code() == ErrorCode::unavailable || error.code() == ErrorCode::exhausted;
  return code && kReasons.contains(error.reason());
}

struct Trial {
  bool reached = false;  // the fault was met
  std::string breach;
};

/// One run of the workload with a fault in it, from an open tenant to a reopened one.
class FaultyRun {
 public:
  FaultyRun(FaultDisk& disk, FaultPlan plan, std::string folder, std::uint64_t seed)
      : disk_(disk),
        plan_(plan),
        stand_(make_stand(Engine::sqlite, std::move(folder))),
        work_(kSteps, seed) {}

  FaultyRun& believing() {
    believes_ = true;
    return *this;
  }

  Trial run() {
    Trial trial;
    {
      auto tenant = stand_->create();
      if (!tenant) return {.breach = "create without a fault: " + tenant.error().for_log()};
      disk_.arm(plan_);
      trial.breach = work_through(*tenant);
      trial.reached = disk_.failed() > 0;
    }
    stand_->close();  // under the fault still: closing copies the log
    disk_.disarm();
    if (trial.breach.empty()) trial.breach = reopened();
    return trial;
  }

 private:
  std::string work_through(const std::shared_ptr<data::Tenant>& tenant) {
    int refused = 0;
    for (std::size_t step = 0; step < kSteps && refused < kRefusals; ++step) {
      auto done = work_.run(tenant, step);
      if (!done && plan_.repeat == Repeat::once && !tenant->database().figures().failed) {
        if (!honest(done.error())) return told(step, done.error());
        done = work_.run(tenant, step);
        if (!done) return "after the fault had passed, " + told(step, done.error());
      }
      if (done) {
        if (failed_ && wrote(step)) return "a write was acknowledged after the database failed";
        continue;
      }
      if (!honest(done.error())) return told(step, done.error());
      if (believes_) work_.believe_the_failed();
      ++refused;
      const bool install = step == 0 || step == kSteps / 2;
      const bool fails_now = !failed_ && tenant->database().figures().failed;
      // Only here is the fate of a write unknown: its commit was cut short, or an install could not
      // be read back. After that nothing may come through.
      if ((fails_now || install) && !possible_) possible_ = work_.attempted();
      failed_ = failed_ || fails_now;
      if (install) return {};
    }
    return {};
  }

  static bool wrote(std::size_t step) { return step % 8 != 7; }

  static std::string told(std::size_t step, const Error& error) {
    return fmt::format("step {}: {}", step, error.for_log());
  }

  std::string reopened() {
    auto tenant = stand_->open();
    if (!tenant) return "open after the fault: " + tenant.error().for_log();
    if (auto wrong = breach_of_invariants(**tenant); !wrong.empty()) return wrong;
    auto sight = look(**tenant);
    if (!sight) return sight.error().for_log();
    if (*sight != work_.acknowledged() && (!possible_ || *sight != *possible_))
      return "what is there is not what was acknowledged";
    data::Entity probe{.plugin = "probe", .name = "probe"};
    probe.fields = {data::testing::field("name", data::FieldType::string)};
    auto package = data::testing::crm({probe});
    package.id = "probe";
    auto more = testing::run((*tenant)->install(std::move(package), data::testing::soon()));
    return more ? "" : "the next request after opening: " + more.error().for_log();
  }

  static constexpr int kRefusals = 8;
  FaultDisk& disk_;
  FaultPlan plan_;
  std::unique_ptr<Stand> stand_;
  Workload work_;
  std::optional<Sight> possible_;
  bool failed_ = false;
  bool believes_ = false;
};

class IoFault : public ::testing::Test {
 protected:
  FaultDisk disk_;
  MemoryFolder folder_;
  std::uint64_t seed_ = seed_of_run();

  /// Fails the n-th call for every `stride`-th n until a run meets no fault.
  void sweep(Repeat repeat, Fault fault, std::uint64_t stride, std::string_view name) {
    std::uint64_t trials = 0;
    std::uint64_t breaches = 0;
    for (std::uint64_t nth = 1;; nth += stride) {
      const auto trial =
          FaultyRun(disk_, {.nth = nth, .repeat = repeat, .fault = fault, .only = {}},
                    folder_.path(), seed_)
              .run();
      if (!trial.breach.empty() && ++breaches <= 5)
        ADD_FAILURE() << name << ", call " << nth << ": " << trial.breach << ", seed " << seed_;
      if (!trial.reached) break;
      ++trials;
    }
    EXPECT_GT(trials, 10U);
    report(fmt::format("I/O fault, {}", name),
           fmt::format("{} breaches in {} trials of {} operations", breaches, trials, kSteps),
           seed_);
  }
  std::uint64_t stride(std::uint64_t brief) { return size_of_run(brief, 1); }
};

TEST_F(IoFault, catches_a_failed_write_that_was_taken_for_acknowledged) {
  int caught = 0;
  for (std::uint64_t nth = 400; nth < 1400; nth += 100)
    if (!FaultyRun(disk_, {.nth = nth, .repeat = Repeat::for_ever}, folder_.path(), seed_)
             .believing()
             .run()
             .breach.empty())
      ++caught;
  // Not each of the ten: where the calls that fail belong to a read or to a checkpoint, nothing was
  // taken for acknowledged.
  EXPECT_GE(caught, 5);
}

TEST_F(IoFault, once_is_answered_and_the_next_request_works) {
  sweep(Repeat::once, Fault::io, stride(61), "once, error");
}
TEST_F(IoFault, for_ever_is_answered_and_opening_again_finds_everything) {
  sweep(Repeat::for_ever, Fault::io, stride(61), "for ever, error");
}
TEST_F(IoFault, a_full_disk_is_answered_once_and_for_ever) {
  sweep(Repeat::once, Fault::full, stride(89), "once, full");
  sweep(Repeat::for_ever, Fault::full, stride(89), "for ever, full");
}
TEST_F(IoFault, a_disk_that_turns_read_only_is_answered) {
  sweep(Repeat::for_ever, Fault::readonly, stride(97), "for ever, read-only");
}
TEST_F(IoFault, a_busy_file_is_answered) {
  sweep(Repeat::once, Fault::busy, stride(97), "once, busy");
}
TEST_F(IoFault, a_short_read_is_answered) {
  sweep(Repeat::once, Fault::short_read, stride(97), "once, short read");
}

}  // namespace
}  // namespace tenon::testing
