// A request with a key has its effect once, however often and from wherever it is sent again, and
// whoever is killed in between; each sending that is answered gets the same answer (R21).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

#include "invariants.h"
#include "proof.h"
#include "retries.h"
#include "stand.h"
#include "victim.h"

namespace tenon::testing {
namespace {

constexpr std::uint64_t kBack = 50;  // keys that are sent again though they were answered before
// A victim lives a random part of this; on a slow machine, where one brings nothing new, the next
// may live twice as long, so that the end is reached on any.
constexpr std::uint64_t kShortLife = 60'000;
constexpr std::uint64_t kLongLife = 4'000'000;

struct Sent {
  std::uint64_t answers = 0, kills = 0, effects = 0;
  std::string breach;
};

/// What was answered to one request.
struct Answer {
  std::uint64_t times = 0;
  std::array<std::uint8_t, 16> id{};
};

std::string hear(const std::vector<Told>& told, std::vector<Answer>& answers) {
  for (const auto& one : told) {
    if (one.version >= answers.size()) return "a request that nobody sent was answered";
    auto& answer = answers[one.version];
    if (answer.times++ == 0) answer.id = one.id;
    if (answer.id != one.id) return fmt::format("request {} has two answers", one.version);
  }
  return {};
}

/// Each effect at most once, and those that were answered as they were answered.
std::string compare(data::Tenant& tenant, const std::vector<Answer>& answers, Sent& sent) {
  if (auto wrong = breach_of_invariants(tenant); !wrong.empty()) return wrong;
  const auto* info = tenant.catalog()->find("crm", "effect");
  auto reader = tenant.database().reader();
  if (!reader) return reader.error().for_log();
  std::vector<std::uint8_t> seen(answers.size());
  std::string wrong;
  sent.effects = 0;
  auto done = reader->session().query(
      fmt::format("SELECT \"id\", {} FROM {}", info->columns()[*info->find("number")].sql,
                  info->table()),
      {}, [&](const storage::Row& row) {
        ++sent.effects;
        const auto number = static_cast<std::size_t>(row.integer(1));
        if (number >= seen.size() || seen[number]++ != 0)
          wrong = fmt::format("request {} has two effects", number);
        else if (answers[number].times != 0 && !std::ranges::equal(row.blob(0), answers[number].id))
          wrong = fmt::format("request {} was answered with another effect", number);
        return wrong.empty() ? storage::Visit::more : storage::Visit::stop;
      });
  if (!done) return done.error().for_log();
  for (std::size_t number = 0; number < answers.size() && wrong.empty(); ++number)
    if (answers[number].times != 0 && seen[number] == 0)
      wrong = fmt::format("request {} was answered and has no effect", number);
  return wrong;
}

Sent send_until_answered(Engine engine, std::uint64_t requests, std::uint64_t seed,
                         Mistake mistake) {
  std::mt19937_64 random(seed);
  Sent sent;
  auto stand = make_stand(engine);
  {
    auto tenant = stand->create();
    if (!tenant || !run((*tenant)->install(retries_package(), data::testing::soon()))) {
      sent.breach = "a tenant cannot be made";
      return sent;
    }
  }
  std::vector<Answer> answers(requests);
  const auto open = [&] {
    return std::ranges::find_if(answers, [](const Answer& one) { return one.times < kSendings; });
  };
  std::uint64_t life = kShortLife;
  auto before = answers.end();
  for (auto left = open(); left != answers.end() && sent.breach.empty(); left = open()) {
    life = std::exchange(before, left) == left ? std::min(2 * life, kLongLife) : kShortLife;
    const auto first = static_cast<std::uint64_t>(left - answers.begin());
    const Numbers numbers{.first = first - std::min(first, kBack), .last = requests};
    stand->close();
    Victim victim("retries", *stand, random(), mistake, numbers);
    const auto victims = stand->victims();
    auto told = victim.hear_and_kill(*stand, victims[sent.kills % victims.size()],
                                     std::chrono::microseconds(3'000 + random() % life),
                                     (numbers.last - numbers.first) * kSendings);
    if (!told) {
      sent.breach = told.error().message();
      return sent;
    }
    ++sent.kills;
    sent.answers += told->size();
    sent.breach = hear(*told, answers);
    if (!sent.breach.empty()) return sent;
    auto tenant = stand->open();
    sent.breach = tenant ? compare(**tenant, answers, sent) : tenant.error().for_log();
  }
  return sent;
}

void has_its_effect_once(Engine engine, std::uint64_t requests) {
  const auto seed = seed_of_run();
  const auto sent = send_until_answered(engine, requests, seed, Mistake::none);
  EXPECT_EQ(sent.breach, "") << "seed " << seed;
  EXPECT_EQ(sent.effects, requests);
  EXPECT_GE(sent.answers, requests * kSendings);
  report(fmt::format("retries, {}", to_string(engine)),
         fmt::format("{} effects of {} requests, answered {} times by 16 clients, {} kills",
                     sent.effects, requests, sent.answers, sent.kills),
         seed);
}

TEST(Retry, has_its_effect_once_whoever_is_killed) {
  has_its_effect_once(Engine::sqlite, size_of_run(400, 10'000));
}

TEST(Retry, on_postgres_has_its_effect_once_whoever_is_killed) {
  TENON_NEEDS_POSTGRES();
  has_its_effect_once(Engine::postgres, size_of_run(60, 10'000));
}

TEST(Retry, catches_a_key_that_is_stored_before_its_work) {
  const auto seed = seed_of_run();
  EXPECT_NE(send_until_answered(Engine::sqlite, 2'000, seed, Mistake::key_before).breach, "")
      << "seed " << seed;
}

TEST(Retry, catches_a_key_that_is_stored_after_its_work) {
  const auto seed = seed_of_run();
  EXPECT_NE(send_until_answered(Engine::sqlite, 2'000, seed, Mistake::key_after).breach, "")
      << "seed " << seed;
}

}  // namespace
}  // namespace tenon::testing
