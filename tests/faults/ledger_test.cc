// Debits equal credits, every balance equals its recount and stock is never below zero, however
// many clerks work at once, whatever traps, and whoever is killed.
#include "ledger.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "data/test_fixture.h"
#include "proof.h"
#include "stand.h"
#include "victim.h"

namespace tenon::testing {
namespace {

constexpr std::uint64_t kTransfersPerBook = 40'000;

struct Season {
  std::uint64_t transfers = 0, kills = 0;
  std::string breach;
};

/// Books of at most kTransfersPerBook until `transfers` were acknowledged.
Season keep_books(Engine engine, std::uint64_t transfers, std::uint64_t seed, Mistake mistake) {
  std::mt19937_64 random(seed);
  Season season;
  while (season.transfers < transfers && season.breach.empty()) {
    auto stand = make_stand(engine);
    {
      auto tenant = stand->create();
      if (!tenant || !make_ledger(*tenant)) {
        season.breach = "the book cannot be made";
        return season;
      }
    }
    std::set<std::string> told;
    const auto goal = std::min(kTransfersPerBook, transfers - season.transfers);
    while (told.size() < goal && season.breach.empty()) {
      stand->close();
      Victim victim("ledger", *stand, random(), mistake);
      const auto victims = stand->victims();
      auto heard = victim.hear_and_kill(*stand, victims[season.kills % victims.size()],
                                        std::chrono::microseconds(100'000 + random() % 3'000'000),
                                        goal - told.size());
      if (!heard) {
        season.breach = heard.error().message();
        return season;
      }
      ++season.kills;
      for (const auto& one : *heard) told.emplace(one.id.begin(), one.id.end());
      auto tenant = stand->open();
      season.breach = tenant ? breach_of_ledger(**tenant, told) : tenant.error().for_log();
    }
    season.transfers += told.size();
  }
  return season;
}

void stays_exact(Engine engine, std::uint64_t transfers) {
  const auto seed = seed_of_run();
  const auto season = keep_books(engine, transfers, seed, Mistake::none);
  EXPECT_EQ(season.breach, "") << "seed " << seed;
  EXPECT_GE(season.transfers, transfers);
  report(fmt::format("ledger, {}", to_string(engine)),
         fmt::format("{} books out of balance in {} transfers by 16 clerks, {} kills",
                     season.breach.empty() ? 0 : 1, season.transfers, season.kills),
         seed);
}

TEST(Ledger, stays_exact_under_traps_deadlines_and_kills) {
  stays_exact(Engine::sqlite, size_of_run(6'000, 1'000'000));
}

TEST(Ledger, on_postgres_stays_exact_under_traps_deadlines_and_kills) {
  TENON_NEEDS_POSTGRES();
  stays_exact(Engine::postgres, size_of_run(400, 50'000));
}

TEST(Ledger, catches_a_balance_that_was_read_before_the_unit) {
  const auto seed = seed_of_run();
  EXPECT_NE(keep_books(Engine::sqlite, 6'000, seed, Mistake::stale_read).breach, "")
      << "seed " << seed;
}

}  // namespace
}  // namespace tenon::testing
