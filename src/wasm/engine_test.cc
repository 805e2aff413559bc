#include "wasm/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wasm/engine_impl.h"
#include "wasm/test_program.h"

namespace tenon::wasm {
namespace {

TEST(Engine, sizes_its_pool_from_the_machine) {
  const auto engine = testing::need(Engine::create());
  EXPECT_GE(engine->counts().live_calls_maximum, 8U);
  EXPECT_LE(engine->counts().live_calls_maximum, 1'000U);
}

TEST(Engine, holds_as_many_live_calls_as_it_says_and_then_takes_no_more) {
  testing::HostileProgram guest({});
  const std::size_t most = guest.engine->counts().live_calls_maximum;
  std::vector<std::unique_ptr<Call>> calls;
  for (std::size_t i = 0; i < most; ++i) {
    auto& call = calls.emplace_back(std::make_unique<Call>(*guest.program, Limits{}, &guest.host));
    const auto reply = testing::run_to_end(*call, guest.find("fine"), {});
    ASSERT_TRUE(reply.has_value()) << i << ": " << reply.error().for_log();
  }
  EXPECT_EQ(guest.engine->counts().live_stores, most);
  EXPECT_EQ(guest.run("fine").error().reason(), "engine.full");
}

TEST(Engine, says_what_to_change_when_the_machine_is_too_small) {
  const auto engine = Engine::create({.live_calls = 1'000'000});
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().reason(), "engine.machine");
  EXPECT_THAT(engine.error().message(), ::testing::AnyOf(::testing::HasSubstr("vm.max_map_count"),
                                                         ::testing::HasSubstr("MiB of memory")));
}

TEST(Engine, names_the_option_that_is_wrong) {
  const auto engine = Engine::create({.memory_bytes = 1000});
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().reason(), "engine.options");
  EXPECT_THAT(engine.error().message(), ::testing::HasSubstr("memory_bytes"));
}

TEST(Engine, parks_its_ticker_when_no_guest_runs) {
  const auto engine =
      testing::need(Engine::create({.live_calls = 8, .tick = std::chrono::milliseconds(1)}));
  const auto& ticker = *engine->impl().ticker;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!ticker.parked() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  EXPECT_TRUE(ticker.parked());
}

}  // namespace
}  // namespace tenon::wasm
