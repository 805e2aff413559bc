// What was acknowledged is there after SIGKILL, and each row has its event and its audit row. A few
// lanes kill at once, each in its own tenant, since most of a round is waiting for its moment.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "data/test_fixture.h"
#include "invariants.h"
#include "proof.h"
#include "stand.h"
#include "victim.h"

namespace tenon::testing {
namespace {

using std::chrono::microseconds;

constexpr std::uint64_t kRoundsPerTenant = 12;

struct Outcome {
  std::atomic<std::uint64_t> rounds = 0, acknowledged = 0, lost = 0;
  std::mutex mutex;
  std::string first;  // breach

  void breach(std::string words) {
    ++lost;
    const std::lock_guard lock(mutex);
    if (first.empty()) first = std::move(words);
  }
};

/// What one tenant has acknowledged so far: id → version.
using Known = std::map<std::string, std::uint32_t>;

std::string compare(Stand& stand, const Known& known) {
  auto tenant = stand.open();
  if (!tenant) return tenant.error().for_log();
  if (auto wrong = breach_of_invariants(**tenant); !wrong.empty()) return wrong;
  auto there = versions(**tenant, "crm", "customer");
  if (!there) return there.error().for_log();
  for (const auto& [id, version] : known) {
    const auto found = there->find(id);
    if (found == there->end()) return fmt::format("an acknowledged record is lost");
    // The version after it may have been durable and not told yet.
    if (found->second != version && found->second != version + 1)
      return fmt::format("version {} was acknowledged, {} is there", version, found->second);
  }
  return {};
}

void lane(Engine engine, std::uint64_t rounds, std::uint64_t seed, Mistake mistake, Outcome& out) {
  std::mt19937_64 random(seed);
  std::unique_ptr<Stand> stand;
  Known known;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    if (round % kRoundsPerTenant == 0) {
      stand = make_stand(engine);
      known.clear();
      auto made = stand->create();
      if (!made || !run((*made)->install(data::testing::crm(), data::testing::soon())))
        return out.breach("a tenant cannot be made");
    }
    stand->close();
    const auto victims = stand->victims();
    Victim victim("rows", *stand, random(), mistake);
    auto told = victim.hear_and_kill(*stand, victims[round % victims.size()],
                                     microseconds(20'000 + random() % 180'000));
    if (!told) return out.breach(told.error().message());
    for (const auto& one : *told) known[std::string(one.id.begin(), one.id.end())] = one.version;
    out.acknowledged += told->size();
    ++out.rounds;
    if (auto wrong = compare(*stand, known); !wrong.empty()) {
      out.breach(fmt::format("{} (lane seed {}, round {})", wrong, seed, round));
      if (mistake != Mistake::none) return;
    }
  }
}

void kill_in_lanes(Engine engine, std::uint64_t rounds, std::uint64_t lanes, std::uint64_t seed,
                   Mistake mistake, Outcome& out) {
  // A server dies with the thread that started it again.
  if (lanes == 1) return lane(engine, rounds, seed, mistake, out);
  std::vector<std::jthread> threads;
  for (std::uint64_t i = 0; i < lanes; ++i)
    threads.emplace_back([=, &out] {
      lane(engine, rounds / lanes + (i < rounds % lanes ? 1 : 0), seed * 1000 + i, mistake, out);
    });
}

void loses_nothing(Engine engine, std::uint64_t rounds, std::uint64_t lanes) {
  const auto seed = seed_of_run();
  Outcome out;
  kill_in_lanes(engine, rounds, lanes, seed, Mistake::none, out);
  EXPECT_EQ(out.lost, 0U) << out.first << ", seed " << seed;
  EXPECT_EQ(out.rounds, rounds);
  EXPECT_GT(out.acknowledged, rounds);
  report(fmt::format("kill, {}", to_string(engine)),
         fmt::format("{} lost in {} kills, {} acknowledged", out.lost.load(), out.rounds.load(),
                     out.acknowledged.load()),
         seed);
}

TEST(Kill, loses_nothing_that_was_acknowledged) {
  loses_nothing(Engine::sqlite, size_of_run(16, 3000), 4);
}

/// In turn the writing process, a process that serves it, and the server's first.
TEST(Kill, on_postgres_loses_nothing_that_was_acknowledged) {
  TENON_NEEDS_POSTGRES();
  loses_nothing(Engine::postgres, size_of_run(6, 200), 1);
}

TEST(Kill, on_postgres_catches_an_acknowledgement_before_commit) {
  TENON_NEEDS_POSTGRES();
  const auto seed = seed_of_run();
  Outcome out;
  lane(Engine::postgres, 30, seed, Mistake::acknowledge_early, out);
  EXPECT_GT(out.lost, 0U) << "seed " << seed;
}

TEST(Kill, catches_an_acknowledgement_before_commit) {
  const auto seed = seed_of_run();
  Outcome out;
  lane(Engine::sqlite, 30, seed, Mistake::acknowledge_early, out);
  EXPECT_GT(out.lost, 0U) << "seed " << seed;
}

}  // namespace
}  // namespace tenon::testing
